// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "stages/halos/canvas.hpp"
#include "stages/sky/ring_map.hpp"
#include "stages/sky/sky_painter.hpp"

namespace setsz {

/// A map of the sky, or of a part of it, in rings; its unit is that of the field times sr.
class SkyCanvas : public Canvas {
 public:
  /// \param rank  whose rings these are
  /// \param beam  see SkyPainter
  SkyCanvas(SkyGrid const& grid, int rank, int n_ranks, Beam const& beam = {});

  RingMap const& map() const { return map_; }
  RingMap& map() { return map_; }
  Range touched(Vec3 const& seen, double reach) const override;
  std::int64_t home(Vec3 const& seen) const override;
  Painted paint(HaloGas const& gas, HaloImage const& image, double weight) override;
  std::span<double> piece(std::int64_t index) override { return map_.ring(index); }

 private:
  /// Of the map, to a ring number.
  std::int64_t nearest_ring(double at) const;

  RingMap map_;
  double beam_reach_;
  SkyPainter painter_;
};

}  // namespace setsz
