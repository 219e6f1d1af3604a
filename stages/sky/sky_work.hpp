// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/paint/exact_sum.hpp"
#include "stages/paint/population.hpp"
#include "stages/sky/lightcone.hpp"
#include "stages/sky/sky_painter.hpp"

namespace setsz {

/// One snapshot on the sky: its haloes, and the distances for which it stands.
struct SkySource {
  Population const* population;
  DistanceShell shell;
};

/// The painting of a sky, on all ranks and restartable: for every snapshot the clusters row by row
/// with all their replicas, then the fill.
class SkyWork {
 public:
  /// \param observer  in units of the box
  SkyWork(Context& context, std::vector<SkySource> sources, Vec3 const& observer,
          RingGeometry geometry);

  /// Collective: paints what is not yet done; leaves with "run again" when asked to stop.
  void run();

  RingMap const& map() const { return map_; }
  struct Totals {
    double painted, removed;          ///< integrals of y over the sky [sr]
    std::int64_t n_clusters, n_fill;  ///< painted replicas
    std::int64_t n_too_near;          ///< replicas left out: the observer is inside
    double mass_min, mass_max;        ///< [1e10 Msun/h]
    std::int64_t n_boxes;
    std::int64_t n_sampled;  ///< painted replicas with a PaintedSky::sampling_error
    double largest_sampling_error, mean_sampling_error;
  };
  Totals totals() const;  ///< collective

 private:
  struct Batch {
    std::size_t source;
    bool fill;
    Range rows;
  };
  std::vector<Batch> batches() const;
  void paint(Batch const& batch);
  template <class Paint>
  void paint_replicas(SkySource const& source, Vec3 const& position, double mass, double r200,
                      double reach, std::int64_t& n_painted, Paint&& paint);
  void record(PaintedSky const& result, double mass);
  void save(std::int64_t position);
  void restore();
  void restore_sums(std::span<std::byte const> bytes);
  std::vector<std::vector<double>> journalled_rings();

  Context& context_;
  Comm const& comm_;
  std::vector<SkySource> sources_;
  std::vector<Tiling> tilings_;
  DistanceTable distances_;
  std::vector<std::int64_t> ring_boundaries_;
  RingMap map_;
  SkyPainter painter_;
  ExactSum painted_, removed_, sampling_errors_;
  std::int64_t n_clusters_ = 0, n_fill_ = 0, n_too_near_ = 0, n_sampled_ = 0;
  double mass_min_, mass_max_ = 0, largest_sampling_error_ = 0;
};

}  // namespace setsz
