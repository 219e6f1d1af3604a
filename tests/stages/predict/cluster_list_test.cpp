// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/cluster_list.hpp"

#include <gtest/gtest.h>

namespace setsz {
namespace {

TEST(ClusterList, HasALineForEachClusterBelowItsNamesAndUnits) {
  ClusterTable table;
  Cluster cluster;
  cluster.id = 70;
  cluster.position = {0.1, 2, 1.0 / 3};
  cluster.m200c = 12345.678;
  cluster.r200c = 800;
  table.clusters = {Cluster{}, cluster};
  ClusterFigures const figures{
      .rows = {1},
      .states = {{.dataset = "origin_shift", .size = 3, .unit = "R200", .frame = "box"},
                 {.dataset = "code", .size = 2, .unit = "1"},
                 {.dataset = "temperature", .size = 1, .unit = "keV"}},
      .values = {{0.25, -1e-300, 3}, {1, 2}, {5}},
      .y = {2.5e-5},
      .flux_factor = {1},
      .flags = {{"mass_disagrees", {0}}, {"in_training", {1}}}};
  EXPECT_EQ(cluster_list(table, figures),
            "id,cluster,x [ckpc/h],y [ckpc/h],z [ckpc/h],M200 [1e10 Msun/h],R200 [ckpc/h],"
            "Y [(kpc/h)^2],flux_factor,origin_shift_x [R200],origin_shift_y [R200],"
            "origin_shift_z [R200],code_0,code_1,temperature [keV],mass_disagrees,in_training\n"
            "70,1,0.1,2,0.3333333333333333,12345.678,800,2.5e-05,1,0.25,-1e-300,3,1,2,5,0,1\n");
}

TEST(ClusterList, WithoutClustersHasItsNamesOnly) {
  EXPECT_EQ(cluster_list({}, {}),
            "id,cluster,x [ckpc/h],y [ckpc/h],z [ckpc/h],M200 [1e10 Msun/h],"
            "R200 [ckpc/h],Y [(kpc/h)^2],flux_factor\n");
}

}  // namespace
}  // namespace setsz
