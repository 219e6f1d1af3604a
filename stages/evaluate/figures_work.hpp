// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/gnfw.hpp"
#include "pipeline/base/comm.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/evaluate/cube_spectra.hpp"

namespace setsz {

/// One cluster as figures show it, all in P200.
struct ShownCluster {
  std::int64_t row;  ///< of clusters.h5
  CubeLattice lattice;
  std::span<float const> gas, predicted;
  GnfwShape benchmark;
};

/// The data of figures for which scores.json is too small: figures.h5.
///
/// Each rank adds its clusters, in the order of their rows over all ranks; nothing is gathered.
class FiguresWork {
 public:
  /// \param rows  all clusters that will be shown, ascending; images are made of those at 25, 50,
  ///              75 and 100% of their ordering by mass, as in figure 3 of Thiele et al. (2022)
  FiguresWork(ClusterTable const& table, std::vector<std::int64_t> const& rows);

  void add(ShownCluster const& cluster);
  /// Power of the prediction over that of the gas at high k, of the clusters of this rank.
  std::vector<double> const& high_k_ratios() const { return high_k_ratios_; }
  /// Collective.
  void write(Comm const& comm, std::string const& path) const;

 private:
  ClusterTable const& table_;
  std::vector<std::int64_t> shown_;  ///< rows of the clusters with images, ascending
  std::int64_t n_voxels_ = 0;
  std::vector<std::int64_t> rows_, image_rows_;
  std::vector<double> edges_, high_k_ratios_;
  std::array<std::vector<double>, 6> spectra_;  ///< (clusters of this rank, n/2)
  std::vector<float> images_;                   ///< (its clusters with images, 3, 3, n, n)
};

}  // namespace setsz
