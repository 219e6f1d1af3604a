// SPDX-License-Identifier: BSD-3-Clause
#include "stages/residuals/residuals_stage.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "stages/common/model_section.hpp"
#include "stages/common/residual_file.hpp"
#include "stages/common/voxelize_section.hpp"
#include "stages/train/train_stage.hpp"
#include "tests/fixtures/cube_products.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/stage_context.hpp"

namespace setsz {
namespace {

constexpr std::int64_t n_voxels = 12, n_folds = 3;

double gas(Cluster const& cluster, Vec3 const& x) {
  return cluster.m200c * std::exp(-2 * norm(x)) * (1 + 0.3 * std::sin(5 * x.x));
}

Configuration parsed(std::string const& text) {
  return Configuration::parse(
      text, "test.ini", {},
      {schema_of<RunOptions>(), schema_of<SnapshotSection>(true), schema_of<ModelSection>(true),
       schema_of<TrainOptions>(true), schema_of<ResidualsOptions>(), schema_of<VoxelizeOptions>(),
       schema_of<test::FoldsOfCatalog>()});
}

class ResidualsStageTest : public testing::Test {
 protected:
  Comm const comm_ = Comm::world();
  test::Scratch const scratch_{comm_};
  ClusterTable const table_ = test::some_clusters(7, n_folds);

  /// The network of fold k predicts the gas over 1 + (k + 1)/10.
  void SetUp() override {
    if (comm_.is_root()) {
      test::write_cubes(scratch_ / "voxelize/z0/pressure.h5", table_, n_voxels, gas, nullptr);
      for (std::int64_t fold = 0; fold < n_folds; ++fold) predict(fold, nullptr);
      std::filesystem::create_directories(scratch_ / "catalog/z0");
    }
    comm_.barrier();
    write_clusters(comm_, scratch_ / "catalog/z0/clusters.h5", table_);
  }
  void predict(std::int64_t fold, std::vector<std::int64_t> const* rows) const {
    std::vector<std::int64_t> all;
    for (std::int64_t row = 0; row < table_.size(); ++row) all.push_back(row);
    test::write_cubes(
        concat(scratch_ / "predict/z0/det/fold", fold, "/seed1/prediction.h5"), table_, n_voxels,
        [&](Cluster const& c, Vec3 const& x) { return gas(c, x) / (1.1 + 0.1 * real(fold)); },
        rows ? rows : &all);
  }
  Configuration configuration(std::string const& out_of_fold) const {
    return parsed(concat("[run]\ndirectory = ", scratch_.path(),
                         "\n[snapshot.z0]\ngas = none\n[catalog]\nfolds = ", n_folds,
                         "\n[residuals]\nout_of_fold = ", out_of_fold,
                         "\n[model.det]\nmodules = gnfw, aggregator\n[model.vae]\nmodules = gnfw, "
                         "stochastic, aggregator\nstochastic_residuals = det\n"));
  }
  /// The content of shells.h5 of fold 1.
  std::string run(Comm const& comm, std::string const& out_of_fold, std::string const& folder) {
    auto const config = configuration(out_of_fold);
    StageList stages;
    add_residuals_stages(Blueprint(config), stages);
    EXPECT_EQ(stages.size(), n_folds);
    auto& stage = *stages.at(1);
    EXPECT_EQ(stage.id(), "residuals/z0/det/fold1");
    test::StageContext context(comm, config.get<RunOptions>(), stage, folder);
    stage.run(context);
    return context.part("shells.h5");
  }
};

TEST_F(ResidualsStageTest, AreThoseOfTheNetworkOfTheFold) {
  auto const path = run(comm_, "no", "in_fold");
  ResidualFile const file(path);
  file.require_clusters(table_);
  EXPECT_EQ(file.n_shells(), 32);
  for (std::int64_t row = 0; row < table_.size(); ++row)
    for (float const r : file.read(row).value) EXPECT_NEAR(r, 0.2, 1e-5);
}

TEST_F(ResidualsStageTest, OutOfFoldTheyAreThoseOfTheNetworkThatTestsTheCluster) {
  ResidualFile const file(run(comm_, "yes", "out_of_fold"));
  for (std::int64_t row = 0; row < table_.size(); ++row)
    for (float const r : file.read(row).value)
      EXPECT_NEAR(r, 0.1 * (1 + real(row % n_folds)), 1e-5);
}

TEST_F(ResidualsStageTest, HaveTheSameBytesOnAnyNumberOfRanks) {
  auto const together = test::file_bytes(run(comm_, "yes", "together"));
  comm_.barrier();
  if (!comm_.is_root()) return;
  EXPECT_EQ(test::file_bytes(run(Comm::self(), "yes", "alone")), together);
}

TEST_F(ResidualsStageTest, OutOfFoldPredictionsOfTestingClustersSuffice) {
  auto const all = test::file_bytes(run(comm_, "yes", "all"));
  comm_.barrier();
  for (std::int64_t fold = 0; fold < n_folds && comm_.is_root(); ++fold) {
    auto const rows = table_.rows_of(Split::testing, fold);
    predict(fold, &rows);
  }
  comm_.barrier();
  EXPECT_EQ(test::file_bytes(run(comm_, "yes", "some")), all);
  auto const text = test::error_of([&] { run(comm_, "no", "too_few"); });
  EXPECT_TRUE(test::contains(text, "has no cluster"));
  EXPECT_TRUE(test::contains(text, "[residuals] out_of_fold = yes"));
}

TEST_F(ResidualsStageTest, RefusesModelsThatDoNotFit) {
  auto const error = [](std::string const& text) {
    auto const config = parsed("[snapshot.z0]\ngas = none\n" + text);
    StageList stages;
    return test::error_of([&] { add_residuals_stages(Blueprint(config), stages); });
  };
  std::string const vae = "modules = gnfw, stochastic, aggregator\nstochastic_residuals = ";
  EXPECT_TRUE(test::contains(error("[model.moments]\n[model.vae]\n" + vae + "momenta\n"),
                             "the nearest one is moments"));
  EXPECT_TRUE(test::contains(error("[model.vae]\n" + vae + "vae\n"), "which is itself"));
  EXPECT_TRUE(test::contains(error("[model.det]\n[model.a]\n" + vae + "det\n[model.b]\n" + vae +
                                   "det\nstochastic_shells = 16\n"),
                             "in 16 shells, but another model in 32"));
}

TEST_F(ResidualsStageTest, OutOfFoldNeedsFolds) {
  auto const config = parsed(
      "[snapshot.z0]\ngas = none\n[residuals]\nout_of_fold = yes\n[model.det]\n[model.vae]\n"
      "modules = gnfw, stochastic, aggregator\nstochastic_residuals = det\n");
  StageList stages;
  add_residuals_stages(Blueprint(config), stages);
  Outlook outlook({});
  EXPECT_TRUE(test::contains(test::error_of([&] { stages.at(0)->preflight(comm_, outlook); }),
                             "set folds = 5"));
}

}  // namespace
}  // namespace setsz
