// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>

#include "stages/common/cluster_table.hpp"
#include "stages/halos/halo_image.hpp"
#include "stages/halos/partition.hpp"
#include "stages/halos/profile_choice.hpp"
#include "stages/halos/profile_family.hpp"

namespace setsz {

/// The clusters of a snapshot, whole on every rank, and who of them claims what.
struct SnapshotClusters {
  ClusterTable table;
  NetworkSpheres spheres;
  Profile density{};  ///< rho/rho_crit(z) of the gas of all haloes; empty: no field shows it

  explicit SnapshotClusters(ClusterTable clusters);
  /// \param reach  of its gas [ckpc/h]
  BoxHalo halo(std::int64_t row, double reach) const;
  /// A profile at the masses of the clusters. None without clusters, or if the profile is empty.
  std::optional<ProfileFamily> family(Profile const& profile, double x_cut,
                                      double x_inner = 0) const;
  /// \param reach_r200  of its gas, and of that of the others
  Claims claims_on_cluster(BoxHalo const& cluster, double reach_r200 = network_reach_r200) const;
};

}  // namespace setsz
