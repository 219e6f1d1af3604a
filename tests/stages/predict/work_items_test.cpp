// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/work_items.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "stages/predict/predict_stage.hpp"

namespace setsz {
namespace {

ClusterTable five_clusters(std::int64_t n_folds) {
  ClusterTable table;
  table.clusters.resize(5);
  table.n_folds = n_folds;
  for (std::int64_t c = 0; c < 5; ++c)
    for (std::int64_t f = 0; f < n_folds; ++f)
      table.split.push_back(c % n_folds == f && (n_folds > 1 || c == 4) ? Split::testing
                                                                        : Split::training);
  return table;
}

TEST(WorkItems, OneFoldPredictsAllAndSeveralTogetherCoverEachClusterOnce) {
  EXPECT_EQ(clusters_to_predict(five_clusters(1), {}, 0).size(), 5U);
  PredictOptions options;
  options.clusters = PredictOptions::Clusters::testing;
  EXPECT_EQ(clusters_to_predict(five_clusters(1), options, 0), (std::vector<std::int64_t>{4}));
  std::vector<int> times(5, 0);
  for (std::int64_t fold = 0; fold < 3; ++fold)
    for (auto const row : clusters_to_predict(five_clusters(3), {}, fold)) ++times[row];
  EXPECT_EQ(times, std::vector<int>(5, 1));
}

TEST(WorkItems, CoverEveryVoxelOnce) {
  auto const items = cut_into_items({10, 0, 7, 8}, 4);
  ASSERT_EQ(items.size(), 7U);
  std::vector<std::int64_t> covered(4, 0);
  for (auto const& item : items) {
    EXPECT_EQ(item.first_voxel, covered[item.cube]);
    EXPECT_LE(item.last_voxel - item.first_voxel, 4);
    covered[item.cube] = item.last_voxel;
  }
  EXPECT_EQ(covered, (std::vector<std::int64_t>{10, 0, 7, 8}));
}

TEST(WorkItems, VoxelsToPredictHaveTheirCentreWithinTwoR200) {
  CubeLattice const lattice{16, 5};
  auto const voxels = voxels_to_predict(lattice);
  std::size_t n = 0;
  for (std::int64_t v = 0; v < lattice.n_cells(); ++v) {
    bool const inside = norm(lattice.centre_r200(v / 256, v / 16 % 16, v % 16)) < 2;
    n += inside;
    EXPECT_EQ(std::binary_search(voxels.begin(), voxels.end(), v), inside);
  }
  EXPECT_EQ(voxels.size(), n);
}

}  // namespace
}  // namespace setsz
