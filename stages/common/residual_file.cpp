// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/residual_file.hpp"

#include "pipeline/base/error.hpp"

namespace setsz {

ResidualFile::ResidualFile(std::string const& path) : file_(H5File::open(path)) {
  auto const shape = file_.info("/residual").shape, known = file_.info("/known").shape;
  id_ = file_.read_all<std::int64_t>("/id");
  require(shape.size() == 2 && shape == known && shape[0] == std::ssize(id_), ExitCode::bad_data,
          "'", path, "': /residual and /known are not tables of the shells of ", id_.size(),
          " clusters; run the stage residuals again");
  n_shells_ = shape[1];
}

void ResidualFile::require_clusters(ClusterTable const& table) const {
  require(std::ssize(id_) == table.size(), ExitCode::bad_data, "'", file_.path(), "' holds ",
          id_.size(), " clusters, but clusters.h5 ", table.size(),
          "; run the stage residuals again");
  for (std::int64_t row = 0; row < table.size(); ++row)
    require(id_[row] == table.clusters[row].id, ExitCode::bad_data, "'", file_.path(), "': row ",
            row, " is cluster ", id_[row], ", but in clusters.h5 it is ", table.clusters[row].id,
            "; run the stage residuals again");
}

std::optional<ResidualFile> open_residuals(ModuleNeeds const& needs, std::string const& path,
                                           ClusterTable const& table) {
  std::optional<ResidualFile> file;
  if (needs.residuals_of.empty()) return file;
  file.emplace(path).require_clusters(table);
  require(file->n_shells() == needs.residual_shells, ExitCode::bad_data, "'", path, "' has ",
          file->n_shells(), " shells, the network takes ", needs.residual_shells,
          "; run the stage residuals again");
  return file;
}

ResidualShells ResidualFile::read(std::int64_t cluster) const {
  return {file_.read_rows<float>("/residual", {cluster, cluster + 1}),
          file_.read_rows<std::uint8_t>("/known", {cluster, cluster + 1})};
}

}  // namespace setsz
