// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/gas_ball.hpp"

#include <cmath>
#include <numbers>

#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

constexpr double unit_ball = 4 * std::numbers::pi / 3;
double cubed(double x) { return x * x * x; }

}  // namespace

GasBall gas_ball(CellSize cell_size, Vec3 const& position, double mass, double density,
                 double pressure, double smoothing_length_ckpch) {
  require(mass > 0 && density > 0, ExitCode::bad_data, "a gas cell at (", position.x, ", ",
          position.y, ", ", position.z, ") ckpc/h has mass ", mass, " and density ", density,
          " (both must be positive)");
  double const volume = mass / density;
  if (cell_size == CellSize::volume)
    return {position, std::cbrt(volume / unit_ball), pressure, 1, mass};
  require(smoothing_length_ckpch > 0, ExitCode::bad_data, "a gas cell at (", position.x, ", ",
          position.y, ", ", position.z, ") ckpc/h has smoothing length ", smoothing_length_ckpch,
          " (must be positive)");
  return {position, smoothing_length_ckpch, pressure,
          volume / (unit_ball * cubed(smoothing_length_ckpch)), mass};
}

}  // namespace setsz
