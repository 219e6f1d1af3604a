// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/train_work.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "learning.hpp"
#include "model/model_file.hpp"
#include "model/network.hpp"
#include "pipeline/base/hash.hpp"
#include "stages/common/cluster_sampler.hpp"
#include "stages/common/cube_file.hpp"

namespace setsz {
namespace {

using namespace testing;

TEST_F(Learning, MakesTheSameModelOnAnyNumberOfRanks) {
  auto const outputs = *folder_ / "together";
  TestContext context(*world_, folder_->path(), outputs);
  train_network(small_training(epochs), context);
  EXPECT_EQ(hash_file(outputs + "/model.h5"), hash_file(alone() + "/model.h5"));
  EXPECT_EQ(h5_content_hash(outputs + "/history.h5"), h5_content_hash(alone() + "/history.h5"));
}

// A step has one lane: all ranks but one have no cluster, but take part in what ranks do together.
TEST_F(Learning, RanksWithoutWorkWaitForTheOthers) {
  auto task = small_training(2);
  task.options.clusters_per_step = task.options.lanes = 1;
  auto const together = *folder_ / "one_lane", by_itself = concat(together, world_->rank());
  TestContext many(*world_, folder_->path(), together);
  train_network(task, many);
  TestContext one(Comm::self(), folder_->path(), by_itself);
  train_network(task, one);
  EXPECT_EQ(hash_file(together + "/model.h5"), hash_file(by_itself + "/model.h5"));
}

TEST_F(Learning, AnInterruptedTrainingMakesTheSameModel) {
  auto const outputs = *folder_ / "interrupted";
  int stops = 0;
  for (int const steps : {1, 4, 2, 1000}) {  // eight training clusters: two steps an epoch
    TestContext context(*world_, folder_->path(), outputs);
    context.stop_after = steps;
    try {
      train_network(small_training(epochs), context);
    } catch (StoppedByTest const&) {
      ++stops;
      EXPECT_FALSE(std::filesystem::exists(outputs + "/model.h5"));
    }
    world_->barrier();
  }
  EXPECT_EQ(stops, 3);
  EXPECT_EQ(hash_file(outputs + "/model.h5"), hash_file(alone() + "/model.h5"));
}

// The same as if they had been testing clusters: neither training nor validation, nor what is
// fitted before (standardisation, noise, centres), sees them.
TEST_F(Learning, ClustersOfWhichTheMassDisagreesTeachNothing) {
  std::vector<std::int64_t> const rows{2, 9};  // one trains, one validates
  auto const flagged = *folder_ / "flagged", testing = *folder_ / "testing";
  if (world_->is_root()) write_small_universe(flagged, 0, rows);
  if (world_->is_root()) write_small_universe(testing, 0, {}, rows);
  world_->barrier();
  auto task = small_training(2);
  TestContext others(*world_, testing, testing + "/model");
  train_network(task, others);
  TestContext kept(*world_, flagged, flagged + "/kept");
  train_network(task, kept);
  task.choice.mass_disagrees = ClusterChoice::Disagreeing::leave_out;
  TestContext left_out(*world_, flagged, flagged + "/left_out");
  train_network(task, left_out);
  EXPECT_EQ(hash_file(flagged + "/left_out/model.h5"), hash_file(testing + "/model/model.h5"));
  EXPECT_NE(hash_file(flagged + "/left_out/model.h5"), hash_file(flagged + "/kept/model.h5"));

  // Predicted they are, and flagged.
  predict_network(small_prediction(), left_out);
  CubeFile const cubes(flagged + "/left_out/prediction.h5");
  ASSERT_EQ(cubes.size(), n_clusters);
  for (std::int64_t row = 0; row < n_clusters; ++row) {
    EXPECT_EQ(cubes.mass_disagrees(row), std::ranges::count(rows, row) > 0) << row;
    EXPECT_EQ(cubes.in_training(row), row < 8 && row != 2) << row;
  }
}

TEST_F(Learning, TheSeedMakesAnotherModel) {
  auto task = small_training(1);
  task.instance.seed = 2;
  TestContext context(*world_, folder_->path(), *folder_ / "other_seed");
  train_network(task, context);
  EXPECT_NE(hash_file(*folder_ / "other_seed/model.h5"), hash_file(alone() + "/model.h5"));
}

TEST_F(Learning, ANetworkSeesTheColumnsThatItChose) {
  auto const outputs = *folder_ / "chosen_columns";
  auto task = small_training(1);
  task.model.network.inputs = {.scalars = {"profile", "xoff"},
                               .vectors = {"centre_of_mass", "inertia_1"},
                               .drop = {"mass_0.1"}};
  TestContext context(*world_, folder_->path(), outputs);
  train_network(task, context);
  auto const network = Network::from_state(read_model(outputs + "/model.h5"));
  auto const columns = network.options().columns();
  EXPECT_EQ(columns.n_scalars(), 13);
  EXPECT_EQ(columns.vector_names(), (std::vector<std::string>{"centre_of_mass", "inertia_1"}));
  // Their standardisation is that of the training clusters, each of its own column.
  ParticleStore const store(*folder_ / "particles.h5");
  auto const rows = read_clusters(*folder_ / "clusters.h5").rows_of(Split::training, 0);
  ASSERT_EQ(std::ssize(network.standardisation().scalars), columns.n_scalars());
  for (std::size_t i = 0; i < columns.scalars.size(); ++i) {
    double mean = 0;
    for (auto const row : rows)
      mean += store.scalars(row)[cluster_columns().scalar(columns.scalars[i])] / real(rows.size());
    EXPECT_NEAR(network.standardisation().scalars[i].mean, mean, 1e-12) << columns.scalars[i];
  }
  auto prediction = small_prediction();
  prediction.section = task.model;
  predict_network(prediction, context);
}

/// Teaches at two redshifts; the second universe lies in the folder "later".
TrainTask joint_training() {
  auto task = small_training(2);
  task.instance.snapshot = "z0+z05";
  auto second = task.sources.front();
  for (auto* name : {&second.clusters, &second.particles, &second.pressure, &second.gnfw})
    *name = "later/" + *name;
  second.simulation = "later";
  task.sources.push_back(second);
  task.options.cluster_weight = ClusterWeight::benchmark;
  task.model.network.inputs.scalars = {"published", "ln_a"};
  return task;
}

void write_second_universe(Comm const& world, std::string const& folder) {
  on_root(world, "making the second universe", [&] {
    std::filesystem::create_directories(folder + "/later");
    write_small_universe(folder + "/later", 0.5);
    GnfwParameters later;
    later.A_P0 *= 1.3;
    std::ofstream(folder + "/later/gnfw.json")
        << nlohmann::json{{"benchmark", later}, {"flux", later}};
  });
}

TEST_F(Learning, TwoRedshiftsTeachOneNetworkOnAnyNumberOfRanks) {
  write_second_universe(*world_, folder_->path());
  auto const own = *folder_ / concat("joint_alone", world_->rank());
  TestContext single(Comm::self(), folder_->path(), own);
  train_network(joint_training(), single);
  TestContext context(*world_, folder_->path(), *folder_ / "joint");
  train_network(joint_training(), context);
  EXPECT_EQ(hash_file(*folder_ / "joint/model.h5"), hash_file(own + "/model.h5"));

  auto const state = read_model(own + "/model.h5");
  auto const& on = state.description.at("trained_on");
  EXPECT_EQ(on.at("redshift"), (nlohmann::json{0, 0.5}));
  EXPECT_EQ(on.at("n_clusters"), 16);
  EXPECT_EQ(on.at("simulations"), (nlohmann::json{"small", "later"}));
  EXPECT_EQ(state.description.at("flux").at("training").at("n"), 16);
  EXPECT_EQ(state.description.at("flux").at("validation").at("n"), 6);
  // The profile of each redshift at that redshift.
  for (auto const* name : {"benchmark", "flux_profile"}) {
    auto const profile = state.description.at(name).get<GnfwParameters>();
    EXPECT_NEAR(gnfw_shape(profile, 7e3, 0.7, 0).p0, gnfw_shape({}, 7e3, 0.7, 0).p0, 1e-9);
    EXPECT_NEAR(gnfw_shape(profile, 7e3, 0.7, 0.5).p0, 1.3 * gnfw_shape({}, 7e3, 0.7, 0.5).p0,
                1e-9);
  }
}

// Columns, noise and weights know the clusters of both.
TEST_F(Learning, TheStandardisationIsThatOfAllThatTeach) {
  write_second_universe(*world_, folder_->path());
  auto const outputs = *folder_ / concat("joint_columns", world_->rank());
  TestContext context(Comm::self(), folder_->path(), outputs);
  auto task = joint_training();
  task.options.epochs = 1;
  train_network(task, context);
  auto const network = Network::from_state(read_model(outputs + "/model.h5"));
  auto const columns = network.options().columns();
  double ln_p200 = 0;
  std::vector<Moments> moments(columns.scalars.size());
  for (std::string const folder : {"", "later/"}) {
    ParticleStore const store(*folder_ / (folder + "particles.h5"));
    auto const table = read_clusters(*folder_ / (folder + "clusters.h5"));
    for (auto const row : table.rows_of(Split::training, 0)) {
      ln_p200 += std::log(table.clusters[row].p200) / 16;
      auto const input = cluster_input(table, store, row, columns);
      for (std::size_t i = 0; i < moments.size(); ++i) moments[i].add(input.scalars[i]);
    }
  }
  auto const& found = network.standardisation();
  for (std::size_t i = 0; i < moments.size(); ++i)
    EXPECT_EQ(found.scalars[i], moments[i].affine()) << columns.scalars[i];
  EXPECT_NEAR(std::log(found.reference_p200), ln_p200, 1e-12);
  EXPECT_GT(found.scalars[columns.scalar("ln_a")].deviation, 0.1);
}

TEST_F(Learning, BeatsABenchmarkThatIsWrong) {
  auto const outputs = *folder_ / "longer";
  TestContext context(*world_, folder_->path(), outputs);
  train_network(small_training(20), context);
  EXPECT_LT(context.notes.at("validation_ratio").get<double>(), 0.7);
}

TEST_F(Learning, ALocalRadiusBeyondTheExtractionIsRefused) {
  auto task = small_training(1);
  task.model.network.get<Local>().radius.value = 400;
  TestContext context(*world_, folder_->path(), *folder_ / "refused");
  auto const error = test::thrown_by([&] { train_network(task, context); });
  EXPECT_EQ(error.code(), ExitCode::config);
  EXPECT_NE(std::string(error.what()).find("complete only for"), std::string::npos);
}

}  // namespace
}  // namespace setsz
