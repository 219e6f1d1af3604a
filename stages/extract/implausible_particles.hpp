// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace setsz {

/// What the particles within R200 of a cluster say of its row in the halo catalogue.
struct ParticleFigures {
  std::int64_t id = 0;
  double mass = 1;        ///< of the particles, over that of the catalogue
  double mass_noise = 0;  ///< of thinning, a fraction
  double dispersion = 0;  ///< 1-D, of the velocities [V200]; NaN: too few particles
  /// |mean velocity of the particles - velocity of the catalogue| [dispersion]; NaN: too few
  /// particles, or no velocity in the catalogue
  double drift = 0;
};

/// Why these cannot be the particles of these clusters; empty: they can. Medians over the clusters
/// tell a wrong pair or a wrong unit from an odd cluster; only a velocity that no particle of the
/// cluster shares is told of a single one.
/// \param h  of the cosmology, for the likely cause
std::string implausible_particles(std::span<ParticleFigures const> clusters, double h);

}  // namespace setsz
