// SPDX-License-Identifier: BSD-3-Clause
#include "model/scalar_noise.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/random.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

namespace {

/// Turned by `angle` about a random axis perpendicular to it.
Vec3 tilted(Vec3 const& vector, double angle, Random& random) {
  Vec3 const any = unit({random.normal(), random.normal(), random.normal()});
  Vec3 const axis = unit(cross(vector, any));
  return norm2(axis) > 0 ? rotation(axis, angle) * vector : vector;
}

}  // namespace

ScalarNoise::ScalarNoise(ClusterColumns const& columns,
                         std::vector<std::vector<double>> const& training, Strength strength)
    : vector_angle_deg_(strength.vector_angle_deg) {
  for (std::size_t i = 0; i < columns.scalars.size(); ++i) {
    std::vector<double> values;
    values.reserve(training.size());
    for (auto const& scalars : training) values.push_back(scalars[i]);
    std::ranges::sort(values);
    values.erase(std::unique(values.begin(), values.end()), values.end());
    auto const& name = columns.scalars[i];
    double const n = name == "ln_a"      ? 0  // common to all clusters of a snapshot, and exact
                     : name == "ln_m200" ? strength.log_mass
                                         : strength.scalars;
    columns_.push_back({std::move(values), n});
  }
}

std::pair<double, double> ScalarNoise::gaps(std::size_t scalar, double value) const {
  auto const& values = columns_[scalar].sorted;
  auto const above = std::upper_bound(values.begin(), values.end(), value);
  auto const from = std::lower_bound(values.begin(), values.end(), value);
  bool const has_above = above != values.end(), has_below = from != values.begin();
  if (!has_above && !has_below) return {0, 0};
  double const up = has_above ? *above - value : value - *std::prev(from);
  double const down = has_below ? value - *std::prev(from) : up;
  return {down, up};
}

void ScalarNoise::apply(ClusterInput& cluster, std::uint64_t seed, std::uint64_t epoch,
                        std::int64_t cluster_row) const {
  auto const row = static_cast<std::uint64_t>(cluster_row);
  Random random(seed, Purpose::scalar_noise, epoch, row);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    double const r = random.normal();
    auto const [down, up] = gaps(i, cluster.scalars[i]);
    cluster.scalars[i] += columns_[i].strength * r * (r > 0 ? up : down);
  }
  if (vector_angle_deg_ <= 0) return;
  Random turn(seed, Purpose::vector_noise, epoch, row);
  for (auto& vector : cluster.vectors)
    vector = tilted(vector, vector_angle_deg_ * units::degree * turn.normal(), turn);
}

}  // namespace setsz
