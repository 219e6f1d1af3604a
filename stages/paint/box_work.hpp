// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <vector>

#include "io/snapshot.hpp"
#include "pipeline/run/stage.hpp"
#include "stages/paint/box_painter.hpp"
#include "stages/paint/exact_sum.hpp"
#include "stages/paint/population.hpp"
#include "stages/voxelize/pressure_cube.hpp"

namespace setsz {

/// What became of one cluster's sum of P V [code pressure x (ckpc/h)^3].
struct ClusterSum {
  std::int64_t row;
  double painted, removed;
};

/// The painting of a box, on all ranks and restartable: clusters, then the fill, then the gas.
class BoxWork {
 public:
  BoxWork(Context& context, Population const& population, std::int64_t n_grid, Range planes);

  /// Collective: paints what is not yet done; leaves with "run again" when asked to stop.
  /// \param gas  the true field's snapshot, if wanted
  void run(Snapshot const* gas, CellSize cell_size);

  SlabGrid const& clusters_and_fill() const { return painted_; }
  SlabGrid const& gas() const { return *gas_; }
  /// Collective: every cluster, by row.
  std::vector<ClusterSum> cluster_sums() const;
  struct Totals {
    double clusters, clusters_removed, fill, fill_removed, gas;
    std::int64_t n_fill;
  };
  Totals totals() const;  ///< collective

 private:
  void paint_clusters(Range rows);
  void paint_fill(Range rows);
  void paint_gas(Snapshot const& snapshot, CellSize cell_size, Range rows);
  void save(std::int64_t position);
  void restore();
  bool is_mine(Vec3 const& centre) const;

  Context& context_;
  Comm const& comm_;
  Population const& population_;
  SlabGrid painted_;
  std::optional<SlabGrid> gas_;
  std::vector<std::int64_t> first_plane_;  ///< of every rank, then n
  std::vector<ClusterSum> cluster_sums_;   ///< clusters whose centre lies in this rank's planes
  ExactSum clusters_sum_, clusters_removed_, fill_sum_, fill_removed_, gas_sum_;
  std::int64_t n_fill_ = 0;
};

}  // namespace setsz
