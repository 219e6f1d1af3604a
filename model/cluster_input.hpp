// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/base/number.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {

/// One dark-matter particle: position and velocity relative to its cluster [ckpc/h, km/s].
struct Particle {
  float x, y, z, vx, vy, vz;
};
inline Vec3 position(Particle const& p) { return {p.x, p.y, p.z}; }
inline Vec3 velocity(Particle const& p) { return {p.vx, p.vy, p.vz}; }
/// [km/s]; 0 of no particle.
inline Vec3 mean_velocity(std::span<Particle const> particles) {
  if (particles.empty()) return {};
  auto const n = real(particles.size());
  Vec3 sum;
  for (Particle const& p : particles) sum += velocity(p);
  return {sum.x / n, sum.y / n, sum.z / n};
}

/// What a deterministic model misses of a cluster, in spherical shells (stage residuals).
struct ResidualShells {
  std::vector<float> value{};         ///< (gas - prediction)/prediction
  std::vector<std::uint8_t> known{};  ///< 0: no value
  bool empty() const { return value.empty(); }
};

/// What the network knows of a cluster as a whole.
struct ClusterInput {
  double m200c = 0;  ///< [1e10 Msun/h]
  double r200c = 0;  ///< [ckpc/h]
  double v200 = 0;   ///< [km/s]
  double p200 = 0;   ///< comoving code pressure
  double redshift = 0;
  double h = 0.6774;
  double particle_mass = 0;     ///< mean of its dark-matter particles [1e10 Msun/h]
  double mean_density = 0;      ///< of matter in the universe, comoving [1e10 Msun/h (ckpc/h)^-3]
  std::vector<double> scalars;  ///< raw, in the order of the network's columns
  std::vector<Vec3> vectors;    ///< unit vectors (zero where there is none), likewise
  std::vector<Vec3> shells{};   ///< (n_cluster_shells) where its matter lies, see below
  /// (n, n, n) matter over its mean in the universe, in the cube of side density_edge_r200 around
  /// the catalogue's centre, z fastest; empty where no module asks for it.
  std::vector<float> density{};
  ResidualShells residuals{};  ///< empty: they are not known
};

/// Side of ClusterInput::density: all particles that extract keeps of a cluster lie within [R200].
inline constexpr double density_edge_r200 = 5;

/// ClusterInput::shells: sums of (m/M200) q/|q| over the particles of radial shells, from the
/// innermost outwards. Shell b holds b width <= |q| < (b + 1) width. Then the same shells without
/// most of what clumps and neighbours add to them (stages/extract/smooth_shells.hpp).
inline constexpr std::size_t n_radial_shells = 10;
inline constexpr std::size_t n_cluster_shells = 2 * n_radial_shells;
inline constexpr double cluster_shell_width_r200 = 0.25;

}  // namespace setsz
