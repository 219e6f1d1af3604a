// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/train_work.hpp"

#include <gtest/gtest.h>

#include "model/flux_correction.hpp"
#include "model/model_file.hpp"
#include "model/network.hpp"
#include "pipeline/base/hash.hpp"
#include "small_universe.hpp"
#include "stages/common/cluster_sampler.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/predict/predict_work.hpp"

namespace setsz {
namespace {

using namespace testing;

/// The universe, and one training that nothing disturbed, by each rank alone.
class Learning : public ::testing::Test {
 protected:
  static constexpr std::int64_t epochs = 6;
  static void SetUpTestSuite() {
    world_ = new Comm(Comm::world());
    folder_ = new TemporaryFolder(*world_);
    collectively(*world_, "making the universe", [] {
      if (world_->is_root()) write_small_universe(folder_->path());
    });
    TestContext context(Comm::self(), folder_->path(), alone());
    train_network(small_training(epochs), context);
    TestContext prediction(Comm::self(), folder_->path(), alone());
    predict_network(small_prediction(), prediction);
    world_->barrier();
  }
  static void TearDownTestSuite() {
    delete folder_;
    delete world_;
  }
  static std::string alone() { return *folder_ / concat("alone", world_->rank()); }

  static Comm* world_;
  static TemporaryFolder* folder_;
};
Comm* Learning::world_ = nullptr;
TemporaryFolder* Learning::folder_ = nullptr;

TEST_F(Learning, MakesTheSameModelOnAnyNumberOfRanks) {
  auto const outputs = *folder_ / "together";
  TestContext context(*world_, folder_->path(), outputs);
  train_network(small_training(epochs), context);
  EXPECT_EQ(hash_file(outputs + "/model.h5"), hash_file(alone() + "/model.h5"));
  EXPECT_EQ(h5_content_hash(outputs + "/history.h5"), h5_content_hash(alone() + "/history.h5"));
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

TEST_F(Learning, BeatsABenchmarkThatIsWrong) {
  auto const outputs = *folder_ / "longer";
  TestContext context(*world_, folder_->path(), outputs);
  train_network(small_training(20), context);
  EXPECT_LT(context.notes.at("validation_ratio").get<double>(), 0.7);
}

TEST_F(Learning, PredictsTheSameOnAnyNumberOfRanks) {
  auto const outputs = *folder_ / "predicted";
  TestContext context(*world_, folder_->path(), outputs);
  if (world_->is_root()) std::filesystem::copy(alone() + "/model.h5", outputs + "/model.h5");
  world_->barrier();
  predict_network(small_prediction(), context);
  EXPECT_EQ(h5_content_hash(outputs + "/prediction.h5"),
            h5_content_hash(alone() + "/prediction.h5"));
}

TEST_F(Learning, AnInterruptedPredictionIsTheSame) {
  auto const outputs = *folder_ / "predicted_in_parts";
  int stops = 0;
  for (int const rounds : {3, 5, 100000}) {
    TestContext context(*world_, folder_->path(), outputs);
    if (world_->is_root())
      std::filesystem::copy(alone() + "/model.h5", outputs + "/model.h5",
                            std::filesystem::copy_options::skip_existing);
    world_->barrier();
    context.stop_after = rounds;
    try {
      predict_network(small_prediction(), context);
    } catch (StoppedByTest const&) {
      ++stops;
    }
    world_->barrier();
  }
  EXPECT_EQ(stops, 2);
  EXPECT_EQ(h5_content_hash(outputs + "/prediction.h5"),
            h5_content_hash(alone() + "/prediction.h5"));
}

// The file against the network itself, evaluated by hand on one cluster.
TEST_F(Learning, ThePredictionIsThatOfTheNetwork) {
  auto const path = alone() + "/prediction.h5";
  CubeFile const cubes(path);
  ASSERT_EQ(cubes.size(), n_clusters);
  auto const table = read_clusters(*folder_ / "clusters.h5");
  auto const network = Network::from_state(read_model(alone() + "/model.h5"));
  auto const task = small_prediction();
  std::int64_t const row = 3;
  auto const cube = cubes.read(row);
  ParticleStore const store(*folder_ / "particles.h5");
  ClusterSampler const source(store.load(row),
                              cluster_input(table, store, row, network.options().columns()), 310);
  auto const seed = small_training(1).instance.stream_seed(1);
  std::uint64_t const stream = (std::uint64_t{0xfffffffd} << 32) | row;
  auto batch = source.batch(row, 200, Random(seed, Purpose::cluster_sample, stream));
  auto const lattice = cubes.lattice(row, source.input().r200c);
  std::vector<std::size_t> voxels;
  lattice.each_within(2, [&](std::size_t v, std::size_t) {
    std::size_t const n = n_voxels;
    source.add_target(
        batch,
        lattice.centre_r200(static_cast<std::int64_t>(v / (n * n)),
                            static_cast<std::int64_t>(v / n % n), static_cast<std::int64_t>(v % n)),
        40, Random(seed, Purpose::local_sample, stream, v));
    voxels.push_back(v);
  });
  auto expected = network.predict(batch);
  auto const factor = read_model(alone() + "/model.h5")
                          .description.at("flux")
                          .get<FluxCorrection>()
                          .at(source.input().m200c);
  EXPECT_NE(factor, 1);
  EXPECT_EQ(cubes.flux_factor(row), factor);
  for (float& p : expected) p *= single(factor);
  std::vector<bool> inside(cube.size(), false);
  for (std::size_t i = 0; i < voxels.size(); ++i) {
    EXPECT_NEAR(cube[voxels[i]], expected[i], 1e-5 * (1 + expected[i]));
    inside[voxels[i]] = true;
  }
  for (std::size_t v = 0; v < cube.size(); ++v)
    if (!inside[v]) {
      EXPECT_EQ(cube[v], 0);
    }
  auto const shift = cubes.file().read_rows<double>("/origin_shift", {row, row + 1});
  EXPECT_NEAR(shift[0], network.cluster_state(batch).at("shift")[0], 1e-6);
}

/// Y of predictions and gas in units of P200 R200^3 times one factor, by row: from the files.
struct SumsOfCubes {
  std::vector<double> predicted, gas;
};
SumsOfCubes sums_of_cubes(std::string const& predictions, std::string const& pressure) {
  CubeFile const predicted(predictions), gas(pressure);
  SumsOfCubes sums;
  for (std::int64_t row = 0; row < n_clusters; ++row) {
    auto const p = predicted.read(row), t = gas.read(row);
    sums.predicted.push_back(0), sums.gas.push_back(0);
    CubeLattice{n_voxels, 5}.each_within(2, [&](std::size_t v, std::size_t) {
      sums.predicted.back() += double(p[v]);
      sums.gas.back() += double(t[v]);
    });
  }
  return sums;
}

// The correction that training fits, against the whole cubes of a prediction without it.
TEST_F(Learning, TheFluxCorrectionGivesPredictionsTheYOfTheGas) {
  auto const outputs = *folder_ / concat("uncorrected", world_->rank());
  TestContext context(Comm::self(), folder_->path(), outputs);
  std::filesystem::copy(alone() + "/model.h5", outputs + "/model.h5",
                        std::filesystem::copy_options::overwrite_existing);
  auto task = small_prediction();
  task.options.flux_correction = false;
  predict_network(task, context);
  auto const [predicted, gas] = sums_of_cubes(outputs + "/prediction.h5", *folder_ / "pressure.h5");
  auto const table = read_clusters(*folder_ / "clusters.h5");
  std::vector<std::int64_t> rows;  // 8 of training, 3 of validation
  for (auto const part : {Split::training, Split::validation})
    for (auto const row : table.rows_of(part, 0)) rows.push_back(row);
  std::sort(rows.begin(), rows.end(),
            [&](auto a, auto b) { return table.clusters[a].m200c < table.clusters[b].m200c; });
  auto const flux = read_model(outputs + "/model.h5").description.at("flux");
  auto const correction = flux.get<FluxCorrection>();
  std::size_t first = 0;
  double worst_uncorrected = 0;
  for (std::size_t bin = 0; bin < 3; ++bin) {
    double sum_predicted = 0, sum_corrected = 0, sum_gas = 0;
    for (auto const last = first + flux["n"][bin].get<std::size_t>(); first < last; ++first) {
      auto const& cluster = table.clusters[rows[first]];
      // Three of validation weigh as much as eight of training.
      bool const is_new = table.split_of(rows[first], 0) == Split::validation;
      double const unit = (is_new ? 8. / 3 : 1) * y_unit(cluster, 1);
      double const y = unit * predicted[rows[first]];
      sum_predicted += y;
      sum_corrected += correction.at(cluster.m200c) * y;
      sum_gas += unit * gas[rows[first]];
    }
    EXPECT_NEAR(sum_corrected / sum_gas, 1, 0.02);
    worst_uncorrected = std::max(worst_uncorrected, std::abs(sum_predicted / sum_gas - 1));
  }
  EXPECT_EQ(first, 11U);
  EXPECT_GT(worst_uncorrected, 0.05);
  EXPECT_NEAR(flux["training"]["y_corrected_over_gas"].get<double>(), 1, 0.1);
  EXPECT_EQ(flux["validation"]["n"], 3);
  CubeFile const cubes(outputs + "/prediction.h5");
  EXPECT_EQ(cubes.flux_factor(0), 1);
  EXPECT_EQ(cubes.file().attribute<std::string>("/", "flux_correction"), "none");
}

TEST_F(Learning, AModelWithoutFluxCorrectionIsPredictedOnlyIfAskedFor) {
  auto const outputs = *folder_ / "older";
  TestContext context(*world_, folder_->path(), outputs);
  on_root(*world_, "writing a model", [&] {
    auto state = read_model(alone() + "/model.h5");
    state.description.erase("flux");
    write_model(outputs + "/model.h5", state);
  });
  auto const error = error_of([&] { predict_network(small_prediction(), context); });
  EXPECT_EQ(error.code(), ExitCode::config);
  EXPECT_NE(std::string(error.what()).find("flux_correction = no"), std::string::npos);
}

TEST_F(Learning, ALocalRadiusBeyondTheExtractionIsRefused) {
  auto task = small_training(1);
  task.model.network.get<Local>().radius.value = 400;
  TestContext context(*world_, folder_->path(), *folder_ / "refused");
  auto const error = error_of([&] { train_network(task, context); });
  EXPECT_EQ(error.code(), ExitCode::config);
  EXPECT_NE(std::string(error.what()).find("complete only for"), std::string::npos);
}

}  // namespace
}  // namespace setsz
