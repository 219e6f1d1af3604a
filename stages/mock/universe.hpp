// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/base/cosmology.hpp"
#include "stages/mock/mock_halo.hpp"

namespace setsz {

/// What a mock universe is made from.
struct MockParameters {
  double box_mpch = 100;
  double particle_mass_msunh = 3e10;  ///< wanted; the mean density fixes the last digits
  double mass_min_msunh = 5e12;       ///< of haloes; lighter matter is spread evenly
  double mass_max_msunh = 1.5e15;
  double abundance = 1;            ///< haloes are this much more numerous than in the mass function
  double extent_r200 = 2.5;        ///< haloes end there (in the gravity-only run)
  double pair_fraction = 0.1;      ///< of haloes that touch a larger one
  double bulk_velocity_kms = 250;  ///< rms of one component
  double gas_cells_per_particle = 1;    ///< mean mass of a gas cell: particle mass x f_b / this
  double gas_resolution_r200 = 0.3;     ///< largest gas cell within 2 R200 of a cluster [R200]
  double gas_resolved_msunh = 3e13;     ///< haloes above this mass are clusters in that sense
  double star_forming_fraction = 0.01;  ///< star-forming cells per particle within R200
  MockDepartures departures;
};

/// Where everything is: small, the same on every rank; particles and gas follow from it.
struct MockUniverse {
  MockParameters parameters;
  Cosmology cosmology;
  double redshift = 0;
  std::uint64_t seed = 1;
  double box_ckpch = 0;
  double particle_mass = 0;     ///< [1e10 Msun/h]; times n_particles it is Omega_m rho_crit L^3
  std::vector<MockHalo> halos;  ///< descending mass
  std::vector<std::int64_t> n_in_halo;   ///< particles of each halo
  std::vector<std::int64_t> file_order;  ///< halo numbers along a Morton curve
  std::int64_t n_particles = 0;
  std::int64_t n_background = 0;  ///< particles spread evenly

  double a() const { return 1 / (1 + redshift); }
  double mean_density() const;  ///< comoving [1e10 Msun/h (ckpc/h)^-3]
};

/// Draws the haloes and finds places for them: no centre lies within R200 of both of another one,
/// `pair_fraction` of them lie at 1.1 to 1.6 times that distance from a larger one.
/// Throws Error(config) if they do not fit into the box. A pure function of its arguments.
MockUniverse make_universe(MockParameters const& parameters, Cosmology const& cosmology,
                           double redshift, std::uint64_t seed);

}  // namespace setsz
