// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/cluster_profile.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/dispatch.hpp"
#include "stages/extract/particle_lanes.hpp"

namespace setsz {

namespace {

using namespace in_lanes;

/// Of the particles within a radius.
struct VelocitySums {
  Sum n, mass, mass2;  ///< sums of 1, m, m^2
  VectorSum velocity;  ///< weighted by mass
  Sum speed2;          ///< likewise

  /// In one dimension. For equal masses the last factor is n/(n - 1).
  double dispersion() const {
    double const m = mass.total();
    double const biased = std::max(0.0, speed2.total() - norm2(velocity.total()) / m) / (3 * m);
    return biased / (1 - mass2.total() / (m * m));
  }
};

constexpr auto n_masses = mass_profile_radii.size(),
               n_dispersions = dispersion_profile_radii.size();

/// Squared radii [(ckpc/h)^2].
struct Radii {
  std::array<double, n_masses> mass;
  std::array<double, n_dispersions> dispersion;
  std::array<double, n_radial_shells> shell;  ///< outer edges

  explicit Radii(double r200c) {
    auto const squared = [r200c](double in_r200) { return in_r200 * r200c * (in_r200 * r200c); };
    std::ranges::transform(mass_profile_radii, mass.begin(), squared);
    std::ranges::transform(dispersion_profile_radii, dispersion.begin(), squared);
    for (std::size_t b = 0; b < shell.size(); ++b)
      shell[b] = squared((static_cast<double>(b) + 1) * cluster_shell_width_r200);
  }
};

struct Sums {
  std::array<Sum, n_masses> mass;
  std::array<VelocitySums, n_dispersions> velocities;
  std::array<VectorSum, n_radial_shells> shells;
};

/// Of the particles of a block: |q|^2, and 1/|q| or 0.
struct Distances {
  alignas(64) std::array<double, Block::most> squared, inverse;
};

SETSZ_DISPATCH void find_distances(Block const& block, Distances& distances) {
  for (std::size_t i = 0; i < block.size; ++i) {
    double const x = block.q[0][i], y = block.q[1][i], z = block.q[2][i];
    double const distance2 = x * x + y * y + z * z;
    distances.squared[i] = distance2;
    distances.inverse[i] = distance2 > 0 ? 1 / std::sqrt(distance2) : 0;
  }
}

SETSZ_DISPATCH void add_masses(Block const& block, Distances const& distances, Radii const& radii,
                               Sums& sums) {
  auto mass = sums.mass;
  for (std::size_t i = 0; i < block.size; i += lanes) {
    Numbers distance2, m;
    get(distances.squared, i, distance2), get(block.mass, i, m);
    for (std::size_t r = 0; r < n_masses; ++r) add(mass[r], m, Negative(distance2 - radii.mass[r]));
  }
  sums.mass = mass;
}

SETSZ_DISPATCH void add_velocities(Block const& block, Distances const& distances, double radius2,
                                   VelocitySums& sums) {
  auto within = sums;
  for (std::size_t i = 0; i < block.size; i += lanes) {
    Numbers distance2, m;
    Vectors v;
    get(distances.squared, i, distance2), get(block.mass, i, m), get(block.v, i, v);
    Negative const inside(distance2 - radius2);
    add(within.n, Numbers{} + 1, inside), add(within.mass, m, inside);
    add(within.mass2, m * m, inside), add(within.velocity, m, v, inside);
    add(within.speed2, m * (v.x * v.x + v.y * v.y + v.z * v.z), inside);
  }
  sums = within;
}

SETSZ_DISPATCH void add_directions(Block const& block, Distances const& distances,
                                   Radii const& radii, Sums& sums) {
  auto shells = sums.shells;
  for (std::size_t i = 0; i < block.size; i += lanes) {
    Numbers distance2, inverse, m;
    Vectors q;
    get(distances.squared, i, distance2), get(distances.inverse, i, inverse);
    get(block.mass, i, m), get(block.q, i, q);
    m *= inverse;
    Vectors const share{m * q.x, m * q.y, m * q.z};
    Negative below(Numbers{});
    for (std::size_t b = 0; b < n_radial_shells; ++b) {
      Negative const inside(distance2 - radii.shell[b]);
      auto here = inside;
      here.leave_out(below);
      add(shells[b].x, share.x, here), add(shells[b].y, share.y, here);
      add(shells[b].z, share.z, here);
      below = inside;
    }
  }
  sums.shells = shells;
}

}  // namespace

ClusterProfile cluster_profile(std::span<KeptParticle const> particles, Cluster const& cluster,
                               double particle_mass) {
  Radii const radii(cluster.r200c);
  Sums sums;
  Distances distances;
  for_each_block(particles, particle_mass, [&](Block const& block) {
    find_distances(block, distances);
    add_masses(block, distances, radii, sums);
    for (std::size_t r = 0; r < n_dispersions; ++r)
      add_velocities(block, distances, radii.dispersion[r], sums.velocities[r]);
    add_directions(block, distances, radii, sums);
  });
  ClusterProfile result;
  for (std::size_t r = 0; r < n_masses; ++r) result.mass[r] = sums.mass[r].total() / cluster.m200c;
  for (std::size_t b = 0; b < n_radial_shells; ++b)
    result.shells[b] = sums.shells[b].total() / cluster.m200c;
  double value = 0;
  for (std::size_t i = n_dispersions; i-- > 0;) {
    auto const& velocities = sums.velocities[i];
    if (velocities.n.total() > 1) value = velocities.dispersion() / (cluster.v200 * cluster.v200);
    result.dispersion[i] = value;
  }
  return result;
}

}  // namespace setsz
