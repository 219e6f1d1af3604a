// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "stages/common/ball_cloud.hpp"
#include "stages/halos/canvas.hpp"
#include "stages/halos/field.hpp"
#include "stages/halos/halo_source.hpp"
#include "stages/paint/slab_grid.hpp"

namespace setsz {

/// The grid of a box, in planes of x: sums of a field's density over volume [code x (ckpc/h)^3].
///
/// Cloud in cell. Haloes become points no farther apart than half a cell, each with its exact
/// share: what the cells get is what the halo holds, to rounding. Balls of gas are put there
/// exactly.
class BoxCanvas : public Canvas {
 public:
  /// \param first_planes  of every rank, then n_grid \param rank  whose planes these are
  BoxCanvas(std::vector<std::int64_t> first_planes, int rank, double box_ckpch);

  SlabGrid const& grid() const { return grid_; }
  Range touched(Vec3 const& seen, double reach) const override;
  std::int64_t home(Vec3 const& seen) const override;
  Painted paint(HaloGas const& gas, HaloImage const& image, double weight) override;
  std::span<double> piece(std::int64_t index) override;

  /// A uniform ball. \param amount  its integral
  void paint_ball(Vec3 const& centre, double radius, double amount);

 private:
  SlabGrid grid_;
  SphereSampler sampler_;
  BallCloud cloud_;
};

/// The haloes of a box where they are, each once.
class BoxPlacement : public Placement {
 public:
  std::int64_t n_replicas() const override { return 1; }
  std::int64_t find_images(BoxHalo const& halo, Range replicas,
                           std::vector<HaloImage>& images) const override;
  double weight_of(HaloImage const& image, Field const& field) const override {
    return field.of_halo(image.halo, 0);  // nobody looks at a box
  }
};

}  // namespace setsz
