// SPDX-License-Identifier: BSD-3-Clause
// A network with a code through the stages train and predict.
#include <gtest/gtest.h>

#include "model/model_file.hpp"
#include "model/modules/stochastic.hpp"
#include "pipeline/base/hash.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/common/radial_shells.hpp"
#include "stages/predict/predict_work.hpp"
#include "stages/train/train_work.hpp"
#include "tests/stages/train/learning.hpp"

namespace setsz {
namespace {

using namespace testing;

constexpr std::int64_t n_samples = 5, n_shells = 8;

/// Residuals that tell which way the gas departs from its mean; `scale` makes others.
void write_residuals(std::string const& folder, double scale) {
  std::vector<std::int64_t> ids;
  std::vector<float> residual;
  std::vector<std::uint8_t> known;
  for (std::int64_t c = 0; c < n_clusters; ++c) {
    Random random(5, Purpose::test, static_cast<std::uint64_t>(c));
    double const transfer = scale * random.normal();
    ids.push_back(100 + c);
    for (std::int64_t shell = 0; shell < n_shells; ++shell) {
      residual.push_back(single(transfer * (shell < 3 ? 1 : -1)));
      known.push_back(shell > 0);
    }
  }
  auto file = H5File::create_serial(folder + "/shells.h5");
  file.write_same("/id", {.unit = "1"}, ids);
  file.write_same("/residual", {.unit = "1"}, residual, {n_shells});
  file.write_same("/known", {.unit = "1"}, known, {n_shells});
  file.close();
}

ModelSection stochastic_model() {
  auto model = small_model();
  model.network.modules = {"gnfw", "origin", "stochastic", "aggregator"};
  auto& stochastic = model.network.get<Stochastic>();
  stochastic.residuals = "det", stochastic.shells = n_shells;
  stochastic.layers = 1, stochastic.width = 8;
  stochastic.kl_weight = 1e-2;
  return model;
}

TrainTask stochastic_training() {
  auto task = small_training(4);
  task.model = stochastic_model();
  task.sources.front().residuals = "shells.h5";
  return task;
}

PredictTask stochastic_prediction() {
  auto task = small_prediction();
  task.section = stochastic_model();
  task.options.samples = n_samples;
  task.residuals = "shells.h5", task.pressure = "pressure.h5";
  return task;
}

class StochasticStages : public InSmallUniverse {
 protected:
  static void SetUpTestSuite() {
    make_universe([] { write_residuals(folder_->path(), 0.3); });
    TestContext context(Comm::self(), folder_->path(), alone());
    train_network(stochastic_training(), context);
    predict(Comm::self(), stochastic_prediction(), alone());
    world_->barrier();
  }
  static void predict(Comm const& comm, PredictTask const& task, std::string const& outputs,
                      std::string const& inputs = folder_->path()) {
    TestContext context(comm, inputs, outputs);
    predict_network(task, context);
  }
  /// A folder of this rank with the trained model.
  static std::string with_model(std::string const& name) {
    std::string const folder = *folder_ / concat(name, world_->rank());
    std::filesystem::create_directories(folder);
    std::filesystem::copy_file(alone() + "/model.h5", folder + "/model.h5",
                               std::filesystem::copy_options::overwrite_existing);
    return folder;
  }
  static H5File open(std::string const& folder, std::string const& name) {
    return H5File::open(folder + "/" + name);
  }
};

TEST_F(StochasticStages, SeveralRanksAndInterruptionsGiveTheSameBits) {
  auto const outputs = *folder_ / "together";
  EXPECT_GT(finish(outputs, 3, [](Context& c) { train_network(stochastic_training(), c); }), 1);
  EXPECT_EQ(hash_file(outputs + "/model.h5"), hash_file(alone() + "/model.h5"));
  world_->barrier();
  if (world_->is_root()) std::filesystem::remove_all(outputs + "/journal");
  world_->barrier();
  EXPECT_GT(finish(outputs, 2, [](Context& c) { predict_network(stochastic_prediction(), c); }), 0);
  for (auto const* name : {"/prediction.h5", "/samples.h5"})
    EXPECT_EQ(h5_content_hash(outputs + name), h5_content_hash(alone() + name)) << name;
}

TEST_F(StochasticStages, TheCubeIsTheMeanOfTheSamples) {
  CubeFile const cubes(alone() + "/prediction.h5");
  auto const samples = open(alone(), "samples.h5");
  auto const y = cubes.file().read_all<double>("/y");
  double spread = 0;
  for (std::int64_t c = 0; c < n_clusters; ++c) {
    RadialShells const shells({n_voxels, 5}, 32);
    auto const mean = shells.means(cubes.read(c));
    auto const profile = samples.read_rows<float>("/profile", {c, c + 1});
    for (std::int64_t s = 0; s < 32; ++s) {
      double sum = 0;
      for (std::int64_t k = 0; k < n_samples; ++k) sum += real(profile[k * 32 + s]) / n_samples;
      EXPECT_NEAR(sum, mean[s], 1e-5 * (1e-3 + mean[s]));
      spread += std::abs(real(profile[s]) - mean[s]);
    }
    double sum = 0;
    for (double const value : samples.read_rows<double>("/y", {c, c + 1})) sum += value / n_samples;
    EXPECT_NEAR(sum / y[c], 1, 1e-6);
  }
  EXPECT_GT(spread, 1e-4);
}

TEST_F(StochasticStages, LossesAreThoseOfTheSamples) {
  auto task = stochastic_prediction();
  task.options.samples = 1;
  auto const folder = with_model("one");
  predict(Comm::self(), task, folder);
  CubeFile const cubes(folder + "/prediction.h5"), gas(*folder_ / "pressure.h5");
  auto const losses = open(folder, "samples.h5").read_all<double>("/loss");
  auto const of_many = open(alone(), "samples.h5").read_all<double>("/loss");
  for (std::int64_t c = 0; c < n_clusters; ++c) {
    auto const p = cubes.read(c), t = gas.read(c);
    double sum = 0, n = 0;
    CubeLattice{n_voxels, 5}.each_within(2, [&](std::size_t v, std::size_t) {
      sum += std::pow(real(p[v]) - real(t[v]), 2), n += 1;
    });
    EXPECT_NEAR(losses[c] / (sum / n), 1, 1e-6);
    EXPECT_EQ(losses[c], of_many[c * n_samples]);  // number 1 is number 1 among however many
  }
}

TEST_F(StochasticStages, ARealisationIsTheSampleOfItsNumber) {
  auto task = stochastic_prediction();
  task.member.realisation = 3;
  task.residuals = task.pressure = "";
  auto const folder = with_model("realisation");
  predict(Comm::self(), task, folder);
  EXPECT_FALSE(std::filesystem::exists(folder + "/samples.h5"));
  CubeFile const cubes(folder + "/prediction.h5");
  auto const y = cubes.file().read_all<double>("/y");
  auto const samples = open(alone(), "samples.h5").read_all<double>("/y");
  auto const codes = cubes.file().read_all<double>("/latent");
  for (std::int64_t c = 0; c < n_clusters; ++c) {
    EXPECT_NEAR(y[c] / samples[c * n_samples + 2], 1, 1e-6);
    EXPECT_NE(codes[c], 0);
  }
}

TEST_F(StochasticStages, SamplesDepartFromTheCodeZeroWithThePowerOfTheModelFile) {
  auto task = stochastic_prediction();
  task.residuals = task.pressure = "";
  task.options.flux_correction = false;
  auto const cubes_with = [&](double power, bool apply, std::int64_t realisation) {
    auto const folder = with_model("spread");
    auto state = read_model(folder + "/model.h5");
    EXPECT_EQ(state.description.at("sample_spread").at("power"), 1);  // three clusters: too few
    state.description["sample_spread"]["power"] = power;
    write_model(folder + "/model.h5", state);
    task.options.sample_spread = apply;
    task.member.realisation = realisation;
    task.options.samples = 0;  // the code 0, but for a realisation
    predict(Comm::self(), task, folder);
    std::vector<float> all;
    CubeFile const cubes(folder + "/prediction.h5");
    for (std::int64_t c = 0; c < n_clusters; ++c) {
      auto const cube = cubes.read(c);
      all.insert(all.end(), cube.begin(), cube.end());
    }
    return all;
  };
  auto const zero = cubes_with(1.2, true, 0), one = cubes_with(1, true, 2),
             more = cubes_with(1.2, true, 2);
  double departure = 0;
  for (std::size_t v = 0; v < zero.size(); ++v) {
    if (zero[v] <= 0 || one[v] <= 0) continue;
    double const log_one = std::log(real(one[v]) / real(zero[v]));
    double const limit = std::max(std::log(3.0), std::abs(log_one));
    EXPECT_NEAR(std::log(real(more[v]) / real(zero[v])), std::clamp(1.2 * log_one, -limit, limit),
                1e-4);
    departure += std::abs(log_one);
  }
  EXPECT_GT(departure, 0);
  EXPECT_EQ(cubes_with(1.2, false, 2), one);
}

TEST_F(StochasticStages, SamplesKnowNothingOfTheGas) {
  auto const inputs = *folder_ / concat("other_gas", world_->rank());
  std::filesystem::copy(folder_->path(), inputs);
  write_residuals(inputs, -0.9);
  auto const folder = with_model("blind");
  predict(Comm::self(), stochastic_prediction(), folder, inputs);
  auto const content = [](std::string const& where, std::string const& name,
                          std::string const& dataset) {
    return open(where, name).read_all<double>(dataset);
  };
  EXPECT_EQ(content(folder, "samples.h5", "/profile"), content(alone(), "samples.h5", "/profile"));
  for (auto const* dataset : {"/pressure", "/y", "/latent"})
    EXPECT_EQ(content(folder, "prediction.h5", dataset),
              content(alone(), "prediction.h5", dataset));
  EXPECT_NE(content(folder, "samples.h5", "/reconstructed"),
            content(alone(), "samples.h5", "/reconstructed"));
  EXPECT_NE(content(folder, "prediction.h5", "/latent_mean"),
            content(alone(), "prediction.h5", "/latent_mean"));
}

TEST_F(StochasticStages, WithoutSamplesTheCodeIsZero) {
  auto task = stochastic_prediction();
  task.options.samples = 0;
  task.residuals = task.pressure = "";
  auto const folder = with_model("zero");
  predict(Comm::self(), task, folder);
  EXPECT_FALSE(std::filesystem::exists(folder + "/samples.h5"));
  for (double const code : open(folder, "prediction.h5").read_all<double>("/latent"))
    EXPECT_EQ(code, 0);
  EXPECT_NE(open(folder, "prediction.h5").read_all<double>("/y"),
            open(alone(), "prediction.h5").read_all<double>("/y"));
}

}  // namespace
}  // namespace setsz
