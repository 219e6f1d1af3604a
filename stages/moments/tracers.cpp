// SPDX-License-Identifier: BSD-3-Clause
#include "stages/moments/tracers.hpp"

#include <array>

#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

void append(Tracers& to, Tracers const& from, std::size_t i) {
  to.x.push_back(from.x[i]), to.y.push_back(from.y[i]), to.z.push_back(from.z[i]);
  to.vx.push_back(from.vx[i]), to.vy.push_back(from.vy[i]), to.vz.push_back(from.vz[i]);
}

void reserve(Tracers& tracers, std::int64_t n) {
  for (auto* column : {&tracers.x, &tracers.y, &tracers.z, &tracers.vx, &tracers.vy, &tracers.vz})
    column->reserve(n);
}

}  // namespace

Tracers tracers_within(ClusterParticles const& particles, double r200c_ckpch, double v200_kms,
                       double radius_r200) {
  Tracers tracers;
  reserve(tracers, particles.size());
  for (std::size_t i = 0; i < particles.x.size(); ++i) {
    Vec3 const q = Vec3{particles.x[i], particles.y[i], particles.z[i]} / r200c_ckpch;
    if (norm2(q) >= radius_r200 * radius_r200) continue;
    Vec3 const v = Vec3{particles.vx[i], particles.vy[i], particles.vz[i]} / v200_kms;
    tracers.x.push_back(q.x), tracers.y.push_back(q.y), tracers.z.push_back(q.z);
    tracers.vx.push_back(v.x), tracers.vy.push_back(v.y), tracers.vz.push_back(v.z);
  }
  return tracers;
}

Tracers thinned(Tracers const& all, std::int64_t n_max) {
  std::int64_t const n = all.size();
  if (n <= n_max) return all;
  Tracers some;
  some.weight = all.weight * real(n) / real(n_max);
  reserve(some, n_max);
  // Of n intervals of length n_max each contains at most one multiple of n; the phase of one half
  // treats both ends alike.
  for (std::int64_t taken = 0; taken < n_max; ++taken)
    append(some, all, (2 * taken + 1) * n / (2 * n_max));
  return some;
}

Vec3 mean_position(Tracers const& tracers) {
  Vec3 sum;
  for (std::size_t i = 0; i < tracers.x.size(); ++i)
    sum += {tracers.x[i], tracers.y[i], tracers.z[i]};
  return tracers.size() > 0 ? sum / real(tracers.size()) : sum;
}

}  // namespace setsz
