// SPDX-License-Identifier: BSD-3-Clause
#include "model/pool_weight.hpp"

#include "pipeline/base/number.hpp"

namespace setsz {

std::vector<float> pool_weights(PoolWeight weight, ClusterInput const& cluster,
                                std::span<Particle const> particles) {
  std::vector<float> weights;
  if (weight == PoolWeight::one) return weights;
  auto const n = real(particles.size());
  bool const is_velocity = weight == PoolWeight::velocity;
  double const unit = is_velocity ? cluster.v200 : cluster.r200c;
  weights.resize(3 * particles.size());
  float* next = weights.data();
  for (auto const& p : particles) {
    double const length = weight == PoolWeight::direction ? norm(position(p)) : unit;
    auto const scale = single(length > 0 ? 1 / (length * n) : 0);
    *next++ = (is_velocity ? p.vx : p.x) * scale;
    *next++ = (is_velocity ? p.vy : p.y) * scale;
    *next++ = (is_velocity ? p.vz : p.z) * scale;
  }
  return weights;
}

}  // namespace setsz
