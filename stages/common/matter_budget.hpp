// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "io/snapshot.hpp"
#include "pipeline/base/cosmology.hpp"

namespace setsz {

/// What a snapshot is compared with.
struct MatterBudget {
  Cosmology cosmology;      ///< omega_b is that of the configuration
  double tolerance = 0.05;  ///< relative; at least 1: nothing is checked

  bool is_checked() const { return tolerance < 1; }
};

/// The mean density of the particles that are read is that of the matter (dark matter; of other
/// types no more than the tolerance may be left out) or at most that of the baryons, and at least
/// half of it (gas). Else Error(bad_data) with the ratio and its likely cause.
/// \param mass   of all particles of the kind [1e10 Msun/h]
/// \param error  relative, of that mass where it is an estimate
/// \param source of the mass, for the message: "NumPart_Total x MassTable"
void require_matter(MatterBudget const& budget, SnapshotHeader const& header, ParticleKind kind,
                    double mass, double error, std::string const& path, std::string_view source);

/// "1000 particles of type 2 (0.4 of the matter)": types that a gravity-only run does not have;
/// empty: there are none.
std::string other_types(SnapshotHeader const& header, Cosmology const& cosmology);

}  // namespace setsz
