// SPDX-License-Identifier: BSD-3-Clause
#include "stages/voxelize/pressure_cube.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

constexpr double unit_ball = 4 * std::numbers::pi / 3;

double cubed(double x) { return x * x * x; }

}  // namespace

void CompensatedSum::add(double value) {
  double const next = sum + value;
  lost += std::abs(sum) >= std::abs(value) ? (sum - next) + value : (value - next) + sum;
  sum = next;
}

PressureCube::PressureCube(std::int64_t n_voxels, double core_ckpch)
    : n_(n_voxels),
      amount_(n_voxels * n_voxels * n_voxels, 0),
      filled_(amount_.size(), 0),
      core_ckpch_(core_ckpch) {}

void PressureCube::add(GasBall const& ball, Vec3 const& offset, double voxel_edge_ckpch,
                       BallOverlap& overlap) {
  Vec3 const centre = offset / voxel_edge_ckpch;
  double const radius = ball.radius / voxel_edge_ckpch;
  double const amount = ball.pressure * ball.filling;
  for (auto const& [voxel, volume] : overlap(centre, radius)) {
    amount_[voxel] += amount * volume;
    filled_[voxel] += ball.filling * volume;
  }
  double const fraction = ball_fraction_in_cube(centre, radius, real(n_));
  deposited_.add(amount * fraction * unit_ball * cubed(radius));
  double const half = 0.5 * real(n_) * voxel_edge_ckpch;
  if (norm(offset - Vec3{half, half, half}) < core_ckpch_) core_mass_.add(ball.mass);
}

double PressureCube::total_amount() const {
  CompensatedSum total;
  for (double const amount : amount_) total.add(amount);
  return total.value();
}

double PressureCube::conservation_error() const {
  double const deposited = deposited_.value(), total = total_amount();
  if (deposited == 0) return std::abs(total);
  return std::abs(total - deposited) / std::abs(deposited);
}

std::int64_t PressureCube::state_size(std::int64_t n_voxels) {
  return 2 * n_voxels * n_voxels * n_voxels + 4;
}

std::vector<double> PressureCube::state() const {
  std::vector<double> state;
  state.reserve(state_size(n_));
  state.insert(state.end(), amount_.begin(), amount_.end());
  state.insert(state.end(), filled_.begin(), filled_.end());
  state.push_back(deposited_.sum);
  state.push_back(deposited_.lost);
  state.push_back(core_mass_.sum);
  state.push_back(core_mass_.lost);
  return state;
}

void PressureCube::restore(std::span<double const> state) {
  require(std::ssize(state) == state_size(n_), ExitCode::bad_data, "a checkpoint of voxelize has ",
          state.size(), " numbers for a cube, expected ", state_size(n_));
  auto const cells = amount_.size();
  std::copy_n(state.begin(), cells, amount_.begin());
  std::copy_n(state.begin() + static_cast<std::ptrdiff_t>(cells), cells, filled_.begin());
  deposited_ = {state[2 * cells], state[2 * cells + 1]};
  core_mass_ = {state[2 * cells + 2], state[2 * cells + 3]};
}

}  // namespace setsz
