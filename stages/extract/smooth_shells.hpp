// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <span>

#include "model/cluster_input.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/extract/captured.hpp"

namespace setsz {

/// Sums of w (m/M200) q/|q| over the particles of each shell: ClusterInput::shells without most of
/// what clumps and neighbours add to them.
///
/// w = min(1, 2 n(r)/n): n is the number of particles within 0.11 R200 of the particle, itself
/// included, and n(r) the mean of that number over the volume of a thin shell about the centre of
/// the matter: the mean position of the particles within R200 of itself. A clump is denser than the
/// rest of its shell; its particles count less. Turns and mirrors with the cluster. Of more than
/// 20000 particles a fair sample of about that number is taken.
///
/// \param particles  of the cluster in canonical order, complete within 2.5 R200
/// \param particle_mass  the same for all [1e10 Msun/h]; 0: every particle weighs its own mass
std::array<Vec3, n_radial_shells> smooth_shells(std::span<KeptParticle const> particles,
                                                Cluster const& cluster, double particle_mass);

}  // namespace setsz
