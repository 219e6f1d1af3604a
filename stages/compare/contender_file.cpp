// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/contender_file.hpp"

#include <filesystem>

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

}  // namespace

ScoresFile read_scores(std::string const& path) {
  auto const json = read_json(path);
  try {
    return {json.at("snapshot").get<std::string>(),
            {.name = json.at("model").get<std::string>(),
             .member = json.at("member").get<std::string>(),
             .scores = clusters_from_json(json.at("clusters")),
             .n_left_out = n_left_out(json)}};
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
