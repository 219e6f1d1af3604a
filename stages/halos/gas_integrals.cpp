// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/gas_integrals.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

/// The length of the line l * direction within |x_i - centre_i| < edge/2.
double chord(Vec3 const& centre, double edge, Vec3 const& direction) {
  double first = -HUGE_VAL, last = HUGE_VAL;
  for (std::size_t i = 0; i < 3; ++i) {
    double const low = centre[i] - edge / 2, high = centre[i] + edge / 2;
    if (direction[i] == 0) {
      if (low > 0 || high <= 0) return 0;  // half-open: a line on a face lies in one voxel
      continue;
    }
    double const a = low / direction[i], b = high / direction[i];
    first = std::max(first, std::min(a, b));
    last = std::min(last, std::max(a, b));
  }
  return std::max(0.0, last - first);
}

struct Integrate {
  double r200, r500;
  Vec3 const& direction;

  GasIntegrals operator()(SparseCube const& cube) const {
    GasIntegrals sums;
    double const edge = cube.voxel_edge, near_line2 = 0.75 * edge * edge;
    cube.for_each_voxel([&](SparseCube::Voxel const& voxel) {
      auto const& [centre, value] = voxel;
      double const along = dot(centre, direction), r2 = norm2(centre);
      double const across2 = r2 - along * along;
      if (r2 < r200 * r200) sums.within_r200 += value;
      if (r2 < r500 * r500) sums.within_r500 += value;
      if (across2 < r200 * r200) sums.in_cylinder += value;
      if (across2 < near_line2) sums.along_centre += value * chord(centre, edge, direction);
    });
    double const volume = edge * edge * edge;
    sums.within_r200 *= volume;
    sums.within_r500 *= volume;
    sums.in_cylinder *= volume;
    return sums;
  }

  GasIntegrals operator()(ProfileGas const& gas) const {
    auto const& family = *gas.family;
    double const unit = gas.r200 * gas.r200 * gas.r200,
                 node = family.x_cut() / ProfileFamily::n_nodes;
    std::array<double, ProfileFamily::table_size> table;
    auto const at = [&](double x) {
      double const place = std::min(x / node, double{ProfileFamily::n_nodes});
      auto const i = static_cast<std::size_t>(place);
      double const t = place - real(i);
      return (1 - t) * table[i] + t * table[i + 1];
    };
    GasIntegrals sums;
    family.enclosed(gas.point, table);
    sums.within_r200 = unit * at(r200 / gas.r200);
    sums.within_r500 = unit * at(r500 / gas.r200);
    family.mean_projected(gas.point, table);
    double const x = std::min(r200 / gas.r200, family.x_cut());
    sums.in_cylinder = unit * std::numbers::pi * x * x * at(x);
    family.projected(gas.point, table);
    sums.along_centre = gas.r200 * table[0];
    return sums;
  }
};

}  // namespace

GasIntegrals integrals_of(HaloGas const& gas, double r200, double r500, Vec3 const& line_of_sight) {
  auto sums = gas.drawn_by(Integrate{r200, r500, line_of_sight});
  sums.total = gas.total();
  return sums;
}

}  // namespace setsz
