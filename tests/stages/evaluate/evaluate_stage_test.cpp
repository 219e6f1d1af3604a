// SPDX-License-Identifier: BSD-3-Clause
#include "stages/evaluate/evaluate_stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "io/h5.hpp"
#include "pipeline/base/number.hpp"
#include "stages/fit/fit_stage.hpp"
#include "tests/fixtures/cube_products.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/stage_context.hpp"

namespace setsz {
namespace {

constexpr std::int64_t n_voxels = 12;
GnfwParameters const smooth{
    .A_P0 = 9, .a_P0 = 0.1, .A_xc = 0.6, .a_xc = -0.05, .A_beta = 4.5, .a_beta = 0.04};

double wave(Cluster const& cluster, Vec3 const& x) {
  return std::sin(7 * x.x) * std::sin(5 * x.y + real(cluster.id));
}
double gas(Cluster const& cluster, Vec3 const& x) {
  return gnfw(gnfw_shape(smooth, cluster.m200c, 0.6774, 0), norm(x)) * (1 + 0.5 * wave(cluster, x));
}

struct AModel {
  static constexpr std::string_view section = "model";
  static constexpr std::string_view help = "";
  std::string modules = "gnfw";
  void declare(OptionList& options) { options.add("modules", modules, {}); }
  void validate() const {}
};

struct SeedsOfTrain {
  static constexpr std::string_view section = "train";
  static constexpr std::string_view help = "";
  std::vector<double> seeds{1};
  void declare(OptionList& options) { declare_seeds(options, seeds); }
  void validate() const {}
};

class EvaluateStageTest : public testing::TestWithParam<int> {
 protected:
  Comm const comm_ = Comm::world();
  test::Scratch const scratch_{comm_};
  std::int64_t const n_folds_ = GetParam();
  ClusterTable const table_ = test::some_clusters(6, n_folds_);
  std::string seeds_ = "1", more_;
  test::CubeFlags flagged_;

  Configuration configuration(std::string const& name) const {
    return Configuration::parse(
        concat("[run]\ndirectory = ", scratch_ / name,
               "\n[snapshot.z0]\ngas = none\n[catalog]\nfolds = ", n_folds_,
               "\n[fit]\nstarts = 1\n[model.small]\nmodules = gnfw\n[evaluate]\nresamples = 100\n",
               "[train]\nseeds = ", seeds_, "\n", more_),
        "test.ini", {},
        {schema_of<RunOptions>(), schema_of<SnapshotSection>(true), schema_of<FitOptions>(),
         schema_of<EvaluateOptions>(), schema_of<AModel>(true), schema_of<SeedsOfTrain>(true),
         schema_of<test::FoldsOfCatalog>(), schema_of<ClusterChoice>()});
  }

  /// Predictions of all folds.
  void predict(std::string const& name, std::string const& member,
               test::PressureField const& predicted, double flux_factor = 1,
               double flux_strength = 0) {
    for (std::int64_t fold = 0; fold < n_folds_ && comm_.is_root(); ++fold) {
      auto rows = table_.rows_of(Split::testing, fold);
      if (n_folds_ == 1) {
        rows.clear();
        for (std::int64_t row = 0; row < table_.size(); ++row) rows.push_back(row);
      }
      test::write_cubes(
          concat(scratch_ / name, "/predict/z0/small/fold", fold, "/", member, "/prediction.h5"),
          table_, n_voxels, predicted, &rows, flux_factor, flux_strength, flagged_);
    }
    comm_.barrier();
  }

  /// Clusters, gas, benchmark fits and predictions of all folds.
  void make_inputs(std::string const& name, test::PressureField const& predicted) {
    std::string const folder = scratch_ / name;
    if (comm_.is_root()) {
      std::filesystem::create_directories(folder + "/catalog/z0");
      test::write_cubes(folder + "/voxelize/z0/pressure.h5", table_, n_voxels, gas, nullptr);
    }
    predict(name, "seed1", predicted);
    write_clusters(comm_, folder + "/catalog/z0/clusters.h5", table_);
    auto const config = configuration(name);
    StageList fits;
    add_fit_stages(Blueprint(config), fits);
    for (auto const& fit : fits) {
      test::StageContext context(comm_, config.get<RunOptions>(), *fit);
      fit->run(context);
    }
  }

  /// The scores of the first member, or of the last one: the mean, if there are several.
  std::string run(Comm const& comm, std::string const& name, bool last = false) const {
    auto const config = configuration(name);
    StageList stages;
    add_evaluate_stages(Blueprint(config), stages);
    auto const& stage = last ? stages.back() : stages.front();
    EXPECT_EQ(stage->id(), concat("evaluate/z0/small/", last ? "ensemble" : "seed1"));
    test::StageContext context(comm, config.get<RunOptions>(), *stage);
    stage->run(context);
    figures_hash_ = h5_content_hash(context.part("figures.h5"));
    return test::file_bytes(context.part("scores.json"));
  }
  mutable std::string figures_hash_;  ///< of the last run
};
INSTANTIATE_TEST_SUITE_P(OneSplitAndThreeFolds, EvaluateStageTest, testing::Values(1, 3));

TEST_P(EvaluateStageTest, HalvingTheErrorQuartersTheLoss) {
  // The benchmark is the smooth profile, nearly; the prediction holds half of the waves.
  make_inputs("a", [](Cluster const& cluster, Vec3 const& x) {
    return gnfw(gnfw_shape(smooth, cluster.m200c, 0.6774, 0), norm(x)) *
           (1 + 0.25 * wave(cluster, x));
  });
  auto const scores = nlohmann::json::parse(run(comm_, "a"));
  EXPECT_EQ(scores["n_clusters"], n_folds_ == 1 ? 2 : 6);
  EXPECT_NEAR(scores["L_opt"].get<double>(), 0.25, 0.1);
  EXPECT_NEAR(scores["y"]["sum_pred_over_gas"].get<double>(), 1, 0.05);
  EXPECT_EQ(scores["predict"].size(), n_folds_);
  EXPECT_EQ(scores["predict"][0]["columns"]["offset"][0].size(), 3U);
  EXPECT_EQ(scores["other_parts"].contains("not_scored"), n_folds_ > 1);
  if (n_folds_ == 1) {
    EXPECT_EQ(scores["other_parts"]["training"]["folds"].size(), 1U);
  }
  std::int64_t last = -1;
  for (auto const& cluster : scores["clusters"]) {
    EXPECT_GT(cluster["cluster"], last);
    last = cluster["cluster"].get<std::int64_t>();
    EXPECT_EQ(table_.split_of(last, cluster["fold"].get<std::int64_t>()), Split::testing);
    EXPECT_NEAR(cluster["ratio"].get<double>(),
                cluster["loss"].get<double>() / cluster["loss_benchmark"].get<double>(), 1e-12);
  }
  EXPECT_EQ(scores["profiles"]["clusters"].size(), scores["clusters"].size());
}

TEST_P(EvaluateStageTest, TheTruthHasNoLoss) {
  make_inputs("a", gas);
  auto const scores = nlohmann::json::parse(run(comm_, "a"));
  EXPECT_EQ(scores["L_opt"], 0);
  EXPECT_EQ(scores["y"]["sum_pred_over_gas"], 1);
  EXPECT_EQ(scores["histogram"]["gas"], scores["histogram"]["predicted"]);
  EXPECT_EQ(scores["high_k_power_ratio"]["median"], 1);
  EXPECT_EQ(scores["y_mass"].is_null(), n_folds_ == 1);  // two clusters have no relation
  if (n_folds_ > 1) {
    EXPECT_NEAR(scores["y_mass"]["predicted"]["slope"].get<double>(),
                scores["y_mass"]["gas"]["slope"].get<double>(), 1e-12);
  }
  std::int64_t voxels = 0;
  for (auto const& cluster : scores["clusters"]) voxels += cluster["voxels"].get<std::int64_t>();
  for (auto const& count : scores["histogram"]["gas"]) voxels -= count.get<std::int64_t>();
  for (auto const& [side, count] : scores["histogram"]["outside"]["gas"].items())
    voxels -= count.get<std::int64_t>();
  EXPECT_EQ(voxels, 0);
}

TEST_P(EvaluateStageTest, NeedsNoPredictionOfOtherThanTestingClusters) {
  make_inputs("a", gas);
  std::string const path = concat(scratch_ / "a", "/predict/z0/small/fold0/seed1/prediction.h5");
  auto const testing = table_.rows_of(Split::testing, 0);
  if (comm_.is_root()) test::write_cubes(path, table_, n_voxels, gas, &testing);
  comm_.barrier();
  auto const scores = nlohmann::json::parse(run(comm_, "a"));
  EXPECT_EQ(scores["n_clusters"], n_folds_ == 1 ? 2 : 6);
  EXPECT_TRUE(scores["other_parts"].contains("not_scored"));
  EXPECT_FALSE(scores["other_parts"].contains("training"));
}

TEST_P(EvaluateStageTest, ScoresWhatAFoldHasSeenWhereItWasPredicted) {
  make_inputs("a", [](Cluster const& cluster, Vec3 const& x) { return 0.7 * gas(cluster, x); });
  std::string const path = concat(scratch_ / "a", "/predict/z0/small/fold0/seed1/prediction.h5");
  if (comm_.is_root()) test::write_cubes(path, table_, n_voxels, gas, nullptr);  // overfitted
  comm_.barrier();
  auto const parts = nlohmann::json::parse(run(comm_, "a"))["other_parts"];
  auto const& seen = parts.at("training");
  auto const n = table_.rows_of(Split::training, 0).size();
  EXPECT_EQ(seen["n_clusters"], n);
  EXPECT_LT(seen["L_opt"].get<double>(), 1e-6);
  ASSERT_EQ(seen["folds"].size(), 1U);
  EXPECT_EQ(seen["folds"][0]["fold"], 0);
  EXPECT_EQ(seen["folds"][0]["n_clusters"], n);
}

TEST_P(EvaluateStageTest, GivesTheSameBytesOnAnyNumberOfRanks) {
  make_inputs("a", [](Cluster const& cluster, Vec3 const& x) { return 0.7 * gas(cluster, x); });
  auto const together = run(comm_, "a");
  auto const figures = figures_hash_;
  if (!comm_.is_root()) return;
  EXPECT_EQ(run(Comm::self(), "a"), together);
  EXPECT_EQ(figures_hash_, figures);
}

TEST_P(EvaluateStageTest, AMeanIsScoredWithItsNetworks) {
  seeds_ = "1, 2";
  // Errors of opposite sign: those of the mean are small, those of one network are not.
  auto const off_by = [](double part) {
    return [part](Cluster const& cluster, Vec3 const& x) {
      return gas(cluster, x) * (1 + part * std::cos(3 * x.z));
    };
  };
  make_inputs("a", off_by(0.3));
  predict("a", "seed2", off_by(-0.2));
  predict("a", "ensemble", off_by(0.05));
  auto const text = run(comm_, "a", true);
  auto const scores = nlohmann::json::parse(text), of_one = nlohmann::json::parse(run(comm_, "a"));
  EXPECT_EQ(scores["n_seeds"], 2);
  EXPECT_EQ(scores["interval_holds"], "clusters and training seeds");
  EXPECT_EQ(of_one["interval_holds"], "clusters");
  double const l_opt = scores["L_opt"].get<double>();
  EXPECT_NEAR(scores["one_network"]["L_opt_of_seeds"][0].get<double>() / l_opt, 36, 0.01);
  EXPECT_NEAR(scores["one_network"]["L_opt_of_seeds"][1].get<double>() / l_opt, 16, 0.01);
  EXPECT_NEAR(scores["one_network"]["L_opt"].get<double>() / l_opt, 26, 0.01);
  EXPECT_NEAR(scores["one_network"]["L_opt_of_seeds"][0].get<double>(),
              of_one["L_opt"].get<double>(), 1e-12);
  for (std::size_t i = 0; i < scores["clusters"].size(); ++i) {
    auto const& cluster = scores["clusters"][i];
    EXPECT_EQ(cluster["seeds"]["loss"][0], of_one["clusters"][i]["loss"]);
    EXPECT_EQ(cluster["seeds"]["y_pred"][0], of_one["clusters"][i]["y_pred"]);
    double const loss = cluster["loss"].get<double>();
    EXPECT_NEAR(cluster["seeds"]["shared_loss"][0].get<double>() / loss, 6, 1e-3);
    EXPECT_NEAR(cluster["seeds"]["shared_loss"][1].get<double>() / loss, -4, 1e-3);
  }
  if (comm_.is_root()) {
    EXPECT_EQ(run(Comm::self(), "a", true), text);
  }
}

TEST_P(EvaluateStageTest, ShowsScoresWithAndWithoutTheFluxCorrection) {
  make_inputs("a", gas);
  auto const brighter = [](Cluster const& c, Vec3 const& x) {
    double const r3 = std::pow(norm(x), 3);
    return gas(c, x) * (1 + 0.3 * r3 / (1 + r3));
  };
  predict("a", "seed1", brighter, 1.1, 0.3);
  auto const scores = nlohmann::json::parse(run(comm_, "a"));
  double const with = scores["y"]["sum_pred_over_gas"].get<double>();
  EXPECT_GT(with, 1.01);
  EXPECT_TRUE(scores["flux_corrected"].get<bool>());
  auto const& without = scores["without_flux_correction"];
  EXPECT_NEAR(without["y"]["sum_pred_over_gas"].get<double>(), with / 1.1, 1e-6);
  EXPECT_NEAR(without["L_opt"].get<double>(), 0, 1e-10);
  EXPECT_GT(scores["L_opt"], 1e-6);
}

TEST_P(EvaluateStageTest, ClustersOfWhichTheMassDisagreesAreFlaggedOrLeftOut) {
  auto const tests = table_.rows_of(Split::testing, 0);
  flagged_.disagreeing = {tests.back()};
  auto const id = table_.clusters[tests.back()].id;
  make_inputs("a", [](Cluster const& cluster, Vec3 const& x) { return 0.7 * gas(cluster, x); });
  auto const kept = nlohmann::json::parse(run(comm_, "a"));
  more_ = "[clusters]\nmass_disagrees = leave_out\n";
  auto const left_out = nlohmann::json::parse(run(comm_, "a"));

  EXPECT_EQ(kept["mass_disagrees"]["scored"], nlohmann::json::array({id}));
  EXPECT_TRUE(kept["mass_disagrees"]["left_out"].empty());
  EXPECT_TRUE(left_out["mass_disagrees"]["scored"].empty());
  EXPECT_EQ(left_out["mass_disagrees"]["left_out"], nlohmann::json::array({id}));
  // What remains is what the run with all clusters says of the others.
  auto others = nlohmann::json::array();
  double loss = 0, benchmark = 0;
  for (auto const& cluster : kept["clusters"]) {
    EXPECT_EQ(cluster["mass_disagrees"], cluster["id"] == id);
    if (cluster["id"] == id) continue;
    others.push_back(cluster);
    loss += cluster["loss"].get<double>();
    benchmark += cluster["loss_benchmark"].get<double>();
  }
  EXPECT_EQ(left_out["clusters"], others);
  EXPECT_NEAR(left_out["ratio_of_sums"].get<double>(), loss / benchmark, 1e-12);
  EXPECT_EQ(left_out["profiles"]["clusters"].size(), others.size());
}

TEST_P(EvaluateStageTest, RefusesToLeaveOutAllClusters) {
  for (std::int64_t row = 0; row < table_.size(); ++row) flagged_.disagreeing.push_back(row);
  make_inputs("a", gas);
  more_ = "[clusters]\nmass_disagrees = leave_out\n";
  auto const error = test::error_of([&] { run(comm_, "a"); });
  EXPECT_TRUE(test::contains(error, "65 ")) << error;
  EXPECT_TRUE(test::contains(error, "raise [extract] mass_agreement")) << error;
}

TEST_P(EvaluateStageTest, CountsClustersThatTaughtTheModel) {
  make_inputs("a", gas);
  EXPECT_EQ(nlohmann::json::parse(run(comm_, "a"))["trained_on_these"], 0);
  flagged_.taught = {0, 1, 2};  // with one fold row 0 tests, with three each row once
  predict("a", "seed1", gas);
  EXPECT_EQ(nlohmann::json::parse(run(comm_, "a"))["trained_on_these"], n_folds_ == 1 ? 1 : 3);
  flagged_.training_is_known = false;  // of a model file of an earlier version
  predict("a", "seed1", gas);
  EXPECT_TRUE(nlohmann::json::parse(run(comm_, "a"))["trained_on_these"].is_null());
}

TEST_P(EvaluateStageTest, EveryVoxelWithinTwoRadiiIsScored) {
  make_inputs("a", gas);
  std::int64_t inside = 0;
  for (std::int64_t v = 0; v < n_voxels * n_voxels * n_voxels; ++v)
    inside += norm(CubeLattice{n_voxels, 5}.centre_r200(v / (n_voxels * n_voxels),
                                                        v / n_voxels % n_voxels, v % n_voxels)) < 2;
  for (auto const& cluster : nlohmann::json::parse(run(comm_, "a"))["clusters"])
    EXPECT_EQ(cluster["voxels"], inside);
}

TEST_P(EvaluateStageTest, RefusesPredictionsWithoutATestingCluster) {
  make_inputs("a", gas);
  std::string const path = concat(scratch_ / "a", "/predict/z0/small/fold0/seed1/prediction.h5");
  std::vector<std::int64_t> const too_few{1};
  if (comm_.is_root()) test::write_cubes(path, table_, n_voxels, gas, &too_few);
  comm_.barrier();
  auto const text = test::error_of([&] { run(comm_, "a"); });
  EXPECT_TRUE(test::contains(text, "65 "));
  EXPECT_TRUE(test::contains(text, "has no cluster"));
}

TEST_P(EvaluateStageTest, RefusesCubesOfAnotherSize) {
  make_inputs("a", gas);
  std::string const path = concat(scratch_ / "a", "/predict/z0/small/fold0/seed1/prediction.h5");
  auto const rows = table_.rows_of(Split::testing, 0);
  if (comm_.is_root()) test::write_cubes(path, table_, n_voxels / 2, gas, &rows);
  comm_.barrier();
  auto const text = test::error_of([&] { run(comm_, "a"); });
  EXPECT_TRUE(test::contains(text, "6^3 voxels"));
}

}  // namespace
}  // namespace setsz
