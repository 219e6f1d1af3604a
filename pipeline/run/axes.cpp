// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/axes.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {

namespace {

constexpr std::string_view no_model = "none";

/// Single keys of sections that stages declare in full.
struct FoldKey {
  static constexpr std::string_view section = "catalog";
  std::int64_t folds = 1;
  void declare(OptionList& options) { options.add("folds", folds, {.min = 1}); }
  void validate() const {}
};

struct SeedKey {
  static constexpr std::string_view section = "train";
  std::vector<double> seeds{1};
  void declare(OptionList& options) { declare_seeds(options, seeds); }
  void validate() const {
    require(!seeds.empty(), ExitCode::config,
            "seeds is empty; give at least one seed (each trains a network)");
    for (double const seed : seeds) {
      require(seed == std::floor(seed), ExitCode::config, "seeds: ", seed,
              " is not a whole number");
      require(std::count(seeds.begin(), seeds.end(), seed) == 1, ExitCode::config, "seeds: ", seed,
              " is listed twice; each seed trains one network");
    }
  }
};

struct TrainedKey {
  static constexpr std::string_view section = "model";
  std::vector<std::string> paths;
  void declare(OptionList& options) { declare_trained(options, paths); }
  void validate() const {}
};

struct MapKey {
  static constexpr std::string_view section = "sky";
  std::string model;
  void declare(OptionList& options) { declare_map_model(options, model); }
  void validate() const {}
};

bool contains(std::vector<std::string> const& names, std::string const& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string Member::name() const {
  if (trained) return "trained";
  return seed ? concat("seed", *seed) : "ensemble";
}

std::string model_path(std::string const& snapshot, std::string const& model, std::int64_t fold,
                       Member const& member) {
  if (member.trained) return concat(snapshot, "/", model, "/", member.name());
  return concat(snapshot, "/", model, "/fold", fold, "/", member.name());
}

std::string ModelInstance::path() const { return model_path(snapshot, model, fold, {seed}); }

std::uint64_t ModelInstance::stream_seed(std::int64_t run_seed) const {
  return hash64(static_cast<std::uint64_t>(run_seed), static_cast<std::uint64_t>(seed));
}

Axes::Axes(Configuration const& configuration)
    : configuration_(configuration),
      snapshots_(configuration.names("snapshot")),
      models_(configuration.names("model")),
      n_folds_(configuration.get<FoldKey>().folds) {
  for (auto const& name : configuration.names("train"))
    require(contains(models_, name), ExitCode::config, configuration.where("train." + name),
            ": [train.", name, "] belongs to no model",
            models_.empty() ? std::string()
                            : concat("; the nearest one is [model.", nearest(name, models_), "]"),
            "; add a section [model.", name, "], or remove this one");
  for (auto const& model : models_) {
    auto& seeds = seeds_[model];
    bool const trained = !configuration.get<TrainedKey>("model." + model).paths.empty();
    if (trained && !configuration.has("train." + model)) continue;
    for (double const seed : configuration.get<SeedKey>("train." + model).seeds)
      seeds.push_back(static_cast<std::int64_t>(seed));
  }
}

std::vector<std::int64_t> const& Axes::seeds(std::string const& model) const {
  return seeds_.at(model);
}

std::vector<Member> Axes::members(std::string const& model) const {
  if (comes_trained(model)) return {Member{.seed = {}, .trained = true}};
  std::vector<Member> members;
  for (auto const seed : seeds(model)) members.push_back({seed});
  if (members.size() > 1) members.push_back({});
  return members;
}

std::vector<ModelInstance> Axes::networks() const {
  std::vector<ModelInstance> instances;
  for (auto const& snapshot : snapshots_)
    for (auto const& model : models_)
      for (std::int64_t fold = 0; fold < n_folds_; ++fold)
        for (auto const seed : seeds(model)) instances.push_back({snapshot, model, fold, seed});
  return instances;
}

MapInstance Axes::map_of(std::string const& family, std::string const& name) const {
  std::string const section = family + "." + name;
  std::string model = configuration_.get<MapKey>(section).model;
  if (model.empty() && contains(models_, name)) model = name;
  auto const fail_at = [&](auto const&... what) {
    fail(ExitCode::config, configuration_.where(section), ": [", section, "] ", what...);
  };
  if (model.empty()) fail_at("has no model; set model = NAME of a [model.NAME], or model = none");
  if (model == no_model) return {name, "", section};
  if (!contains(models_, model))
    fail_at(
        "model = ", model, ": there is no [model.", model, "]",
        models_.empty() ? std::string() : concat("; the nearest one is ", nearest(model, models_)));
  return {name, model, section};
}

std::vector<MapInstance> Axes::maps(std::string const& family) const {
  std::vector<MapInstance> maps;
  auto names = configuration_.names(family);
  auto const model_of_all = configuration_.get<MapKey>(family).model;
  if (names.empty()) names = model_of_all.empty() ? models_ : std::vector{model_of_all};
  for (auto const& name : names) maps.push_back(map_of(family, name));
  return maps;
}

void declare_seeds(OptionList& options, std::vector<double>& seeds) {
  options.add("seeds", seeds,
              {.help = "train a network for each of these seeds",
               .min = 0,
               .max = 1e9,
               .affects = Affects::running});
}

void declare_trained(OptionList& options, std::vector<std::string>& paths) {
  options.add(
      "trained", paths,
      {.help = "the model as another run has trained it: its run directory or model files "
               "(model.h5, * allowed); of several the mean is predicted. Without [train.NAME] "
               "nothing is trained, and no gas is needed",
       .affects = Affects::running,
       .is_path = true});
}

void declare_map_model(OptionList& options, std::string& model) {
  options.add(
      "model", model,
      {.help = "NAME of the [model.NAME] whose cubes are painted, or none to paint without a "
               "network; empty: the model with the name of the section, or a map for each "
               "model if there are no named sections",
       .affects = Affects::running});
}

}  // namespace setsz
