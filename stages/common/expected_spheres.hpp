// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "model/module.hpp"
#include "pipeline/run/outlook.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/sections.hpp"

namespace setsz {

/// Dark matter particles within cluster_sample_radius_r200 of each cluster: the true numbers where
/// particles.h5 is complete, else those of `expected_particles`.
std::vector<double> expected_counts(Outlook const& outlook, SnapshotInstance const& snapshot,
                                    ClusterTable const& table);
/// Particles in the sphere around a target.
struct ExpectedSphere {
  double within = 0;                    ///< of the sphere
  double training = 0, prediction = 0;  ///< of them, those that are drawn
  double drawn(Phase phase) const { return phase == Phase::training ? training : prediction; }
  void keep_larger(ExpectedSphere const& o) {
    within = std::max(within, o.within);
    training = std::max(training, o.training), prediction = std::max(prediction, o.prediction);
  }
};
/// On average over the clusters and over the place of the target within 2 R200; NFW profiles with
/// the concentration of `expected_particles`. Nothing for a network without local spheres.
/// \param counts  particles of each cluster, as expected_counts gives them
ExpectedSphere expected_sphere(ClusterTable const& table, std::vector<double> const& counts,
                               ModuleNeeds const& needs);

}  // namespace setsz
