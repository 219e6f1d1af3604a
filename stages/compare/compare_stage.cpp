// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/compare_stage.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "io/h5.hpp"
#include "io/json_file.hpp"
#include "pipeline/base/file.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/model_section.hpp"
#include "stages/compare/contender_file.hpp"
#include "stages/compare/loss_table.hpp"
#include "stages/compare/nested_choice.hpp"
#include "stages/compare/results_text.hpp"

namespace setsz {
namespace {

std::string scores_of(std::string const& snapshot, std::string const& model, Member const& member) {
  return concat("evaluate/", snapshot, "/", model, "/", member.name());
}

bool is_made(StageList const& stages, std::string const& id) {
  return std::any_of(stages.begin(), stages.end(),
                     [&](auto const& stage) { return stage->id() == id; });
}

/// The model files behind a model's scores that a stage of this run trains.
std::vector<CompareStage::Entry::Network> trained_here(Axes const& axes,
                                                       std::string const& snapshot,
                                                       std::string const& model,
                                                       StageList const& stages) {
  std::vector<CompareStage::Entry::Network> files;
  for (std::int64_t fold = 0; fold < axes.n_folds(); ++fold)
    for (auto const seed : axes.seeds(model)) {
      auto const network = axes.network(snapshot, model, fold, seed);
      if (is_made(stages, "train/" + network.path()))
        files.push_back({fold, products::trained(network)});
    }
  return files;
}

/// Of the clusters that extract has flagged: the same in all models of a run.
void add_disagreement(Contender const& contender, std::vector<std::string>& notes) {
  auto const scored =
      std::ranges::count(contender.scores.clusters, true, &ClusterScore::mass_disagrees);
  auto const out = contender.n_left_out;
  if (scored + out == 0) return;
  notes.push_back(concat("The mass of the particles of ", scored + out, " of ",
                         std::ssize(contender.scores.clusters) + out,
                         " clusters disagrees with the catalogue ([extract] mass_agreement); ",
                         out > 0 ? "they are left out" : "they are scored like all others",
                         " ([clusters] mass_disagrees)."));
}

/// Number of particles around each cluster that a model of this run was scored on, by id.
std::map<std::int64_t, std::int64_t> particles_of(std::string const& path,
                                                  std::vector<Contender> const& contenders) {
  auto const first = H5File::open(path).read_all<std::int64_t>("/clusters/first_particle");
  std::map<std::int64_t, std::int64_t> particles;
  for (auto const& contender : contenders)
    for (auto const& score : contender.scores.clusters) {
      require(score.row + 1 < std::ssize(first), ExitCode::bad_data, "'", path, "' has ",
              std::ssize(first) - 1, " clusters, and none in row ", score.row, ", where ",
              contender.name, " was scored; run the stage evaluate again");
      auto const row = static_cast<std::size_t>(score.row);
      particles[score.id] = first[row + 1] - first[row];
    }
  return particles;
}

void require_known(std::vector<std::string> const& wanted, std::vector<std::string> const& models,
                   std::string_view key) {
  for (auto const& name : wanted)
    require(std::find(models.begin(), models.end(), name) != models.end(), ExitCode::config,
            "[compare] ", key, ": there is no [model.", name, "]; the nearest one is ",
            nearest(name, models));
}

/// Does a statement speak of models that exist?
void require_models(Configuration const& configuration, std::string const& section,
                    std::vector<std::string> const& models) {
  auto const statement = configuration.get<StatementOptions>(section).value;
  for (auto const& name : {statement.model, statement.than}) {
    if (name == benchmark_name) continue;
    require(std::find(models.begin(), models.end(), name) != models.end(), ExitCode::config,
            configuration.where(section), ": [", section, "] speaks of '", name,
            "', but there is no [model.", name, "]; the nearest one is ", nearest(name, models));
  }
}

/// Does a statement speak of samples of a model that has some?
void require_samples(Blueprint const& blueprint, std::string const& section) {
  auto const statement = blueprint.configuration.get<StatementOptions>(section).value;
  if (statement.loss == StatedLoss::mean) return;
  bool const here =
      statement.model != benchmark_name && !blueprint.axes.comes_trained(statement.model);
  require(
      here &&
          blueprint.configuration.get<ModelSection>("model." + statement.model).network.has_code(),
      ExitCode::config, blueprint.configuration.where(section), ": [", section,
      "] loss = ", name_of(statement.loss), ", but ", statement.model,
      here ? " has no module `stochastic`" : " has no scores of samples",
      "; take loss = mean, or a model with samples");
}

}  // namespace

void CompareOptions::declare(OptionList& options) {
  options.add("models", models, {.help = "NAMEs of the [model.NAME] to compare; empty: all"});
  options.add("reference", reference,
              {.help = "the model against which the others are set; empty: the first one"});
  options.add("choose", choose,
              {.help = "models of which one more row takes, in each fold, the one with the best "
                       "validation there: what a choice among them is worth on clusters that had "
                       "no say in it"});
  options.add(
      "also", also,
      {.help = "scores.json of other runs with the same clusters and voxels, such as those of "
               "an earlier version; each is compared at the snapshot with its name",
       .is_path = true});
  options.add(
      "settings_tried", settings_tried,
      {.help = "how many settings were tried before these, and on which clusters; a number or "
               "words, for results.md"});
  options.add("resamples", resamples,
              {.help = "bootstrap samples behind each interval", .min = 10, .max = 1e6});
  options.add("mass_bins", mass_bins, {.help = "bins of mass in the tables", .min = 1, .max = 50});
}

void StatementOptions::declare(OptionList& options) {
  options.add("text", value.text, {.help = "the statement in words, for results.md"});
  options.add("source", value.source, {.help = "who says so, and where"});
  options.add("model", value.model, {.help = "NAME of the [model.NAME] of which it speaks"});
  options.add("loss", value.loss,
              {{"mean", StatedLoss::mean},
               {"sampled", StatedLoss::sampled},
               {"reconstructed", StatedLoss::reconstructed}},
              {.help = "loss of model: of its prediction; of single samples; of the reconstruction "
                       "with the code that the gas implies (the last two: of models with the "
                       "module stochastic)"});
  options.add("than", value.than,
              {.help = "the model with which it is compared, or benchmark: the fitted profile"});
  options.add("above", value.above,
              {.help = "it says: loss of model / loss of than is larger than this", .min = 0});
  options.add("below", value.below, {.help = "and smaller than this", .min = 0});
}

void StatementOptions::validate() const {
  require(value.above < value.below, ExitCode::config, "above = ", value.above,
          " is not smaller than below = ", value.below, "; no ratio of losses lies between them");
}

CompareStage::CompareStage(Blueprint const& blueprint, std::string snapshot,
                           std::vector<Entry> entries, std::vector<std::string> not_scored)
    : snapshot_(std::move(snapshot)),
      entries_(std::move(entries)),
      not_scored_(std::move(not_scored)) {
  record_ = {.stage = "compare", .instance = snapshot_, .version = 5};
  for (auto const& entry : entries_) {
    record_.inputs.push_back(entry.scores);
    for (auto const& network : entry.networks) record_.inputs.push_back(network.file);
  }
  record_.inputs.push_back(products::particles(snapshot_));
  record_.outputs = {"results.json", "results.md", "losses.csv"};
  options_ = record_.take<CompareOptions>(blueprint.configuration);
  for (auto const& name : blueprint.configuration.names("statement")) {
    auto const options =
        record_.take<StatementOptions>(blueprint.configuration, "statement." + name);
    statements_.push_back(options.value);
    statements_.back().name = name;
  }
  record_.files = [files = options_.also] {
    for (auto const& file : files)
      require(std::filesystem::is_regular_file(file), ExitCode::missing_input, "no scores '", file,
              "' (from [compare] also); give the scores.json of another run");
    return files;
  };
}

/// Two models of other runs that would have one name in the tables.
void CompareStage::preflight(Comm const& comm, Outlook&) const {
  on_root(comm, "", [&] {
    std::map<std::string, std::string> known;
    for (auto const& path : record_.files()) {
      auto const [snapshot, other] = read_scores(path);
      if (snapshot != snapshot_) continue;
      auto const name = name_in_other_run(path, other.name);
      auto const [first, is_new] = known.emplace(name, path);
      require(is_new, ExitCode::config, "[compare] also: '", first->second, "' and '", path,
              "' would both be called ", name, " (model@folder of the run) at ", snapshot_,
              "; remove one, or rename one of the folders");
    }
  });
}

Estimate CompareStage::estimate(Outlook const&, int) const {
  auto const n = real(entries_.size() + options_.also.size());
  constexpr double seconds_of_report = 0.5, seconds_of_pair = 0.1, page_bytes = 3000;
  return {.memory_bytes = n * 1e6,
          .output_bytes = n * 3 * page_bytes,
          .seconds = n * seconds_of_report + n * n / 2 * seconds_of_pair,
          .note = concat(n, n == 1 ? " model" : " models")};
}

std::vector<Contender> CompareStage::read_contenders(Context const& context) const {
  std::vector<Contender> contenders;
  for (auto const& entry : entries_) {
    auto contender = read_scores(context.product(entry.scores)).contender;
    for (auto const& [fold, file] : entry.networks) {
      auto const path = context.product(file);
      if (auto const ratio = validation_of(path)) contender.validation[fold].push_back(*ratio);
      auto const seconds = core_seconds_of(path);
      if (!seconds) continue;
      contender.core_seconds += *seconds;
      ++contender.n_networks;
    }
    contenders.push_back(std::move(contender));
  }
  return contenders;
}

void CompareStage::add_choice(std::vector<Contender>& contenders,
                              std::vector<std::string>& notes) const {
  if (options_.choose.empty()) return;
  std::vector<Contender> candidates;
  for (auto const& name : options_.choose) {
    auto const found = std::ranges::find(contenders, name, &Contender::name);
    require(found != contenders.end(), ExitCode::config, "[compare] choose = ", name,
            " is not compared at ", snapshot_, "; list it in models, and score it");
    candidates.push_back(*found);
  }
  auto choice = choose_by_validation(candidates);
  std::string taken;
  for (auto const& [fold, model, validation] : choice.folds)
    taken += concat(taken.empty() ? "" : ", ", model, " in fold ", fold);
  notes.push_back(concat("choice takes, of ", join(options_.choose, ", "),
                         ", the model with the best validation in each fold: ", taken, "."));
  contenders.push_back(std::move(choice.contender));
}

void CompareStage::add_others(std::vector<Contender>& contenders,
                              std::vector<std::string>& notes) const {
  for (auto const& path : options_.also) {
    auto [snapshot, other] = read_scores(path);
    if (snapshot != snapshot_) continue;
    other.name = name_in_other_run(path, other.name);
    require_same_voxels(contenders.front(), other);
    auto const dropped = take_benchmark(other, contenders.front());
    renew_sample_losses(other, {options_.resamples});
    notes.push_back(concat(other.name, " is of another run (", path,
                           "); its losses are divided by the benchmark of this run."));
    if (other.seeds.empty() && other.n_in_mean() > 1)
      notes.push_back(concat(other.name,
                             ": its scores.json does not list its seeds (an earlier "
                             "version has made it), so that its mean of ",
                             other.n_in_mean(), " networks is also compared with single ones."));
    if (dropped > 0)
      notes.push_back(
          concat(other.name, ": ", dropped, " clusters that this run has not are left out."));
    contenders.push_back(std::move(other));
  }
}

std::size_t CompareStage::place_of_reference(std::vector<Contender> const& contenders) const {
  if (options_.reference.empty()) return 0;
  std::vector<std::string> names;
  for (auto const& contender : contenders) names.push_back(contender.name);
  auto const found = std::find(names.begin(), names.end(), options_.reference);
  require(found != names.end(), ExitCode::config, "[compare] reference = ", options_.reference,
          " is not compared at ", snapshot_, "; take one of ", join(names, ", "));
  return static_cast<std::size_t>(found - names.begin());
}

void CompareStage::run(Context& context) {
  auto const& comm = context.comm();
  nlohmann::json results;
  std::string page, losses;
  collectively(comm, "compare", [&] {
    auto contenders = read_contenders(context);
    auto const particles =
        particles_of(context.product(products::particles(snapshot_)), contenders);
    std::vector<std::string> notes;
    for (auto const& model : not_scored_)
      notes.push_back(concat(model, " is left out: no stage scores it at ", snapshot_, "."));
    add_disagreement(contenders.front(), notes);
    add_choice(contenders, notes);
    add_others(contenders, notes);
    results = compare_models(
        contenders, {.scores = {.bootstrap = {options_.resamples}, .mass_bins = options_.mass_bins},
                     .reference = place_of_reference(contenders),
                     .settings_tried = options_.settings_tried});
    results["statements"] = judge(statements_, contenders, {options_.resamples});
    results["format_version"] = 4;
    results["snapshot"] = snapshot_;
    results["notes"] = notes;
    page = results_text(results);
    losses = loss_table(contenders, particles);
  });
  write_json(comm, context.part("results.json"), results);
  on_root(comm, "compare: writing the tables", [&] {
    for (auto const& [name, text] : {std::pair("results.md", &page), {"losses.csv", &losses}}) {
      durable::Writer file(context.part(name));
      file.write(*text);
      file.sync();
    }
  });
  for (auto const& model : results["models"])
    context.note(model["model"].get<std::string>(), model["L_opt"]);
}

void add_compare_stages(Blueprint const& blueprint, StageList& stages) {
  auto const& axes = blueprint.axes;
  auto const options = blueprint.configuration.get<CompareOptions>();
  require_known(options.models, axes.models(), "models");
  auto const& models = options.models.empty() ? axes.models() : options.models;
  require_known(options.choose, models, "choose");
  bool const of_this_run =
      !options.reference.empty() && options.reference.find('@') == std::string::npos;
  if (of_this_run) require_known({options.reference}, models, "reference");
  for (auto const& name : blueprint.configuration.names("statement")) {
    require_models(blueprint.configuration, "statement." + name, axes.models());
    require_samples(blueprint, "statement." + name);
  }
  for (auto const& snapshot : axes.snapshots()) {
    std::vector<CompareStage::Entry> entries;
    std::vector<std::string> not_scored;
    for (auto const& model : models) {
      auto const scores = scores_of(snapshot, model, axes.painted(model));
      if (is_made(stages, scores))
        entries.push_back(
            {model, scores + "/scores.json", trained_here(axes, snapshot, model, stages)});
      else
        not_scored.push_back(model);
    }
    if (!entries.empty())
      stages.push_back(std::make_unique<CompareStage>(blueprint, snapshot, entries, not_scored));
  }
}

}  // namespace setsz
