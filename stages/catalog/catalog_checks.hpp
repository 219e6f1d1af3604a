// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "io/catalogs/halo.hpp"

namespace setsz {

/// What the haloes of a catalogue say of each other: numbers of the clusters, and of all that are
/// kept. Medians tell a wrong unit from an odd halo.
struct CatalogFigures {
  std::vector<double> radius_ratio;      ///< listed radius over that of the mass
  std::vector<double> radius_ratio_all;  ///< the same with the mass of all particles
  std::vector<double> speed_kms, dispersion_kms;
  std::int64_t n_halos = 0;
  double largest_coordinate_ckpch = 0;
};

/// Error(bad_data) where radii, velocities or positions of a catalogue contradict its masses, the
/// dispersions of its haloes or the box, with the ratio and its likely cause.
/// \param h  for hints
void require_consistent(CatalogFigures const& figures, std::string const& catalog_name,
                        double box_ckpch, double h);

/// Error(bad_data) with file and line for a cluster whose radius, Xoff or angular momentum cannot
/// be those of its mass, by factors that no odd halo has: a damaged row among good ones. \param
/// radius_ckpch  of the mass \param all_ckpch  of the mass of all particles; < 0: not known
void require_possible(Halo const& halo, double radius_ckpch, double all_ckpch, double a,
                      std::string const& path);

/// What the heaviest halo of a list says of the unit of its masses; empty if nothing is odd.
/// \param mass          [1e10 Msun/h]
/// \param radius_ratio  its listed radius over R200 of its mass; none below 0
std::string mass_unit_hint(double mass, double radius_ratio);

}  // namespace setsz
