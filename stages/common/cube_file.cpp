// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/cube_file.hpp"

#include <algorithm>
#include <numeric>

#include "pipeline/base/error.hpp"

namespace setsz {

void set_voxel_position(H5File& file, VoxelPosition position) {
  file.set_attribute("/", "voxel_position",
                     position == VoxelPosition::centre ? "centre" : "corner");
}

VoxelPosition voxel_position_of(H5File const& file) {
  if (!file.has_attribute("/", "voxel_position")) return VoxelPosition::centre;
  auto const text = file.attribute<std::string>("/", "voxel_position");
  require(text == "centre" || text == "corner", ExitCode::bad_data, "'", file.path(),
          "': voxel_position is '", text,
          "' (centre or corner); it was written by another version");
  return text == "centre" ? VoxelPosition::centre : VoxelPosition::corner;
}

CubeFile::CubeFile(std::string const& path)
    : file_(H5File::open(path)), position_(voxel_position_of(file_)) {
  auto const shape = file_.info("/pressure").shape;
  require(shape.size() == 4 && shape[1] == shape[2] && shape[2] == shape[3], ExitCode::bad_data,
          "'", path, "': /pressure is not a list of cubes (", shape.size(),
          " dimensions, expected cube, x, y, z of equal sides)");
  n_voxels_ = shape[1];
  edge_ = file_.read_all<double>("/cube_edge");
  if (file_.exists("/cluster")) {
    cluster_ = file_.read_all<std::int64_t>("/cluster");
  } else {
    cluster_.resize(shape[0]);
    std::iota(cluster_.begin(), cluster_.end(), std::int64_t{0});
  }
  std::size_t const n = shape[0];
  require(edge_.size() == n && cluster_.size() == n, ExitCode::bad_data, "'", path, "': ", n,
          " cubes, but ", edge_.size(), " edges and ", cluster_.size(), " rows of clusters");
  flux_factor_ = file_.exists("/flux_factor") ? file_.read_all<double>("/flux_factor")
                                              : std::vector<double>(n, 1);
  flux_strength_ = file_.exists("/flux_strength") ? file_.read_all<double>("/flux_strength")
                                                  : std::vector<double>(n, 0);
  mass_disagrees_ = file_.exists("/mass_disagrees")
                        ? file_.read_all<std::uint8_t>("/mass_disagrees")
                        : std::vector<std::uint8_t>(n, 0);
  if (file_.exists("/in_training")) in_training_ = file_.read_all<std::uint8_t>("/in_training");
  require(in_training_.empty() || in_training_.size() == n, ExitCode::bad_data, "'", path, "': ", n,
          " cubes, but ", in_training_.size(), " rows of /in_training");
  require(flux_factor_.size() == n && flux_strength_.size() == n && mass_disagrees_.size() == n,
          ExitCode::bad_data, "'", path, "': ", n, " cubes, but ", flux_factor_.size(),
          " flux factors, ", flux_strength_.size(), " strengths and ", mass_disagrees_.size(),
          " flags of masses");
  require(std::is_sorted(cluster_.begin(), cluster_.end()), ExitCode::bad_data, "'", path,
          "': /cluster is not in ascending order");
}

std::optional<std::int64_t> CubeFile::find(std::int64_t cluster) const {
  auto const at = std::lower_bound(cluster_.begin(), cluster_.end(), cluster);
  if (at == cluster_.end() || *at != cluster) return std::nullopt;
  return at - cluster_.begin();
}

std::vector<float> CubeFile::read(std::int64_t cube, std::string const& dataset) const {
  return file_.read_rows<float>(dataset, {cube, cube + 1});
}

}  // namespace setsz
