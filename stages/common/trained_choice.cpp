// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/trained_choice.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/run/axes.hpp"

namespace setsz {

namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;
using Numbers = std::vector<std::int64_t>;

Names names_in(fs::path const& folder) {
  Names names;
  std::error_code ignored;
  for (auto const& entry : fs::directory_iterator(folder, ignored))
    names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

/// The folder that a key names, or the only one.
std::string choose(fs::path const& folder, std::string const& wanted, std::string_view what) {
  auto const names = names_in(folder);
  require(!names.empty(), ExitCode::missing_input, "'", folder.string(), "' has no ", what,
          "; is this the directory of a run that has trained a network?");
  if (wanted.empty()) {
    require(names.size() == 1, ExitCode::config, "'", folder.string(), "' has several ", what,
            "s: ", join(names, ", "), "; choose one with trained_", what);
    return names.front();
  }
  require(std::ranges::find(names, wanted) != names.end(), ExitCode::missing_input, "'",
          folder.string(), "' has no ", what, " '", wanted, "'; it has ", join(names, ", "));
  return wanted;
}

/// The numbers N of the folders "<prefix>N", ascending.
Numbers numbers_in(fs::path const& folder, std::string_view prefix) {
  Numbers numbers;
  for (auto const& name : names_in(folder)) {
    auto const digits = name.substr(std::min(prefix.size(), name.size()));
    bool const is_number = !digits.empty() && digits.size() < 18 &&
                           digits.find_first_not_of("0123456789") == std::string::npos;
    if (name.starts_with(prefix) && is_number) numbers.push_back(std::stoll(digits));
  }
  std::ranges::sort(numbers);
  return numbers;
}

Numbers whole(std::vector<double> const& numbers) {
  Numbers result;
  for (double const number : numbers) result.push_back(static_cast<std::int64_t>(number));
  return result;
}

/// The networks of one model of a run directory: each chosen fold has each chosen seed.
Names files_of_run(fs::path const& run, TrainedChoice const& choice) {
  auto const trained = run / "train";
  require(fs::is_directory(trained), ExitCode::missing_input, "trained = ", run.string(),
          ": the folder has no 'train'; give the directory of a run that has trained a network, or "
          "a model file");
  auto const snapshot = choose(trained, choice.snapshot, "snapshot");
  auto const model = choose(trained / snapshot, choice.model, "model");
  auto const folder = trained / snapshot / model;
  auto const folds = choice.folds.empty() ? numbers_in(folder, "fold") : whole(choice.folds);
  std::set<std::int64_t> seeds;
  for (auto const seed : whole(choice.seeds)) seeds.insert(seed);
  if (seeds.empty())
    for (auto const fold : folds)
      for (auto const seed : numbers_in(folder / concat("fold", fold), "seed")) seeds.insert(seed);
  Names files;
  for (auto const fold : folds)
    for (auto const seed : seeds) {
      auto const file =
          run / "train" / ModelInstance{snapshot, model, fold, seed}.path() / "model.h5";
      require(fs::is_regular_file(file), ExitCode::missing_input, "no '", file.string(),
              "'; let that run finish its training, or choose with trained_folds and "
              "trained_seeds");
      files.push_back(file.string());
    }
  require(!files.empty(), ExitCode::missing_input, "'", folder.string(), "' holds no network");
  return files;
}

/// Does a name fit to a pattern, in which * stands for any text?
bool fits(std::string_view name, std::string_view pattern) {
  auto const star = pattern.find('*');
  if (star == std::string_view::npos) return name == pattern;
  if (!name.starts_with(pattern.substr(0, star))) return false;
  for (auto from = star; from <= name.size(); ++from)
    if (fits(name.substr(from), pattern.substr(star + 1))) return true;
  return false;
}

/// The existing paths that a pattern names; * stands for text without '/'.
Names matches(fs::path const& pattern) {
  std::vector<fs::path> found{""};
  for (auto const& part : pattern) {
    std::vector<fs::path> next;
    for (auto const& folder : found) {
      if (part.string().find('*') == std::string::npos) {
        next.push_back(folder / part);
        continue;
      }
      for (auto const& name : names_in(folder.empty() ? fs::path(".") : folder))
        if (fits(name, part.string())) next.push_back(folder / name);
    }
    found = std::move(next);
  }
  Names names;
  for (auto const& path : found)
    if (fs::exists(path)) names.push_back(path.string());
  return names;
}

}  // namespace

void TrainedChoice::declare(OptionList& options) {
  declare_trained(options, paths);
  auto const add = [&](char const* key, auto& value, char const* help) {
    options.add(key, value, {.help = help, .min = 0, .max = 1e9, .affects = Affects::running});
  };
  add("trained_snapshot", snapshot, "snapshot of the run directory; empty: its only one");
  add("trained_model", model, "model of the run directory; empty: its only one");
  add("trained_folds", folds, "folds of the run directory; empty: all");
  add("trained_seeds", seeds, "seeds of the run directory; empty: all");
}

void TrainedChoice::validate() const {
  for (auto const* numbers : {&folds, &seeds})
    for (double const number : *numbers)
      require(number == std::floor(number), ExitCode::config,
              "trained_folds or trained_seeds: ", number, " is not a whole number");
}

std::vector<std::string> TrainedChoice::files() const {
  Names files;
  bool any_run = false;
  for (auto const& path : paths) {
    auto const found = matches(path);
    require(!found.empty(), ExitCode::missing_input, "trained = ", path,
            ": no such file or folder");
    for (auto const& one : found) {
      bool const is_run = fs::is_directory(one);
      any_run = any_run || is_run;
      for (auto const& file : is_run ? files_of_run(one, *this) : Names{one}) {
        require(std::ranges::find(files, file) == files.end(), ExitCode::config, "trained: '", file,
                "' is named twice");
        files.push_back(file);
      }
    }
  }
  bool const chosen = !snapshot.empty() || !model.empty() || !folds.empty() || !seeds.empty();
  require(any_run || !chosen, ExitCode::config,
          "trained_snapshot, trained_model, trained_folds and trained_seeds choose networks of a "
          "run directory, but trained names model files; remove them");
  return files;
}

}  // namespace setsz
