// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stages/common/cluster_particles.hpp"
#include "stages/moments/target_rows.hpp"

namespace setsz {

/// How the moments of particles around a target are taken.
struct MomentSettings {
  std::vector<double> scales_r200{0.1, 0.2, 0.35, 0.6};  ///< of the Gaussians, ascending
  double softening_r200 = 0.06;                          ///< of the potential
  /// All scales of a cluster with fewer particles within R200 grow by one factor.
  std::int64_t min_particles = 60;
  /// Of a cluster with more, an even subsample is used.
  std::int64_t max_particles = 100'000;

  /// Factor by which the scales of a cluster grow. \param n200  M200 over the particle mass
  double scale_factor(double n200) const;
  /// Particles to use for a scale: as many as its Gaussian needs, which is fewer if it is wide.
  std::int64_t particles_of(std::size_t scale) const;
};

/// A number of every target: one column of moments.h5.
struct MomentColumn {
  std::string name, unit, description;
};
/// All columns, with the names of model/moment_columns.hpp in its order.
std::vector<MomentColumn> moment_columns(MomentSettings const& settings);

/// What turns particles into the units of their cluster.
struct MomentUnits {
  double r200c = 0;  ///< [ckpc/h]
  double v200 = 0;   ///< [km/s]
  double n200 = 0;   ///< M200 over the particle mass
};

/// The moments of the particles within cluster_sample_radius_r200 at all targets, shape (targets,
/// columns). A function of its arguments alone: sums run in the order of the particles.
std::vector<float> cluster_moments(ClusterParticles const& particles, MomentUnits const& units,
                                   TargetRows const& targets, MomentSettings const& settings);

/// About how many targets a cluster has. For plans.
double expected_targets(CubeLattice const& lattice);
/// Expected time of one core for a cluster [s]. For plans and for balancing the owners.
double moment_seconds(double n_particles, double scale_factor, CubeLattice const& lattice,
                      MomentSettings const& settings);

}  // namespace setsz
