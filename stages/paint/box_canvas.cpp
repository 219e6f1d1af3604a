// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/box_canvas.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/number.hpp"

namespace setsz {

BoxCanvas::BoxCanvas(std::vector<std::int64_t> first_planes, int rank, double box_ckpch)
    : Canvas(std::move(first_planes)), grid_(n_pieces(), box_ckpch, pieces_of(rank)) {}

Range BoxCanvas::touched(Vec3 const& seen, double reach) const {
  auto const plane = [&](double x) {
    return static_cast<std::int64_t>(std::floor(x / grid_.cell_ckpch()));
  };
  // Cloud in cell spreads a point over the planes half a cell away; one more for rounding.
  return {plane(seen.x - reach) - 2, plane(seen.x + reach) + 3};
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
  double const cells_across = 2 * radius / grid_.cell_ckpch();
  if (cells_across < 0.5) {
    grid_.deposit(centre, amount);
    return;
  }
  // Cloud in cell smooths over a cell; a lattice of one point a cell and more hides behind that.
  auto const& points = ball_points(std::min(2 + static_cast<int>(cells_across), 12));
  double const share = amount / real(points.size());
  for (Vec3 const& point : points) grid_.deposit(centre + radius * point, share);
}

std::vector<Vec3> const& BoxCanvas::ball_points(int across) {
  auto& points = balls_[across];
  if (points.empty()) {
    auto const at = [&](int i) { return (2 * i + 1.0) / across - 1; };
    for (int i = 0; i < across; ++i)
      for (int j = 0; j < across; ++j)
        for (int k = 0; k < across; ++k) {
          Vec3 const point{at(i), at(j), at(k)};
          if (norm2(point) < 1) points.push_back(point);
        }
  }
  return points;
}

std::int64_t BoxPlacement::find_images(BoxHalo const& halo, Range replicas,
                                       std::vector<HaloImage>& images) const {
  if (replicas.size() > 0) images.push_back({halo, halo.position});
  return 0;
}

}  // namespace setsz
