// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/snapshot_clusters.hpp"

#include <algorithm>

namespace setsz {
namespace {

NetworkSpheres spheres_of(ClusterTable const& table) {
  std::vector<Vec3> centres;
  std::vector<double> r200;
  for (auto const& cluster : table.clusters) {
    centres.push_back(cluster.position);
    r200.push_back(cluster.r200c);
  }
  return {PeriodicBox(table.box_ckpch), std::move(centres), std::move(r200)};
}

}  // namespace

SnapshotClusters::SnapshotClusters(ClusterTable clusters)
    : table(std::move(clusters)), spheres(spheres_of(table)) {}

BoxHalo SnapshotClusters::halo(std::int64_t row, double reach) const {
  auto const& cluster = table.clusters[row];
  return {.row = row,
          .position = cluster.position,
          .mass = cluster.m200c,
          .r200 = cluster.r200c,
          .p200 = cluster.p200,
          .reach = reach,
          .velocity = cluster.velocity,
          .id = cluster.id};
}

std::optional<ProfileFamily> SnapshotClusters::family(Profile const& profile, double x_cut,
                                                      double x_inner) const {
  if (!profile || table.clusters.empty()) return {};
  auto const [least, most] = std::ranges::minmax_element(table.clusters, {}, &Cluster::m200c);
  return ProfileFamily(profile, least->m200c, most->m200c, x_cut, x_inner);
}

Claims SnapshotClusters::claims_on_cluster(BoxHalo const& cluster, double reach_r200) const {
  return Claims::on_cluster(
      cluster.r200, cluster.row,
      spheres.near(cluster.position, reach_r200 * cluster.r200, cluster.row, reach_r200),
      reach_r200);
}

}  // namespace setsz
