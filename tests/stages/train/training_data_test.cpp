// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/training_data_work.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "learning.hpp"

namespace setsz {
namespace {

using namespace testing;

class TrainingDataTest : public InSmallUniverse {
 protected:
  static void SetUpTestSuite() {
    make_universe([] {});
  }
  /// Two steps of eight clusters an epoch: the second has less.
  static TrainTask task(std::int64_t targets = 20) {
    auto task = small_training(3);
    task.options.clusters_per_step = 5;
    task.options.targets = targets;
    return task;
  }
};

std::vector<std::byte> bytes_of(std::vector<Lane> const& lanes) {
  std::vector<std::byte> bytes;
  for (auto const& lane : lanes) pack(lane, bytes);
  return bytes;
}

/// The part of this rank of what one rank alone has.
std::vector<Lane> share_of(std::vector<Lane> const& all, Comm const& comm) {
  auto const own = even_range(std::ssize(all), comm.rank(), comm.size());
  return {all.begin() + own.first, all.begin() + own.last};
}

/// What is drawn ahead, what is drawn step by step (so many targets leave no room for more), and
/// what one rank alone draws are the same, also from the middle on and out of turn.
TEST_F(TrainingDataTest, RanksShareTheSameLanesEvenlyWheneverTheyAreDrawn) {
  auto const self = Comm::self();
  for (std::int64_t const targets : {20, 1000000}) {
    auto const t = task(targets);
    TestContext context(*world_, folder_->path(), *folder_ / "together");
    TestContext single(self, folder_->path(), alone());
    TrainingData data(*world_, t, context), by_itself(self, t, single);
    for (std::int64_t const step : {0, 1, 2, 4, 5, 3, 5}) {
      auto const all = by_itself.training_lanes(step);
      ASSERT_EQ(std::ssize(all), 3 * (step % 2 == 0 ? 5 : 3));
      EXPECT_EQ(bytes_of(data.training_lanes(step)), bytes_of(share_of(all, *world_))) << step;
    }
    for (Range const places : {Range{0, 1}, Range{0, 3}})
      EXPECT_EQ(bytes_of(data.validation_lanes(places)),
                bytes_of(share_of(by_itself.validation_lanes(places), *world_)));
  }
}

TEST_F(TrainingDataTest, RanksShareClustersEvenlyWhoeverOwnsThem) {
  auto const t = task();
  TestContext context(*world_, folder_->path(), *folder_ / "shared");
  TrainingData const data(*world_, t, context);
  std::vector<std::int64_t> rows, seen;
  std::ranges::merge(data.training_rows(), data.validation_rows(), std::back_inserter(rows));
  std::vector<std::byte> drawn;
  DrawSizes const sizes{.targets = 7, .lanes = 1, .local_particles = 5, .cluster_particles = 9};
  data.share(rows, [&](TrainingCluster const& cluster) {
    seen.push_back(cluster.row());
    pack(cluster.draw(sizes, 1, 0).front(), drawn);
  });
  EXPECT_EQ(std::ssize(seen), even_range(11, world_->rank(), world_->size()).size());
  EXPECT_EQ(world_->all_gather_v(seen), rows);
  // The same clusters as one rank owns them.
  TestContext single(Comm::self(), folder_->path(), alone());
  TrainingData const all(Comm::self(), t, single);
  std::vector<std::byte> expected;
  all.share(rows, [&](TrainingCluster const& cluster) {
    pack(cluster.draw(sizes, 1, 0).front(), expected);
  });
  EXPECT_EQ(world_->all_gather_v(drawn), expected);
}

}  // namespace
}  // namespace setsz
