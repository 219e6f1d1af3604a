// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/work_items.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "stages/predict/predict_stage.hpp"

namespace setsz {
namespace {

ClusterTable five_clusters(std::int64_t n_folds) {
  ClusterTable table;
  table.clusters.edit().resize(5);
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
  WorkItems const items({10, 0, 7, 8}, 4);
  ASSERT_EQ(items.size(), 7);
  EXPECT_EQ(items.n_voxels(), 25);
  std::vector<std::int64_t> covered(4, 0);
  std::int64_t before = 0;
  for (std::int64_t number = 0; number < items.size(); ++number) {
    auto const item = items[number];
    EXPECT_EQ(items.voxels_before(number), before);
    EXPECT_EQ(item.first_voxel, covered[item.cube]);
    EXPECT_GT(item.size(), 0);
    EXPECT_LE(item.size(), 4);
    covered[item.cube] = item.last_voxel;
    before += item.size();
  }
  EXPECT_EQ(items.voxels_before(items.size()), before);
  EXPECT_EQ(covered, (std::vector<std::int64_t>{10, 0, 7, 8}));
}

TEST(WorkItems, NumbersBecomeRanges) {
  auto const ranges = as_ranges({7, 3, 4, 9, 8});
  ASSERT_EQ(ranges.size(), 2U);
  EXPECT_EQ(ranges[0].first, 3);
  EXPECT_EQ(ranges[0].last, 5);
  EXPECT_EQ(ranges[1].first, 7);
  EXPECT_EQ(ranges[1].last, 10);
  EXPECT_TRUE(as_ranges({}).empty());
}

/// The slow way: a list of all that is left, dealt by the cost of each.
void expect_dealt_as_listed(WorkItems const& items, std::vector<Range> const& done, int n_ranks) {
  std::vector<std::int64_t> left;
  std::vector<double> cost;
  for (std::int64_t number = 0; number < items.size(); ++number) {
    if (std::ranges::any_of(done, [&](Range range) { return range.contains(number); })) continue;
    left.push_back(number);
    cost.push_back(static_cast<double>(items[number].size()));
  }
  auto const boundaries = balanced_boundaries(cost, n_ranks);
  ItemsLeft const dealt(items, done, n_ranks);
  ASSERT_EQ(dealt.size(), std::ssize(left));
  for (int rank = 0; rank < n_ranks; ++rank) {
    ASSERT_EQ(dealt.share(rank), boundaries[rank + 1] - boundaries[rank]) << rank << " " << n_ranks;
    for (std::int64_t k = 0; k < dealt.share(rank); ++k)
      EXPECT_EQ(dealt.item(rank, k), left[boundaries[rank] + k]);
  }
}

TEST(WorkItems, WhatIsLeftIsDealtByVoxels) {
  std::vector<std::int64_t> n_voxels;
  for (std::int64_t i = 0; i < 40; ++i) n_voxels.push_back(i * i % 23);
  WorkItems const items(n_voxels, 4);
  std::int64_t const end = items.size();
  for (auto const& done : std::vector<std::vector<Range>>{
           {}, {{0, 3}}, {{50, 60}, {0, 1}, {60, 61}, {9, 20}}, {{end - 1, end}}, {{0, end}}})
    for (int const n_ranks : {1, 2, 3, 7, 200}) expect_dealt_as_listed(items, done, n_ranks);
  expect_dealt_as_listed(WorkItems({}, 4), {}, 3);
}

TEST(WorkItems, AMillionClustersNeedNoList) {
  WorkItems const items(std::vector<std::int64_t>(1'000'000, 70'000), 1);
  ItemsLeft const dealt(items, {{5, 7'000'000}}, 1000);
  EXPECT_EQ(items.size(), 70'000'000'000);
  EXPECT_EQ(dealt.item(0, 4), 4);
  EXPECT_EQ(dealt.item(0, 5), 7'000'000);
  EXPECT_EQ(dealt.item(999, dealt.share(999) - 1), items.size() - 1);
}

TEST(WorkItems, VoxelListsAreThoseOfEveryCube) {
  for (auto const position : {VoxelPosition::centre, VoxelPosition::corner}) {
    VoxelLists lists(16, position);
    for (double const edge : {0.5, 2.0, 3.9, 4.0, 5.0, 5.0 + 1e-15, 7.3, 40.0, 200.0}) {
      CubeLattice const lattice{16, edge, position};
      auto const voxels = voxels_to_predict(lattice);
      EXPECT_EQ(lists.count(lattice), std::ssize(voxels)) << edge;
      EXPECT_EQ(lists.of(lattice), voxels) << edge;
      EXPECT_EQ(lists.held(), voxels) << edge;
    }
  }
}

TEST(WorkItems, ShellsAreCountedOneByOne) {
  for (std::int64_t const n : {2, 15, 16, 64})
    for (auto const position : {VoxelPosition::centre, VoxelPosition::corner})
      for (double const edge : {0.5, 4.0, 5.0, 5.0 + 1e-15, 16.0, 50.0})
        for (double const radius : {0.0, 0.1, 1.0, 2.0, 16.0}) {
          CubeLattice const lattice{n, edge, position};
          std::int64_t shell = 0;
          while (lattice.shell_radius_r200(shell) < radius) ++shell;
          EXPECT_EQ(lattice.n_shells(radius), shell) << n << " " << edge << " " << radius;
        }
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
