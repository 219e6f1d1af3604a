// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/results_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "contenders.hpp"
#include "stages/compare/comparison.hpp"
#include "stages/compare/statement.hpp"

namespace setsz {
namespace {

nlohmann::json results_of(std::vector<Contender> const& models, std::string const& tried = "") {
  auto results = compare_models(models, {.scores = {.bootstrap = {100}}, .settings_tried = tried});
  results["snapshot"] = "z0";
  Statement statement;
  statement.text = "Nothing is better than itself.";
  statement.model = statement.than = models.front().name;
  results["statements"] = judge({statement}, models, {100});
  results["notes"] = {"left_out is left out: no stage scores it at z0."};
  return results;
}

bool holds(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

TEST(ResultsText, SaysWhatTheNumbersSay) {
  auto better = test::a_model("better", 0.5, 0.1);
  test::add_networks(better, {1.01, 0.99});
  better.n_networks = 2, better.core_seconds = 30;
  for (auto& score : better.scores.clusters) {
    score.flux_factor = 1.1;
    score.y_pred = 0.99;
  }
  auto const results = results_of({test::a_model("plain", 1, 0.1), better}, "40 on inner folds");
  auto const page = results_text(results);
  EXPECT_TRUE(holds(page, "# Models compared: z0\n"));
  EXPECT_TRUE(holds(page, "141 testing clusters of 1.00e13 to 1.64e14 Msun/h"));
  EXPECT_TRUE(holds(page, "**Settings tried:** 40 on inner folds"));
  EXPECT_TRUE(holds(page, "mean of 2"));
  EXPECT_TRUE(holds(page, " 15.0 |"));
  char l_opt[16];
  std::snprintf(l_opt, sizeof l_opt, " %.3f ", results["models"][1]["L_opt"].get<double>());
  EXPECT_TRUE(holds(page, l_opt));
  EXPECT_TRUE(holds(page, "0.990 [0.990, 0.990]"));
  EXPECT_TRUE(holds(page, "better, uncorrected"));
  EXPECT_TRUE(holds(page, "0.900 [0.900, 0.900]"));
  EXPECT_TRUE(holds(page, "(GNFW benchmark)"));
  EXPECT_TRUE(holds(page, "ln(loss / loss of plain)"));
  EXPECT_TRUE(holds(page, "significantly better"));
  EXPECT_TRUE(holds(page, "- plain has one training seed"));
  EXPECT_TRUE(holds(page, "- left_out is left out"));
}

TEST(ResultsText, TablesLineUp) {
  auto const page =
      results_text(results_of({test::a_model("plain", 1, 0.1), test::a_model("a_long_name", 1, 0.1),
                               test::a_model("third", 0.5, 0.1)}));
  std::istringstream lines(page);
  std::size_t width = 0;
  int n_tables = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() != '|') {
      width = 0;
      continue;
    }
    n_tables += width == 0;
    if (width > 0) {
      EXPECT_EQ(line.size(), width) << line;
    }
    width = line.size();
  }
  EXPECT_EQ(n_tables, 6);
  EXPECT_TRUE(holds(page, "| Nothing is better than itself. |"));
  EXPECT_TRUE(holds(page, "these data cannot tell"));
  EXPECT_TRUE(holds(page, "not stated"));
  EXPECT_TRUE(holds(page, "- third is significantly better than plain"));
  EXPECT_TRUE(holds(page, "one looks significant by chance"));
}

TEST(ResultsText, WordsOfTheUserBreakNoTable) {
  auto results = results_of({test::a_model("plain", 1, 0.1)});
  results["statements"][0]["text"] = "P(x|y) within 2\u03c3";
  results["statements"][0]["source"] = "two\nlines";
  auto const page = results_text(results);
  auto const at = page.find("| P(x\\|y) within 2\u03c3 | ");
  ASSERT_NE(at, std::string::npos) << page;
  EXPECT_TRUE(holds(page, " two lines |"));
  auto const row = page.substr(at, page.find('\n', at) - at);
  auto const rule = page.rfind("\n| -", at) + 1;
  EXPECT_EQ(row.size() - 1, page.find('\n', rule) - rule) << "one letter has two bytes";
}

TEST(ResultsText, ShowsSamplesAndWhoSaysWhat) {
  auto drawn = test::a_model("drawn", 1, 0.1);
  auto const figure = [](double value) {
    return nlohmann::json{{"value", value},
                          {"interval_68", {value - 0.1, value + 0.1}},
                          {"interval_95", {value - 0.2, value + 0.2}}};
  };
  drawn.high_k_power = {{"median", 0.321}, {"of_clusters_68", {0.3, 0.4}}};
  drawn.sample_figures = {{"n_samples", 64},
                          {"L_opt",
                           {{"mean_of_samples", figure(0.51)},
                            {"sampled", figure(0.73)},
                            {"reconstructed", figure(0.42)}}},
                          {"coverage",
                           {{"profile_68", figure(0.61)},
                            {"profile_95", figure(0.91)},
                            {"y_68", figure(0.55)},
                            {"y_95", figure(0.88)}}},
                          {"nats", figure(1.25)}};
  auto results = results_of({test::a_model("plain", 1, 0.1), drawn});
  results["statements"][0]["source"] = "a paper, section 4";
  auto const page = results_text(results);
  EXPECT_TRUE(holds(page, "## Samples"));
  EXPECT_TRUE(holds(page, "| 0.510 [0.410, 0.610] | 0.730 [0.630, 0.830] |"));
  EXPECT_TRUE(holds(page, "1.25 [1.15, 1.35] |"));
  EXPECT_TRUE(holds(page, " 0.321 |"));
  EXPECT_TRUE(holds(page, "a paper, section 4"));
  EXPECT_FALSE(holds(results_text(results_of({test::a_model("plain", 1, 0.1)})), "## Samples"));
}

TEST(ResultsText, OfOneModelSaysThatThereIsNothingToCompare) {
  EXPECT_TRUE(holds(results_text(results_of({test::a_model("alone", 1, 0.1)})),
                    "There is one model, alone: nothing to compare it with."));
}

}  // namespace
}  // namespace setsz
