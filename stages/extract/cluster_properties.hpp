// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "pipeline/base/vec3.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/extract/captured.hpp"
#include "stages/extract/cluster_profile.hpp"

namespace setsz {

/// Numbers of cluster scalars s and unit vectors e; their names stand in cluster_columns().
inline constexpr std::size_t n_published_scalars = 11;
inline constexpr std::size_t n_cluster_scalars =
    n_published_scalars + mass_profile_radii.size() + dispersion_profile_radii.size() + 1;
inline constexpr std::size_t n_cluster_vectors = 14;

/// s, not standardised: ln M200 [1e10 Msun/h]; Xoff/R200; Voff/V200; |CM|/R200; |J|/(R200_phys V200
/// M200); 3 ascending eigenvalues of the inertia tensor; 3 of the velocity tensor; the profiles of
/// mass and dispersion (ClusterProfile); ln a.
using ClusterScalars = std::array<double, n_cluster_scalars>;
/// e: unit vectors along J, CM, 3 eigenvectors of the inertia tensor, 3 of the velocity tensor, in
/// the order of the eigenvalues; then the rows of the two tensors. Eigenvectors have no sign of
/// their own; here e.J >= 0, so that they turn with the cluster. Rows have the same sign, but do
/// not turn.
using ClusterVectors = std::array<Vec3, n_cluster_vectors>;

/// What the particles of one cluster say of it, and what was not in the catalogue and came from
/// them.
struct ClusterProperties {
  ClusterScalars scalars{};
  ClusterVectors vectors{};
  std::array<Vec3, n_cluster_shells> shells{};  ///< see ClusterInput::shells
  double mass_within_r200 = 0;                  ///< of the particles, over that of the catalogue
  double dispersion = 0;  ///< 1-D, of the particles within R200 [V200]; NaN: fewer than 10
  double drift = 0;       ///< their mean velocity in the frame of the cluster [that dispersion]
  bool mass_disagrees = false;  ///< for the stage, which knows by how much it may differ from 1
  double particle_mass = 0;     ///< mean of the particles within `radius` [1e10 Msun/h]
  /// Of the frame of the particles: the catalogue's, or where it has none bulk_velocity [km/s].
  Vec3 velocity;
  bool computed_velocity = false;
  bool computed_momentum = false;
  bool computed_xoff = false;
  bool computed_voff = false;
};

/// Scalars and unit vectors of a cluster from its particles, all sums in double.
///
/// CM and both tensors: all particles with |q| < radius. J, Xoff and Voff: the catalogue's; if
/// absent (zero vector; negative) from particles within R200: sum m x cross v with x = a q, the
/// distance of centre and centre of mass, and of halo velocity and mean velocity. Profiles: see
/// cluster_profile.
///
/// \param particles  of the cluster, in the order of the sums
/// \param radius     [ckpc/h], 2.5 R200 in the paper
/// \param a          scale factor
/// \param particle_mass  the same for all [1e10 Msun/h]; 0: every particle weighs its own mass
/// \pre at least one particle within `radius`, else Error(bad_data)
/// \source Thiele et al. (2022), section 3.3, with the corrections that docs/stages/extract.md
/// lists
ClusterProperties cluster_properties(std::span<KeptParticle const> particles,
                                     Cluster const& cluster, double radius, double a,
                                     double particle_mass);

}  // namespace setsz
