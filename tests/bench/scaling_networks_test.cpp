// SPDX-License-Identifier: BSD-3-Clause
// Targets that are drawn for training; what predict gives to the ranks that write it.
#include "pipeline/base/number.hpp"
#include "stages/common/particle_store.hpp"
#include "stages/predict/predict_stage.hpp"
#include "stages/predict/work_items.hpp"
#include "stages/train/training_data_work.hpp"
#include "tests/bench/counted.hpp"
#include "tests/stages/train/learning.hpp"

namespace setsz::scaling {
namespace {

using namespace testing;

class ScalingNetworks : public Learning {};

TEST_F(ScalingNetworks, PredictSendsWhatIsReplayed) {
  auto const& comm = *world_;
  auto const outputs = *folder_ / "predicted";
  auto task = small_prediction();
  auto const table = read_clusters(*folder_ / "clusters.h5");
  VoxelLists const lists(task.cube.n_voxels, task.cube.voxel_position);
  std::vector<std::int64_t> n_voxels;
  for (auto const row : clusters_to_predict(table, task.options, task.fold))
    n_voxels.push_back(lists.count(task.cube.lattice(table.clusters[row])));
  std::int64_t state_bytes = 16;  // two sums
  for (auto const& state : task.section.network.predicted_states()) state_bytes += 8 * state.size;

  auto const run = [&](std::int64_t block_voxels) {
    task.options.block_voxels = block_voxels;
    TestContext context(comm, folder_->path(), outputs);
    if (comm.is_root())
      std::filesystem::copy(alone() + "/model.h5", outputs + "/model.h5",
                            std::filesystem::copy_options::overwrite_existing);
    comm.barrier();
    auto const traffic = counted([&] { predict_network(task, context); });
    context.journal().discard();
    return traffic;
  };
  auto const model = [&](std::int64_t block_voxels) {
    return replay_prediction(n_voxels, block_voxels, state_bytes, comm.size());
  };
  // Beside it the product is written, the same whatever the blocks are.
  auto const whole = run(1 << 20);
  for (std::int64_t const block_voxels : {20, 50, 90})
    expect_sent("predict", comm, run(block_voxels) - whole, model(block_voxels) - model(1 << 20),
                1e-9);
}

TEST_F(ScalingNetworks, TargetsAreSentAsIsReplayed) {
  auto const& comm = *world_;
  auto const task = small_training(2);
  TestContext context(comm, folder_->path(), *folder_ / "lanes");
  TrainingData data(comm, task, context);
  auto const table = read_clusters(*folder_ / "clusters.h5");
  ParticleStore const store(*folder_ / "particles.h5");
  Training what{.particles = {},
                .steps = {},
                .drawn_at_once = data.drawn_at_once(),
                .lanes_of_a_cluster = task.options.lanes,
                .lane_bytes = 0,
                .n_parameters = 0};
  for (std::int64_t row = 0; row < table.size(); ++row)
    what.particles.push_back(table.teaches(row, 0) ? real(store.count(row)) : 0);
  auto const seed = task.instance.stream_seed(task.run_seed);
  for (std::int64_t epoch = 0; epoch < task.options.epochs; ++epoch) {
    auto const order = epoch_order(data.training_rows(), seed, static_cast<std::uint64_t>(epoch));
    for (std::int64_t first = 0; first < std::ssize(order); first += task.options.clusters_per_step)
      what.steps.emplace_back(
          order.begin() + first,
          order.begin() + std::min(first + task.options.clusters_per_step, std::ssize(order)));
  }
  EXPECT_EQ(what.drawn_at_once > 1, comm.size() > 1);
  std::vector<std::byte> packed;
  std::int64_t n_lanes = 0;
  auto const run = counted([&] {
    for (std::int64_t step = 0; step < std::ssize(what.steps); ++step)
      for (auto const& lane : data.training_lanes(step)) pack(lane, packed), ++n_lanes;
  });
  what.lane_bytes = real(comm.all_sum(std::ssize(packed))) / real(comm.all_sum(n_lanes));
  expect_sent("train, targets", comm, run, replay_training(what, comm.size()), 0.1);
}

}  // namespace
}  // namespace setsz::scaling
