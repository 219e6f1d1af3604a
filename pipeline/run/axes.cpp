// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/axes.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {

namespace {

constexpr std::string_view no_model = "none";
constexpr char joint = '+';  ///< between snapshots that teach together; no name contains it

/// Single keys of sections that stages declare in full.
struct SplitKeys {
  static constexpr std::string_view section = "catalog";
  std::int64_t folds = 1;
  std::string like;
  void declare(OptionList& options) {
    options.add("folds", folds, {.min = 1});
    declare_split_like(options, like);
  }
  void validate() const {}
};

struct TeacherKey {
  static constexpr std::string_view section = "train";
  std::vector<std::string> snapshots;
  void declare(OptionList& options) { declare_train_snapshots(options, snapshots); }
  void validate() const {
    for (auto const& name : snapshots)
      require(std::count(snapshots.begin(), snapshots.end(), name) == 1, ExitCode::config,
              "snapshots: ", name, " is listed twice");
  }
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

struct RealisationKey {
  static constexpr std::string_view section = "predict";
  std::int64_t n = 0;
  void declare(OptionList& options) { declare_realisations(options, n); }
  void validate() const {}
};

struct TrainedKey {
  static constexpr std::string_view section = "model";
  std::vector<std::string> paths;
  void declare(OptionList& options) { declare_trained(options, paths); }
  void validate() const {}
};

struct MapKey {
  static constexpr std::string_view section = "sky";
  std::string model, catalogue;
  void declare(OptionList& options) {
    declare_map_model(options, model);
    declare_map_catalogue(options, catalogue);
  }
  void validate() const {}
};

bool contains(std::vector<std::string> const& names, std::string const& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Words that stand in places of models.
void refuse_reserved_names(Configuration const& configuration,
                           std::vector<std::string> const& models) {
  constexpr std::pair<std::string_view, std::string_view> reserved[] = {
      {no_model, "a map without a network (model = none)"},
      {"benchmark", "the fitted profile, in statements and tables"},
      {"choice", "the row of [compare] choose, in tables"},
      {"id", "a column of losses.csv"},
      {"m200c_1e10msunh", "a column of losses.csv"},
      {"particles", "a column of losses.csv"}};
  for (auto const& [name, meaning] : reserved)
    require(!contains(models, std::string(name)), ExitCode::config,
            configuration.where(concat("model.", name)), ": a model cannot be called ", name,
            ", which stands for ", meaning, "; give [model.", name,
            "] and the sections that belong to it another name");
}

}  // namespace

std::string Member::name() const {
  if (realisation > 0) return concat(trained ? "trained_real" : "real", realisation);
  if (trained) return "trained";
  return seed ? concat("seed", *seed) : "ensemble";
}

std::string model_path(std::string const& snapshot, std::string const& model, std::int64_t fold,
                       Member const& member) {
  if (member.trained) return concat(snapshot, "/", model, "/", member.name());
  return concat(snapshot, "/", model, "/fold", fold, "/", member.name());
}

std::vector<std::string> ModelInstance::snapshots() const { return split(snapshot, joint); }

std::string ModelInstance::path() const { return model_path(snapshot, model, fold, {seed}); }

std::uint64_t ModelInstance::stream_seed(std::int64_t run_seed) const {
  return hash64(static_cast<std::uint64_t>(run_seed), static_cast<std::uint64_t>(seed));
}

Axes::Axes(Configuration const& configuration)
    : configuration_(configuration),
      snapshots_(configuration.names("snapshot")),
      models_(configuration.names("model")),
      n_folds_(configuration.get<SplitKeys>().folds),
      n_realisations_(configuration.get<RealisationKey>().n) {
  refuse_reserved_names(configuration, models_);
  for (auto const& name : configuration.names("train"))
    if (!contains(models_, name))  // the text takes time: only where it is wanted
      fail(ExitCode::config, configuration.where("train." + name), ": [train.", name,
           "] belongs to no model",
           models_.empty() ? std::string()
                           : concat("; the nearest one is [model.", nearest(name, models_), "]"),
           "; add a section [model.", name, "], or remove this one");
  for (auto const& model : models_) {
    auto& seeds = seeds_[model];
    bool const trained = !configuration.get<TrainedKey>("model." + model).paths.empty();
    if (trained && !configuration.has("train." + model)) continue;
    for (double const seed : configuration.get<SeedKey>("train." + model).seeds)
      seeds.push_back(static_cast<std::int64_t>(seed));
    read_teachers(model);
  }
}

void Axes::read_teachers(std::string const& model) {
  auto const& names = teachers_[model] = configuration_.get<TeacherKey>("train." + model).snapshots;
  auto const where = configuration_.where("train." + model);
  for (auto const& name : names)
    require(contains(snapshots_, name), ExitCode::config, where,
            ": snapshots = ", join(names, ", "), ": there is no [snapshot.", name,
            "]; the nearest one is ", nearest(name, snapshots_));
  auto const like = configuration_.get<SplitKeys>().like;
  require(names.empty() || snapshots_.size() == 1 || contains(names, like), ExitCode::config, where,
          ": snapshots = ", join(names, ", "),
          ": a cluster exists at every redshift, and one that "
          "teaches at one of them may be tested at another; set [catalog] split_like = ",
          names.empty() ? "" : names.front(), ", so that it has the same part in all snapshots");
}

std::vector<std::int64_t> const& Axes::seeds(std::string const& model) const {
  return seeds_.at(model);
}

std::vector<Member> Axes::members(std::string const& model) const {
  if (comes_trained(model)) return {Member{.trained = true}};
  std::vector<Member> members;
  for (auto const seed : seeds(model)) members.push_back({seed});
  if (members.size() > 1) members.push_back({});
  return members;
}

ModelInstance Axes::network(std::string const& snapshot, std::string const& model,
                            std::int64_t fold, std::int64_t seed) const {
  auto const teachers = teachers_.find(model);
  bool const own = teachers == teachers_.end() || teachers->second.empty();
  return {own ? snapshot : join(teachers->second, std::string(1, joint)), model, fold, seed};
}

Member Axes::realisation(std::string const& model, std::int64_t number) const {
  require(number <= n_realisations_, ExitCode::config, "realisation = ", number, " of model '",
          model, "', but [predict] realisations = ", n_realisations_, "; raise that number");
  return {.seed = {}, .trained = comes_trained(model), .realisation = number};
}

std::vector<ModelInstance> Axes::networks() const {
  std::vector<ModelInstance> instances;
  for (auto const& snapshot : snapshots_)
    for (auto const& model : models_)
      for (std::int64_t fold = 0; fold < n_folds_; ++fold)
        for (auto const seed : seeds(model)) {
          bool const shared = !teachers_.at(model).empty();  // it stands with the first snapshot
          if (!shared || snapshot == snapshots_.front())
            instances.push_back(network(snapshot, model, fold, seed));
        }
  return instances;
}

void Axes::require_catalogue(std::string const& section, std::string const& name) const {
  auto const known = configuration_.names("catalogue");
  require(contains(known, name), ExitCode::config, configuration_.where(section), ": [", section,
          "] catalogue = ", name, ": there is no [catalogue.", name, "]",
          known.empty() ? std::string() : concat("; the nearest one is ", nearest(name, known)));
}

MapInstance Axes::map_of(std::string const& family, std::string const& name) const {
  std::string const section = family + "." + name;
  auto const keys = configuration_.get<MapKey>(section);
  auto const& catalogue = keys.catalogue;
  std::string model = keys.model;
  if (!catalogue.empty()) {
    require_catalogue(section, catalogue);
    require(model.empty() || model == no_model, ExitCode::config, configuration_.where(section),
            ": [", section, "] has catalogue = ", catalogue, " and model = ", model,
            ", but haloes of a catalogue have profiles; remove one of the two keys");
    return {name, "", section, catalogue};
  }
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
  auto const of_all = configuration_.get<MapKey>(family);
  if (names.empty() && !of_all.catalogue.empty()) names = {of_all.catalogue};
  if (names.empty()) names = of_all.model.empty() ? models_ : std::vector{of_all.model};
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

void declare_train_snapshots(OptionList& options, std::vector<std::string>& snapshots) {
  options.add("snapshots", snapshots,
              {.help = "NAMEs of the [snapshot.NAME] that teach one network for all snapshots, at "
                       "the redshifts of all of them; empty: each snapshot has networks of its own",
               .affects = Affects::running});
}

void declare_split_like(OptionList& options, std::string& snapshot) {
  options.add("split_like", snapshot,
              {.help = "NAME of a [snapshot.NAME]: clusters of the other snapshots have the part, "
                       "in every fold, of the cluster of this one that lies nearest, within 5 of "
                       "its R200. Needed where snapshots share networks",
               .affects = Affects::running});
}

void declare_realisations(OptionList& options, std::int64_t& n) {
  options.add("realisations", n,
              {.help = "drawn predictions of each model with the module stochastic, each with its "
                       "own cubes, for maps with realisation = 1, 2, ...; number k is sample k",
               .min = 0,
               .max = 1e6,
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

void declare_map_catalogue(OptionList& options, std::string& catalogue) {
  options.add("catalogue", catalogue,
              {.help = "NAME of a [catalogue.NAME]: the map shows its haloes with profiles, and "
                       "needs no snapshot, gas or network",
               .affects = Affects::running});
}

}  // namespace setsz
