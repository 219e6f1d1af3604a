// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/box_painter.hpp"
#include "pipeline/base/number.hpp"

#include <algorithm>
#include <cmath>

namespace setsz {

PaintedBox BoxPainter::paint(SparseCube const& cube, Vec3 const& centre, double p200,
                             Claims const& claims) {
  int const cuts =
      std::clamp(static_cast<int>(std::ceil(2 * cube.voxel_edge / grid_.cell_ckpch())), 1, 8);
  PaintedBox result;
  for_each_part(cube, cuts, [&](Vec3 const& offset, double pv) {
    double const amount = pv * p200;
    if (!claims.empty() && claims.taken(offset)) {
      result.removed += amount;
      return;
    }
    result.painted += amount;
    grid_.deposit(centre + offset, amount);
  });
  return result;
}

PaintedBox BoxPainter::paint(ProfileFamily const& family, double mass, double r200,
                             Vec3 const& centre, double p200, Claims const& claims) {
  family.enclosed(mass, enclosed_);
  double const unit = p200 * r200 * r200 * r200;
  // A small halo is a few points, unless others cut it: then points follow the cut.
  double const coarsest = claims.empty() ? family.x_cut() / 4 : 0.1;
  double const spacing = std::min(grid_.cell_ckpch() / (2 * r200), coarsest);
  PaintedBox result;
  sampler_.for_each_point(enclosed_, family.x_cut(), spacing, [&](Vec3 const& point, double share) {
    Vec3 const offset = r200 * point;
    double const amount = share * unit;
    if (!claims.empty() && claims.taken(offset)) {
      result.removed += amount;
      return;
    }
    result.painted += amount;
    grid_.deposit(centre + offset, amount);
  });
  return result;
}

void BoxPainter::paint_ball(Vec3 const& centre, double radius, double pv) {
  double const cells_across = 2 * radius / grid_.cell_ckpch();
  if (cells_across < 0.5) {
    grid_.deposit(centre, pv);
    return;
  }
  // Cloud in cell smooths over a cell; a lattice of one point a cell and more hides behind that.
  auto const& points = ball_points(std::min(2 + static_cast<int>(cells_across), 12));
  double const share = pv / real(points.size());
  for (Vec3 const& point : points) grid_.deposit(centre + radius * point, share);
}

std::vector<Vec3> const& BoxPainter::ball_points(int across) {
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

}  // namespace setsz
