// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/expected_particles.hpp"

#include <cmath>

#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

double expected_particles(Cluster const& cluster, double radius, SnapshotHeader const& header) {
  constexpr std::size_t dark_matter = 1;
  constexpr double concentration = 5;
  auto const enclosed = [](double x) { return std::log1p(x) - x / (1 + x); };  // NFW
  double const mass =
      cluster.m200c * enclosed(concentration * radius / cluster.r200c) / enclosed(concentration);
  double particle_mass = header.mass_table[dark_matter];
  if (particle_mass <= 0)  // they differ: take the mean of the box
    particle_mass = header.cosmology.omega_m * units::rho_crit_0 * std::pow(header.box_ckpch, 3) /
                    real(header.n_particles[dark_matter]);
  return mass / particle_mass;
}

}  // namespace setsz
