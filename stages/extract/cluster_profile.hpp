// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <span>

#include "model/cluster_input.hpp"
#include "model/columns.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/extract/captured.hpp"

namespace setsz {

/// How the matter of a cluster and its velocities depend on the radius.
struct ClusterProfile {
  /// M(<r)/M200 at mass_profile_radii.
  std::array<double, mass_profile_radii.size()> mass{};
  /// sigma^2(<r)/V200^2 in one dimension at dispersion_profile_radii, about the mean velocity of
  /// the particles within r, without the bias of small samples: over n - 1. A radius with fewer
  /// than two particles takes the value of the next larger one; 0 if there is none.
  std::array<double, dispersion_profile_radii.size()> dispersion{};
  /// Sums of (m/M200) q/|q|: the first half of ClusterInput::shells.
  std::array<Vec3, n_radial_shells> shells{};
};

/// \param particles  of the cluster, in the order of the sums, complete within 2.5 R200
/// \param particle_mass  the same for all [1e10 Msun/h]; 0: every particle weighs its own mass
ClusterProfile cluster_profile(std::span<KeptParticle const> particles, Cluster const& cluster,
                               double particle_mass);

}  // namespace setsz
