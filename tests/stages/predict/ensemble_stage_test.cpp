// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/ensemble_stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "pipeline/base/number.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/predict/prediction_file_work.hpp"
#include "stages/train/train_stage.hpp"
#include "tests/fixtures/cube_products.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/stage_context.hpp"

namespace setsz {
namespace {

constexpr std::int64_t n_voxels = 4, n_cells = 64, n_cubes = 2;  // of three ranks one is idle

/// Pressure of a voxel as the network of a seed predicts it.
float pressure(std::int64_t seed, std::int64_t cube, std::int64_t voxel) {
  return single(seed * seed) + 0.25F * single(cube * n_cells + voxel);
}

class Ensemble : public testing::Test {
 protected:
  Comm const comm_ = Comm::world();
  test::Scratch const scratch_{comm_};

  EnsembleStage stage() const {
    auto const configuration =
        Configuration::parse("[train]\nseeds = 1, 2, 4\n[model.small]\n", "test.ini", {},
                             {schema_of<TrainOptions>(true), schema_of<ModelSection>(true)});
    return {Blueprint(configuration), "z0", "small", 3};
  }
  /// At least the rows of the tests; their ids are others, which the list takes from here.
  ClusterTable const clusters_ = test::some_clusters(10, 4);
  bool corrected_ = true;

  void SetUp() override {
    if (comm_.is_root()) std::filesystem::create_directories(scratch_ / "catalog/z0");
    comm_.barrier();
    write_clusters(comm_, scratch_ / products::clusters("z0"), clusters_);
  }
  double factor(std::int64_t seed, std::int64_t cube) const {
    return corrected_ ? 1 + 0.1 * real(seed) + 0.01 * real(cube) : 1;
  }
  RunOptions options() const {
    RunOptions options;
    options.directory = scratch_.path();
    return options;
  }
  std::string file_of(std::int64_t seed) const {
    return scratch_ / products::prediction("z0", "small", 3, Member{seed});
  }
  void predict(std::int64_t seed, std::vector<std::int64_t> const& rows) const {
    if (comm_.is_root()) {
      auto const path = file_of(seed);
      std::filesystem::create_directories(std::filesystem::path(path).parent_path());
      PredictedCubes cubes{.range = {0, n_cubes},
                           .pressure = {},
                           .flux_factor = {},
                           .flux_strength = {},
                           .y = {},
                           .evaluated = {},
                           .states = {{}}};
      for (std::int64_t cube = 0; cube < n_cubes; ++cube) {
        for (std::int64_t v = 0; v < n_cells; ++v)
          cubes.pressure.push_back(pressure(seed, cube, v));
        cubes.y.push_back(real(10 * seed + cube));
        cubes.flux_factor.push_back(factor(seed, cube));
        cubes.flux_strength.push_back(0.1 * real(seed));
        cubes.evaluated.push_back(0.01 * real(seed));
        for (int axis = 0; axis < 3; ++axis)
          cubes.states[0].push_back(0.01 * real(seed * (axis + 1)));
      }
      PredictionTable const table{
          .model = "small",
          .fold = 3,
          .member = Member{seed}.name(),
          .flux_correction = corrected_ ? concat("{\"factor\": [", seed, "]}") : "none",
          .n_voxels = n_voxels,
          .rows = rows,
          .ids = {70, 50},
          .edges = {900, 1100},
          .mass_disagrees = {0, 1},
          .states = {{.name = "shift",
                      .dataset = "origin_shift",
                      .size = 3,
                      .unit = "R200",
                      .frame = "box"}},
          .in_training = {seed == 2, 0}};
      write_prediction(Comm::self(), path, clusters_, table, cubes);
    }
    comm_.barrier();
  }
};

TEST_F(Ensemble, IsTheMeanOfTheSeeds) {
  for (std::int64_t const seed : {1, 2, 4}) predict(seed, {3, 8});
  auto const ensemble = stage();
  EXPECT_EQ(ensemble.id(), "predict/z0/small/fold3/ensemble");
  EXPECT_EQ(ensemble.record().inputs.size(), 4);
  test::StageContext context(comm_, options(), ensemble);
  stage().run(context);

  CubeFile const mean(context.part("prediction.h5"));
  EXPECT_EQ(mean.clusters(), (std::vector<std::int64_t>{3, 8}));
  EXPECT_EQ(mean.file().read_all<double>("/p200"),
            (std::vector{clusters_.clusters[3].p200, clusters_.clusters[8].p200}));
  EXPECT_EQ(mean.file().attribute<double>("/", "omega_b"), clusters_.cosmology.omega_b);
  EXPECT_EQ(mean.file().read_all<std::int64_t>("/id"), (std::vector<std::int64_t>{70, 50}));
  EXPECT_EQ(mean.edge_ckpch(1), 1100);
  for (std::int64_t cube = 0; cube < n_cubes; ++cube) {
    auto const values = mean.read(cube);
    for (std::int64_t v = 0; v < n_cells; ++v) {
      double expected = 0;
      for (std::int64_t const seed : {1, 2, 4}) expected += double(pressure(seed, cube, v)) / 3;
      EXPECT_NEAR(double(values[v]), expected, 1e-6 * expected);
    }
  }
  auto const y = mean.file().read_all<double>("/y");
  EXPECT_NEAR(y[0], 70 / 3.0, 1e-12);
  EXPECT_NEAR(y[1], 73 / 3.0, 1e-12);
  EXPECT_NEAR(mean.file().read_rows<double>("/origin_shift", {1, 2})[2], 0.07, 1e-12);
  EXPECT_FALSE(mean.mass_disagrees(0));
  EXPECT_TRUE(mean.mass_disagrees(1));
  EXPECT_EQ(mean.in_training(0), true);  // of one of the three
  EXPECT_EQ(mean.in_training(1), false);
}

TEST_F(Ensemble, ListsItsClusters) {
  for (std::int64_t const seed : {1, 2, 4}) predict(seed, {3, 8});
  auto const ensemble = stage();
  test::StageContext context(comm_, options(), ensemble);
  stage().run(context);
  auto const csv = test::file_bytes(context.part("clusters.csv"));
  auto const& cluster = clusters_.clusters[8];
  EXPECT_TRUE(test::contains(csv, concat("\n", cluster.id, ",8,"))) << csv;
  EXPECT_EQ(std::ranges::count(csv, '\n'), 3) << csv;
  EXPECT_TRUE(csv.ends_with(",1,0\n")) << csv;  // mass_disagrees, in_training
  auto const shift =
      CubeFile(context.part("prediction.h5")).file().read_rows<double>("/origin_shift", {1, 2});
  auto const line = csv.substr(csv.rfind('\n', csv.size() - 2) + 1);
  std::vector<double> numbers;
  for (std::size_t at = 0; at < line.size(); at = line.find_first_of(",\n", at) + 1)
    numbers.push_back(std::strtod(line.c_str() + at, nullptr));
  ASSERT_EQ(numbers.size(), 14U) << line;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    EXPECT_EQ(numbers[2 + axis], cluster.position[axis]);
    EXPECT_EQ(numbers[9 + axis], shift[axis]);
  }
  EXPECT_EQ(numbers[5], cluster.m200c);
}

TEST_F(Ensemble, ItsFluxFactorIsTheRatioOfMeanYWithAndWithoutTheCorrections) {
  for (std::int64_t const seed : {1, 2, 4}) predict(seed, {3, 8});
  auto const ensemble = stage();
  test::StageContext context(comm_, options(), ensemble);
  stage().run(context);
  CubeFile const mean(context.part("prediction.h5"));
  EXPECT_NEAR(mean.flux_factor(0), 70 / (10 / 1.1 + 20 / 1.2 + 40 / 1.4), 1e-12);
  EXPECT_NEAR(mean.flux_strength(0), 0.7 / 3, 1e-12);
  EXPECT_NEAR(mean.flux_factor(1), 73 / (11 / 1.11 + 21 / 1.21 + 41 / 1.41), 1e-12);
  EXPECT_EQ(mean.file().attribute<std::string>("/", "flux_correction"),
            R"([{"factor": [1]}, {"factor": [2]}, {"factor": [4]}])");
}

TEST_F(Ensemble, OfUncorrectedPredictionsIsUncorrected) {
  corrected_ = false;
  for (std::int64_t const seed : {1, 2, 4}) predict(seed, {3, 8});
  auto const ensemble = stage();
  test::StageContext context(comm_, options(), ensemble);
  stage().run(context);
  CubeFile const mean(context.part("prediction.h5"));
  EXPECT_EQ(mean.flux_factor(0), 1);
  EXPECT_EQ(mean.file().attribute<std::string>("/", "flux_correction"), "none");
}

TEST_F(Ensemble, RefusesPredictionsOfOtherClusters) {
  predict(1, {3, 8});
  predict(2, {3, 9});
  predict(4, {3, 8});
  auto const ensemble = stage();
  test::StageContext context(comm_, options(), ensemble);
  auto const error = test::error_of([&] { stage().run(context); });
  EXPECT_TRUE(test::contains(error, "65 "));
  EXPECT_TRUE(test::contains(error, "seed2/prediction.h5' and 'predict/z0/small/fold3/seed1"));
}

}  // namespace
}  // namespace setsz
