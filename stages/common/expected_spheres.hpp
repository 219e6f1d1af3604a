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
/// Particles in spheres around targets.
struct ExpectedSphere {
  double within = 0;  ///< of the sphere
  double drawn = 0;   ///< of them, at most `limit`
  void keep_larger(ExpectedSphere const& o) {
    within = std::max(within, o.within), drawn = std::max(drawn, o.drawn);
  }
};
/// Of a target of the clusters, on average over its place within 2 R200; NFW profiles with the
/// concentration of `expected_particles`.
/// \param counts  particles of each cluster, as expected_counts gives them
/// \param limit   particles that are drawn at most
ExpectedSphere expected_sphere(ClusterTable const& table, std::vector<double> const& counts,
                               SphereRadius const& radius, std::int64_t limit);

}  // namespace setsz
