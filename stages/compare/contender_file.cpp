// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/contender_file.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <vector>

#include "io/json_file.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/run/manifest.hpp"

namespace setsz {

namespace {

/// Of files of earlier versions: none.
std::int64_t n_left_out(nlohmann::json const& scores) {
  if (!scores.contains("mass_disagrees")) return 0;
  return std::ssize(scores.at("mass_disagrees").at("left_out"));
}

/// Of files of earlier versions, which do not list them: that of "seed3", else none.
std::vector<std::int64_t> seeds_of(nlohmann::json const& scores) {
  if (scores.contains("training_seeds"))
    return scores.at("training_seeds").get<std::vector<std::int64_t>>();
  auto const member = scores.at("member").get<std::string>();
  std::int64_t seed = 0;
  auto const digits = std::string_view(member).substr(std::min<std::size_t>(4, member.size()));
  bool const known =
      member.starts_with("seed") &&
      std::from_chars(digits.data(), digits.data() + digits.size(), seed).ec == std::errc();
  return known ? std::vector{seed} : std::vector<std::int64_t>();
}

/// By id of the cluster.
std::map<std::int64_t, SampleLosses> sample_losses(nlohmann::json const& scores,
                                                   ScoreTable const& table) {
  std::map<std::int64_t, SampleLosses> by_row, by_id;
  for (auto const& its : scores.at("stochastic").at("clusters"))
    by_row[its.at("cluster").get<std::int64_t>()] = {
        .sampled = its.at("loss_sampled").get<double>(),
        .reconstructed = its.at("loss_reconstructed").get<double>()};
  for (auto const& cluster : table.clusters) {
    auto const found = by_row.find(cluster.row);
    require(found != by_row.end(), ExitCode::bad_data, "scores.json of '",
            scores.at("model").get<std::string>(), "' has no samples of cluster ", cluster.id,
            "; run the stage evaluate again");
    by_id[cluster.id] = found->second;
  }
  return by_id;
}

/// Some keys of an object.
nlohmann::json parts_of(nlohmann::json const& object, std::vector<std::string> const& keys) {
  nlohmann::json result;
  for (auto const& key : keys) result[key] = object.at(key);
  return result;
}

void add_figures(Contender& contender, nlohmann::json const& scores) {
  if (scores.contains("high_k_power_ratio"))
    contender.high_k_power =
        parts_of(scores.at("high_k_power_ratio"), {"median", "of_clusters_68"});
  if (!scores.contains("stochastic")) return;
  auto const& its = scores.at("stochastic");
  contender.samples = sample_losses(scores, contender.scores);
  contender.sample_figures = parts_of(its, {"n_samples", "L_opt"});
  contender.sample_figures["coverage"] =
      parts_of(its.at("coverage"), {"profile_68", "profile_95", "y_68", "y_95"});
  contender.sample_figures["nats"] = its.at("latent").at("nats");
}

}  // namespace

ScoresFile read_scores(std::string const& path) {
  auto const json = read_json(path);
  try {
    ScoresFile file{json.at("snapshot").get<std::string>(),
                    {.name = json.at("model").get<std::string>(),
                     .member = json.at("member").get<std::string>(),
                     .scores = clusters_from_json(json.at("clusters")),
                     .seeds = seeds_of(json),
                     .n_left_out = n_left_out(json)}};
    auto const& its = file.contender;
    add_figures(file.contender, json);
    require(its.seeds.empty() || std::ssize(its.seeds) == its.n_in_mean(), ExitCode::bad_data, "'",
            path, "' lists ", its.seeds.size(), " seeds and has scores of ", its.n_in_mean(),
            " networks; run the stage evaluate again");
    return file;
  } catch (nlohmann::json::exception const& error) {
    fail(ExitCode::bad_data, "'", path, "' is no scores.json of the stage evaluate (", error.what(),
         "); give one, or make it again");
  }
}

std::string name_in_other_run(std::string const& path, std::string const& model) {
  std::filesystem::path run = std::filesystem::absolute(path).lexically_normal();
  for (int i = 0; i < 5; ++i) run = run.parent_path();  // evaluate/SNAP/MODEL/MEMBER/scores.json
  return concat(model, "@", run.filename().string());
}

std::optional<double> core_seconds_of(std::string const& product) {
  auto const manifest = Manifest::read(std::filesystem::path(product).parent_path());
  if (!manifest) return std::nullopt;
  auto const ranks = manifest->about.value("ranks", 1.0);
  auto const measured = nlohmann::json::json_pointer("/notes/cpu_seconds/mean");
  if (manifest->about.contains(measured)) return manifest->about[measured].get<double>() * ranks;
  return manifest->about.value("seconds", 0.0) * ranks;
}

std::optional<double> validation_of(std::string const& product) {
  auto const manifest = Manifest::read(std::filesystem::path(product).parent_path());
  if (!manifest || !manifest->about.contains("notes")) return std::nullopt;
  auto const& notes = manifest->about["notes"];
  if (!notes.contains("last_validation_ratio")) return std::nullopt;
  return notes["last_validation_ratio"].get<double>();
}

}  // namespace setsz
