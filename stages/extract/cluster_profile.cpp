// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/cluster_profile.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace setsz {

namespace {

struct VelocitySums {
  std::int64_t n = 0;
  double mass = 0, mass2 = 0;  ///< sums of m and m^2
  Vec3 velocity;               ///< weighted by mass
  double speed2 = 0;           ///< likewise

  void add(double m, Vec3 const& v) {
    ++n;
    mass += m;
    mass2 += m * m;
    velocity += m * v;
    speed2 += m * norm2(v);
  }
  VelocitySums& operator+=(VelocitySums const& o) {
    n += o.n, mass += o.mass, mass2 += o.mass2, velocity += o.velocity, speed2 += o.speed2;
    return *this;
  }
  /// In one dimension. For equal masses the last factor is n/(n - 1).
  double dispersion() const {
    double const biased = std::max(0.0, speed2 - norm2(velocity) / mass) / (3 * mass);
    return biased / (1 - mass2 / (mass * mass));
  }
};

/// Radii, squared [ckpc/h], and in which of the shells between them a particle lies.
template <std::size_t N>
class Radii {
 public:
  Radii(std::array<double, N> const& in_r200, double r200c) {
    for (std::size_t i = 0; i < N; ++i) squared_[i] = in_r200[i] * r200c * (in_r200[i] * r200c);
  }
  /// The first radius above the particle's; N: none.
  std::size_t shell_of(double distance2) const {
    std::size_t n = 0;  // no branches: where a particle lies cannot be guessed
    for (double const radius2 : squared_) n += radius2 <= distance2;
    return n;
  }

 private:
  std::array<double, N> squared_;
};

constexpr std::array<double, n_radial_shells> shell_edges = [] {
  std::array<double, n_radial_shells> edges{};
  for (std::size_t b = 0; b < edges.size(); ++b)
    edges[b] = (static_cast<double>(b) + 1) * cluster_shell_width_r200;
  return edges;
}();

}  // namespace

ClusterProfile cluster_profile(std::span<KeptParticle const> particles, Cluster const& cluster,
                               double particle_mass) {
  Radii const mass_radii(mass_profile_radii, cluster.r200c);
  Radii const edges(shell_edges, cluster.r200c);
  Radii const dispersion_radii(dispersion_profile_radii, cluster.r200c);
  ClusterProfile result;
  std::array<VelocitySums, dispersion_profile_radii.size()> velocities;
  for (auto const& particle : particles) {
    Vec3 const x = particle.position();
    double const m = mass_of(particle, particle_mass) / cluster.m200c, distance2 = norm2(x);
    auto const shell = mass_radii.shell_of(distance2), edge = edges.shell_of(distance2);
    auto const core = dispersion_radii.shell_of(distance2);
    if (shell < result.mass.size()) result.mass[shell] += m;
    if (core < velocities.size()) velocities[core].add(m, particle.velocity());
    if (edge < result.shells.size()) result.shells[edge] += m * unit(x);
  }
  std::partial_sum(result.mass.begin(), result.mass.end(), result.mass.begin());
  std::partial_sum(velocities.begin(), velocities.end(), velocities.begin(),
                   [](VelocitySums sum, VelocitySums const& next) { return sum += next; });
  double value = 0;
  for (std::size_t i = velocities.size(); i-- > 0;) {
    if (velocities[i].n > 1) value = velocities[i].dispersion() / (cluster.v200 * cluster.v200);
    result.dispersion[i] = value;
  }
  return result;
}

}  // namespace setsz
