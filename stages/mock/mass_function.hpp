// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

namespace setsz {

/// Haloes per (Mpc/h)^3 and unit of ln M200c, in the cosmology of IllustrisTNG.
///
/// phi x^-alpha exp(-x^beta), x = M/M*(z): a generalised Schechter function fitted to the mass
/// function of Tinker et al. (2008), ApJ 688, 709 (200 x critical) with the power spectrum of
/// Eisenstein & Hu (1998, no wiggles), sigma8 = 0.8159, n_s = 0.9667. Within 7% of it at z = 0 from
/// 1e12 to 2e14 Msun/h, within 25% for z <= 1 up to 3e14: a plausible sky, not a measurement.
double halo_abundance(double m200c_msunh, double redshift);

/// Integral of `halo_abundance` between two masses [(Mpc/h)^-3].
double halo_number_density(double mass_min_msunh, double mass_max_msunh, double redshift);

/// \param n  masses wanted
/// \return n masses [Msun/h] in descending order: one at a random place of each of n equal parts of
///         the cumulative distribution, so that a small box is not at the mercy of one draw
std::vector<double> sample_masses(std::int64_t n, double mass_min_msunh, double mass_max_msunh,
                                  double redshift, std::uint64_t seed);

}  // namespace setsz
