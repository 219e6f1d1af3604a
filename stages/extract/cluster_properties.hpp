// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "pipeline/base/vec3.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/extract/captured.hpp"

namespace setsz {

/// Numbers of cluster scalars s and unit vectors e; their names stand in cluster_columns().
inline constexpr std::size_t n_cluster_scalars = 11;
inline constexpr std::size_t n_cluster_vectors = 8;

/// s, not standardised: ln M200 [1e10 Msun/h]; Xoff/R200; Voff/V200; |CM|/R200; |J|/(R200_phys V200
/// M200); 3 ascending eigenvalues of the inertia tensor; 3 of the velocity tensor.
using ClusterScalars = std::array<double, n_cluster_scalars>;
/// e: unit vectors along J, CM, 3 eigenvectors of the inertia tensor, 3 of the velocity tensor, in
/// the order of the eigenvalues; flipped so that e.J >= 0.
using ClusterVectors = std::array<Vec3, n_cluster_vectors>;

/// s and e of one cluster, and what was not in the catalogue and came from the particles.
struct ClusterProperties {
  ClusterScalars scalars{};
  ClusterVectors vectors{};
  double mass_in_r200 = 0;  ///< of the particles, to compare with the catalogue [1e10 Msun/h]
  bool computed_momentum = false;
  bool computed_xoff = false;
  bool computed_voff = false;
};

/// Scalars and unit vectors of a cluster from its particles, all sums in double.
///
/// CM and both tensors: all particles with |q| < radius. J, Xoff and Voff: the catalogue's; if
/// absent (zero vector; negative) from particles within R200: sum m x cross v with x = a q, the
/// distance of centre and centre of mass, and of halo velocity and mean velocity.
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
