// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "stages/common/cluster_table.hpp"
#include "stages/halos/halo_image.hpp"
#include "stages/halos/partition.hpp"

namespace setsz {

/// The clusters of a snapshot, whole on every rank, and who of them claims what.
struct SnapshotClusters {
  ClusterTable table;
  NetworkSpheres spheres;

  explicit SnapshotClusters(ClusterTable clusters);
  /// \param reach  of its gas [ckpc/h]
  BoxHalo halo(std::int64_t row, double reach) const;
  /// \param reach_r200  of its gas, and of that of the others
  Claims claims_on_cluster(BoxHalo const& cluster, double reach_r200 = network_reach_r200) const;
};

}  // namespace setsz
