// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "io/h5.hpp"
#include "model/cluster_input.hpp"
#include "model/module.hpp"
#include "stages/common/cluster_table.hpp"

namespace setsz {

/// Reader of residuals/<snapshot>/<model>/fold<k>/shells.h5, see docs/stages/residuals.md. Local:
/// every rank opens the file itself. By row of clusters.h5.
class ResidualFile {
 public:
  explicit ResidualFile(std::string const& path);

  std::int64_t n_shells() const { return n_shells_; }
  /// Throws Error(bad_data) unless the file was made for these clusters.
  void require_clusters(ClusterTable const& table) const;
  ResidualShells read(std::int64_t cluster) const;

 private:
  H5File file_;
  std::int64_t n_shells_ = 0;
  std::vector<std::int64_t> id_;
};

/// The residuals that a network needs, if it needs any; checked against them and the clusters.
std::optional<ResidualFile> open_residuals(ModuleNeeds const& needs, std::string const& path,
                                           ClusterTable const& table);

}  // namespace setsz
