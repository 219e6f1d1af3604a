// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/box_canvas.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/number.hpp"

namespace setsz {

BoxCanvas::BoxCanvas(std::vector<std::int64_t> first_planes, int rank, double box_ckpch)
    : Canvas(std::move(first_planes)), grid_(n_pieces(), box_ckpch, pieces_of(rank)) {}

Range BoxCanvas::touched(Vec3 const& seen, double reach) const {
  // Cloud in cell spreads a point over the planes whose centres are less than a cell away.
  constexpr double rounding = 1e-6;
  auto const plane = [&](double x, double more) {
    return static_cast<std::int64_t>(std::floor(x / grid_.cell_ckpch() + more));
  };
  return {plane(seen.x - reach, -0.5 - rounding), plane(seen.x + reach, 0.5 + rounding) + 1};
}

std::int64_t BoxCanvas::home(Vec3 const& seen) const {
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(seen.x / grid_.cell_ckpch()), 0,
                                  n_pieces() - 1);
}

Painted BoxCanvas::paint(HaloGas const& gas, HaloImage const& image, double weight) {
  Painted result;
  result.removed = gas.for_each_part(grid_.cell_ckpch() / 2, weight, sampler_,
                                     [&](Vec3 const& offset, double amount) {
                                       result.painted += amount;
                                       grid_.deposit(image.seen + offset, amount);
                                     });
  return result;
}

std::span<double> BoxCanvas::piece(std::int64_t index) { return grid_.plane(index); }

void BoxCanvas::paint_ball(Vec3 const& centre, double radius, double amount) {
  double const cell = grid_.cell_ckpch();
  grid_.deposit(cloud_(centre / cell, radius / cell), amount);
}

std::int64_t BoxPlacement::find_images(BoxHalo const& halo, Range replicas,
                                       std::vector<HaloImage>& images) const {
  if (replicas.size() > 0) images.push_back({halo, halo.position});
  return 0;
}

}  // namespace setsz
