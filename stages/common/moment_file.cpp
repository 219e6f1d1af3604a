// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/moment_file.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "stages/common/cube_file.hpp"

namespace setsz {

MomentFile::MomentFile(std::string const& path) : file_(H5File::open(path)) {
  auto const shape = file_.info("/moments").shape;
  columns_ = file_.attribute_list<std::string>("/moments", "columns");
  scales_ = file_.attribute_list<double>("/", "scales");
  n_voxels_ = file_.attribute<std::int64_t>("/", "n_voxels");
  id_ = file_.read_all<std::int64_t>("/id");
  n_targets_ = file_.read_all<std::int64_t>("/n_targets");
  edge_ = file_.read_all<double>("/cube_edge");
  scale_factor_ = file_.read_all<double>("/scale_factor");
  require(shape.size() == 3 && shape[2] == n_columns(), ExitCode::bad_data, "'", path,
          "': /moments is not a table of ", columns_.size(),
          " columns for each target of each cluster; run the stage moments again");
  auto const n = static_cast<std::size_t>(shape[0]);
  bool const fits = std::all_of(n_targets_.begin(), n_targets_.end(),
                                [&](std::int64_t t) { return t >= 0 && t <= shape[1]; });
  require(id_.size() == n && n_targets_.size() == n && edge_.size() == n &&
              scale_factor_.size() == n && fits,
          ExitCode::bad_data, "'", path, "': the datasets do not describe the same ", n,
          " clusters; run the stage moments again");
}

void MomentFile::require_clusters(ClusterTable const& table) const {
  require(size() == table.size(), ExitCode::bad_data, "'", file_.path(), "' holds ", size(),
          " clusters, but clusters.h5 ", table.size(), "; run the stage moments again");
  for (std::int64_t row = 0; row < size(); ++row)
    require(id_[row] == table.clusters[row].id, ExitCode::bad_data, "'", file_.path(), "': row ",
            row, " is cluster ", id_[row], ", but in clusters.h5 it is ", table.clusters[row].id,
            "; run the stage moments again");
}

void MomentFile::require_lattice(std::int64_t cluster, CubeLattice const& lattice,
                                 double r200c_ckpch) const {
  double const edge = edge_[cluster] / r200c_ckpch;
  require(lattice.position == voxel_position_of(file_), ExitCode::bad_data, "'", file_.path(),
          "': the targets of cluster ", id_[cluster],
          " are not at the voxel_position of the pressure; run the stage moments again");
  require(lattice.n == n_voxels_ && std::abs(lattice.edge_r200 - edge) < 1e-9 * edge,
          ExitCode::bad_data, "'", file_.path(), "': the targets of cluster ", id_[cluster],
          " lie on a cube of ", n_voxels_, "^3 voxels and ", edge, " R200, expected ", lattice.n,
          "^3 and ", lattice.edge_r200, " R200; run the stage moments again");
}

std::vector<float> MomentFile::read(std::int64_t cluster) const {
  auto moments = file_.read_rows<float>("/moments", {cluster, cluster + 1});
  moments.resize(n_targets(cluster) * n_columns());
  return moments;
}

std::vector<float> MomentFile::read(std::int64_t cluster,
                                    std::vector<std::string> const& names) const {
  std::vector<std::int64_t> chosen;
  for (auto const& name : names) {
    auto const found = std::ranges::find(columns_, name);
    require(found != columns_.end(), ExitCode::config, "'", file_.path(), "' has no moments '",
            name, "' for the network (it has ", scales_.size(),
            " scales); give [moments] scales as many as moments_scales of the network");
    chosen.push_back(found - columns_.begin());
  }
  auto const all = read(cluster);
  std::vector<float> some;
  some.reserve(n_targets(cluster) * std::ssize(chosen));
  for (std::int64_t row = 0; row < n_targets(cluster); ++row)
    for (auto const column : chosen) some.push_back(all[row * n_columns() + column]);
  return some;
}

}  // namespace setsz
