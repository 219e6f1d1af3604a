// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/compare_stage.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "contenders.hpp"
#include "io/h5.hpp"
#include "pipeline/run/manifest.hpp"
#include "stages/evaluate/evaluate_stage.hpp"
#include "stages/extract/extract_stage.hpp"
#include "stages/train/train_stage.hpp"
#include "tests/fixtures/cube_products.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/stage_context.hpp"

namespace setsz {
namespace {

class CompareStageTest : public testing::Test {
 protected:
  Comm const comm_ = Comm::world();
  test::Scratch const scratch_{comm_};
  std::string options_;
  std::vector<std::int64_t> left_out_;  ///< ids

  Configuration configuration() const {
    return Configuration::parse(
        concat("[run]\ndirectory = ", scratch_ / "run",
               "\n[snapshot.z0]\ngas = none\n[catalog]\nfolds = 2\n[model.plain]\n[model.better]\n",
               "[train.better]\nseeds = 1, 2\n[compare]\nresamples = 100\n", options_),
        "test.ini", {},
        {schema_of<RunOptions>(), schema_of<SnapshotSection>(true), schema_of<TrainOptions>(true),
         schema_of<ModelSection>(true), schema_of<EvaluateOptions>(), schema_of<CompareOptions>(),
         schema_of<StatementOptions>(true), schema_of<ExtractOptions>(),
         schema_of<test::FoldsOfCatalog>()});
  }

  /// scores.json of a model as evaluate writes it.
  void write_scores(std::string const& path, Contender const& model) const {
    if (comm_.is_root()) {
      std::filesystem::create_directories(std::filesystem::path(path).parent_path());
      std::ofstream(path) << nlohmann::json{
          {"snapshot", "z0"},
          {"model", model.name},
          {"member", model.member},
          {"training_seeds", model.seeds},
          {"mass_disagrees", {{"scored", nlohmann::json::array()}, {"left_out", left_out_}}},
          {"clusters", clusters_to_json(model.scores)}};
    }
    comm_.barrier();
  }
  void write_manifest(std::string const& folder, double seconds, int ranks) const {
    if (comm_.is_root()) {
      std::filesystem::create_directories(folder);
      Manifest manifest;
      manifest.about = {{"seconds", seconds}, {"ranks", ranks}};
      manifest.write(folder);
    }
    comm_.barrier();
  }
  /// Of cluster i there are 10 + i particles.
  void write_particles() const {
    std::filesystem::create_directories(scratch_ / "run/extract/z0");
    comm_.barrier();
    std::vector<std::int64_t> first{0};
    for (std::int64_t i = 0; i < 141; ++i) first.push_back(first.back() + 10 + i);
    auto file = H5File::create(comm_, scratch_ / "run/extract/z0/particles.h5");
    file.write_same("/clusters/first_particle", {.unit = "1", .description = "row"}, first);
    file.close();
  }
  void write_products() const {
    write_particles();
    write_scores(scratch_ / "run/evaluate/z0/plain/seed1/scores.json",
                 test::a_model("plain", 1, 0.1));
    auto better = test::a_model("better", 0.6, 0.1);
    test::add_networks(better, {1.01, 0.99});
    write_scores(scratch_ / "run/evaluate/z0/better/ensemble/scores.json", better);
    for (int fold = 0; fold < 2; ++fold) {
      write_manifest(scratch_ / concat("run/train/z0/plain/fold", fold, "/seed1"), 10, 3);
      for (int seed = 1; seed < 3; ++seed)
        write_manifest(scratch_ / concat("run/train/z0/better/fold", fold, "/seed", seed),
                       10 * seed, 2 + fold);
    }
  }

  StageList stages(Configuration const& config) const {
    StageList stages;
    Blueprint const blueprint(config);
    add_train_stages(blueprint, stages);
    add_evaluate_stages(blueprint, stages);
    auto const before = stages.size();
    add_compare_stages(blueprint, stages);
    EXPECT_EQ(stages.size(), before + 1);
    return stages;
  }
  struct Made {
    nlohmann::json results;
    std::string page, losses;
  };
  Made run(Comm const& comm) const {
    auto const config = configuration();
    auto const all = stages(config);
    test::StageContext context(comm, config.get<RunOptions>(), *all.back());
    all.back()->run(context);
    return {nlohmann::json::parse(test::file_bytes(context.part("results.json"))),
            test::file_bytes(context.part("results.md")),
            test::file_bytes(context.part("losses.csv"))};
  }
};

TEST_F(CompareStageTest, ReadsTheQuotedMemberOfEachModelAndItsNetworks) {
  auto const config = configuration();
  auto const all = stages(config);
  EXPECT_EQ(all.back()->id(), "compare/z0");
  EXPECT_EQ(all.back()->record().inputs,
            (std::vector<std::string>{
                "evaluate/z0/plain/seed1/scores.json", "train/z0/plain/fold0/seed1/model.h5",
                "train/z0/plain/fold1/seed1/model.h5", "evaluate/z0/better/ensemble/scores.json",
                "train/z0/better/fold0/seed1/model.h5", "train/z0/better/fold0/seed2/model.h5",
                "train/z0/better/fold1/seed1/model.h5", "train/z0/better/fold1/seed2/model.h5",
                "extract/z0/particles.h5"}));
}

TEST_F(CompareStageTest, WritesTableAndPage) {
  write_products();
  options_ = "settings_tried = 7\n";
  auto const [results, page, losses] = run(comm_);
  EXPECT_EQ(results["reference"], "plain");
  EXPECT_TRUE(test::contains(losses, "\n500,1000,10,1,"));
  EXPECT_TRUE(test::contains(losses, "\n503,1020.2013,11,1,"));
  EXPECT_EQ(results["settings_tried"], "7");
  EXPECT_EQ(results["models"][0]["core_seconds"]["per_network"], 30);
  EXPECT_EQ(results["models"][1]["core_seconds"]["total"], 150);  // (10 + 20) (2 + 3)
  EXPECT_EQ(results["models"][1]["core_seconds"]["per_network"], 37.5);
  EXPECT_EQ(results["against_reference"][0]["verdict"], "significantly better");
  EXPECT_TRUE(test::contains(page, "significantly better"));
  EXPECT_TRUE(test::contains(page, "of seed 1 alone"));
  if (!comm_.is_root()) return;
  auto const [alone, alone_page, alone_losses] = run(Comm::self());
  EXPECT_EQ(alone, results);
  EXPECT_EQ(alone_page, page);
  EXPECT_EQ(alone_losses, losses);
}

TEST_F(CompareStageTest, SaysHowManyClustersAreFlaggedOrLeftOut) {
  auto const notes = [&] { return run(comm_).results["notes"]; };
  write_products();
  EXPECT_TRUE(notes().empty());
  left_out_ = {5, 9};
  write_products();
  auto const n = test::a_model("plain", 1, 0.1).scores.clusters.size();
  ASSERT_EQ(notes().size(), 1U);
  EXPECT_TRUE(test::contains(notes()[0].get<std::string>(),
                             concat("2 of ", n + 2, " clusters disagrees with the catalogue")));
  EXPECT_TRUE(test::contains(run(comm_).page, "they are left out"));
  left_out_.clear();
  auto flagged = test::a_model("plain", 1, 0.1);
  flagged.scores.clusters.front().mass_disagrees = true;
  write_scores(scratch_ / "run/evaluate/z0/plain/seed1/scores.json", flagged);
  ASSERT_EQ(notes().size(), 1U);
  EXPECT_TRUE(test::contains(notes()[0].get<std::string>(), concat("1 of ", n, " clusters")));
  EXPECT_TRUE(test::contains(notes()[0].get<std::string>(), "scored like all others"));
}

TEST_F(CompareStageTest, TakesScoresOfAnotherRunAsAReference) {
  write_products();
  auto old = test::a_model("plain", 0.8, 0);
  for (auto& score : old.scores.clusters) score.loss_benchmark = 7;
  auto const path = scratch_ / "older/evaluate/z0/plain/seed1/scores.json";
  write_scores(path, old);
  options_ = concat("also = ", path, "\nreference = plain@older\n");
  auto const [results, page, losses] = run(comm_);
  ASSERT_EQ(results["models"].size(), 3U);
  EXPECT_EQ(results["reference"], "plain@older");
  EXPECT_NEAR(results["models"][2]["mean_ratio"].get<double>() /
                  results["models"][0]["mean_ratio"].get<double>(),
              0.8, 0.1);
  EXPECT_TRUE(test::contains(page, "plain@older is of another run"));
}

TEST_F(CompareStageTest, RefusesTwoModelsOfOneNameBeforeItRuns) {
  auto const path = [&](std::string const& run, std::string const& model) {
    return scratch_ / (run + "/evaluate/z0/" + model + "/seed1/scores.json");
  };
  for (auto const* run : {"a/older", "b/older"})
    for (auto const* model : {"plain", "other"})
      write_scores(path(run, model), test::a_model(model, 1, 0.1));
  auto const preflight = [&](std::string const& first, std::string const& second) {
    options_ = concat("also = ", first, ", ", second, "\n");
    auto const config = configuration();
    auto const all = stages(config);
    Outlook outlook(config.get<RunOptions>());
    return test::error_of([&] { all.back()->preflight(comm_, outlook); });
  };
  EXPECT_EQ(preflight(path("a/older", "plain"), path("b/older", "other")), "no error");
  auto const first = path("a/older", "plain"), second = path("b/older", "plain");
  auto const error = preflight(first, second);
  EXPECT_TRUE(test::contains(error, "78 [compare] also: '" + first + "' and '" + second +
                                        "' would both be called plain@older"))
      << error;
  EXPECT_TRUE(test::contains(preflight(first, first), "would both be called plain@older"));
}

TEST_F(CompareStageTest, JudgesStatementsAndRefusesThoseAboutNothing) {
  write_products();
  options_ = "[statement.gain]\ntext = Better is better.\nmodel = better\nthan = plain\n";
  auto const [results, page, losses] = run(comm_);
  EXPECT_EQ(results["statements"][0]["name"], "gain");
  EXPECT_EQ(results["statements"][0]["verdict"], "holds");
  EXPECT_TRUE(test::contains(page, "Better is better."));
  options_ = "[statement.gain]\nmodel = bettr\n";
  EXPECT_TRUE(test::contains(test::error_of([&] { run(comm_); }), "the nearest one is better"));
  options_ = "[statement.gain]\nmodel = better\nloss = sampled\n";
  EXPECT_TRUE(test::contains(test::error_of([&] { run(comm_); }), "has no module `stochastic`"));
  options_ = "[statement.gain]\nmodel = better\nabove = 1\nbelow = 0.5\n";
  EXPECT_TRUE(test::contains(test::error_of([&] { run(comm_); }), "above = 1 is not smaller"));
}

TEST_F(CompareStageTest, SaysWhichModelIsNotScored) {
  write_products();
  auto const config = configuration();
  Blueprint const blueprint(config);
  StageList all;
  add_evaluate_stages(blueprint, all);
  std::erase_if(all, [](auto const& stage) { return stage->id() == "evaluate/z0/plain/seed1"; });
  add_compare_stages(blueprint, all);
  test::StageContext context(comm_, config.get<RunOptions>(), *all.back());
  all.back()->run(context);
  auto const page = test::file_bytes(context.part("results.md"));
  EXPECT_TRUE(test::contains(page, "plain is left out: no stage scores it at z0."));
  EXPECT_TRUE(test::contains(page, "There is one model, better"));
  EXPECT_TRUE(nlohmann::json::parse(test::file_bytes(
      context.part("results.json")))["models"][0]["core_seconds"]["per_network"]
                  .is_null());
}

TEST_F(CompareStageTest, RefusesUnknownModelsFilesAndOtherVoxels) {
  write_products();
  options_ = "models = plan\n";
  EXPECT_TRUE(test::contains(test::error_of([&] { run(comm_); }),
                             "there is no [model.plan]; the nearest one is plain"));
  options_ = "reference = bettr\n";
  EXPECT_TRUE(test::contains(test::error_of([&] { run(comm_); }), "nearest one is better"));
  options_ = "models = plain\nreference = better\n";
  EXPECT_TRUE(test::contains(test::error_of([&] { run(comm_); }), "78 "));
  options_ = "also = " + scratch_ / "nowhere/scores.json";
  EXPECT_TRUE(test::contains(test::error_of([&] { run(comm_); }), "66 "));
  auto other = test::a_model("other", 1, 0.1);
  other.scores.clusters[4].y_gas = 1.1;
  auto const path = scratch_ / "older/evaluate/z0/other/seed1/scores.json";
  write_scores(path, other);
  options_ = "also = " + path + "\n";
  auto const error = test::error_of([&] { run(comm_); });
  EXPECT_TRUE(test::contains(error, "65 "));
  EXPECT_TRUE(test::contains(error, "was scored on other voxels"));
}

}  // namespace
}  // namespace setsz
