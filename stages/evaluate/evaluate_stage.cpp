// SPDX-License-Identifier: BSD-3-Clause
#include "stages/evaluate/evaluate_stage.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "io/json_file.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/run/stop_signal.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/model_section.hpp"
#include "stages/common/residuals_section.hpp"
#include "stages/common/score_report.hpp"
#include "stages/evaluate/benchmark_file.hpp"
#include "stages/evaluate/figures_work.hpp"
#include "stages/evaluate/scores.hpp"
#include "stages/evaluate/y_mass.hpp"

namespace setsz {
namespace {

constexpr std::int64_t n_shells = 20;

/// A key of [predict], which that stage declares in full.
struct SampleKey {
  static constexpr std::string_view section = "predict";
  std::int64_t samples = default_samples;
  void declare(OptionList& options) { declare_samples(options, samples); }
  void validate() const {}
};

/// A fold's predictions and benchmark; of a mean also the predictions that it is the mean of.
struct Fold {
  CubeFile predictions;
  Benchmark benchmark;
  std::vector<CubeFile> seeds;
};

/// A cluster to score: its row and the fold (or part of the single split) it is tested in.
struct Task {
  std::int64_t row, fold;
};

/// All clusters of one part, in the order of their rows.
std::vector<Task> tasks_of(ClusterTable const& table, Split part) {
  std::vector<Task> tasks;
  for (std::int64_t row = 0; row < table.size(); ++row)
    for (std::int64_t fold = 0; fold < table.n_folds; ++fold)
      if (table.split_of(row, fold) == part) tasks.push_back({row, fold});
  return tasks;
}

bool mass_disagrees(Fold const& fold, std::int64_t row) {
  auto const cube = fold.predictions.find(row);
  return cube && fold.predictions.mass_disagrees(*cube);
}

/// Takes those clusters out of which the mass disagrees, if the choice says so. \return them
std::vector<Task> take_out(std::vector<Task>& tasks, std::vector<Fold> const& folds,
                           ClusterChoice const& choice) {
  std::vector<Task> kept, out;
  for (auto const& task : tasks) {
    bool const leave = choice.leaves_out() && mass_disagrees(folds[task.fold], task.row);
    (leave ? out : kept).push_back(task);
  }
  tasks = std::move(kept);
  require(!tasks.empty() || out.empty(), ExitCode::bad_data, "the mass of all ", out.size(),
          " clusters of one part disagrees with the catalogue, and [clusters] mass_disagrees = "
          "leave_out; set keep, or raise [extract] mass_agreement");
  return out;
}

/// Scores and curves of some clusters.
struct Results {
  ScoreTable scores;
  std::vector<double> profiles;      ///< gas, predicted, benchmark by shell, per cluster
  std::vector<std::int64_t> counts;  ///< the same by pressure, summed over the clusters
};

/// The cube of a cluster in a prediction. \pre on the lattice of the gas, else Error(bad_data)
std::int64_t cube_of(CubeFile const& predictions, Cluster const& cluster, Task const& task,
                     CubeLattice const& lattice) {
  auto const& path = predictions.file().path();
  auto const cube = predictions.find(task.row);
  require(cube.has_value(), ExitCode::bad_data, "'", path, "' has no cluster ", cluster.id,
          " (row ", task.row, "), which fold ", task.fold, " tests; predict it again");
  auto const its = predictions.lattice(*cube, cluster.r200c);
  require(lattice.n == its.n && lattice.position == its.position &&
              std::abs(lattice.edge_r200 - its.edge_r200) < 1e-9 * lattice.edge_r200,
          ExitCode::bad_data, "'", path, "': cluster ", cluster.id, " has a cube of ", its.n,
          "^3 voxels and ", its.edge_r200, " R200, the gas one of ", lattice.n, "^3 and ",
          lattice.edge_r200, ", or they differ in voxel_position; predict it again");
  return *cube;
}

/// Loss and Y of the fitted profile.
Benchmark::Row const& benchmark_of(Fold const& fold, Cluster const& cluster, Task const& task) {
  auto const& rows = fold.benchmark.rows;
  require(std::cmp_less(task.row, rows.size()), ExitCode::bad_data, "gnfw.json of fold ", task.fold,
          " has ", rows.size(), " clusters, but clusters.h5 has a row ", task.row);
  auto const& row = rows[task.row];
  require(row.id == cluster.id, ExitCode::bad_data, "gnfw.json of fold ", task.fold, " has id ",
          row.id, " in row ", task.row, ", clusters.h5 ", cluster.id);
  return row;
}

void add_curves(Results& results, ClusterCurves const& curves) {
  for (auto const* profile : {&curves.gas, &curves.predicted, &curves.benchmark})
    results.profiles.insert(results.profiles.end(), profile->begin(), profile->end());
  std::size_t at = 0;
  for (auto const* count : {&curves.gas_count, &curves.predicted_count, &curves.benchmark_count}) {
    results.counts.resize(std::max(results.counts.size(), 3 * count->size()), 0);
    for (auto const n : *count) results.counts[at++] += n;
  }
}

void add_cluster(Results& results, Cluster const& cluster, Task const& task, Fold const& fold,
                 CubeFile const& truth, ClusterTable const& table, FiguresWork* figures) {
  auto const lattice = truth.lattice(task.row, cluster.r200c);
  auto const cube = cube_of(fold.predictions, cluster, task, lattice);
  auto const& benchmark = benchmark_of(fold, cluster, task);
  auto const shape =
      gnfw_shape(fold.benchmark.parameters, cluster.m200c, table.cosmology.h, table.redshift);
  auto const gas = truth.read(task.row), predicted = fold.predictions.read(cube);
  auto const compared =
      compare_cubes(lattice, predicted, gas, shape, n_shells, fold.predictions.flux_strength(cube));
  double const unit = y_unit(cluster, table.cosmology.h) * std::pow(lattice.voxel_r200(), 3);
  ClusterScore const score{.row = task.row,
                           .id = cluster.id,
                           .fold = task.fold,
                           .n_voxels = compared.n_voxels,
                           .m200c = cluster.m200c,
                           .loss = compared.loss,
                           .loss_benchmark = benchmark.loss,
                           .y_pred = unit * compared.sum_predicted,
                           .y_gas = unit * compared.sum_gas,
                           .y_benchmark = benchmark.y,
                           .flux_factor = fold.predictions.flux_factor(cube),
                           .loss_uncorrected = compared.loss_uncorrected,
                           .mass_disagrees = fold.predictions.mass_disagrees(cube)};
  require(std::isfinite(score.loss) && score.loss_benchmark > 0, ExitCode::bad_data, "cluster ",
          cluster.id, ": loss ", score.loss, ", benchmark ", score.loss_benchmark);
  results.scores.clusters.push_back(score);
  for (auto const& seed : fold.seeds) {
    auto its = compare_with_mean(lattice, seed.read(cube_of(seed, cluster, task, lattice)),
                                 predicted, gas);
    its.y_pred *= unit;
    results.scores.seeds.push_back(its);
  }
  add_curves(results, compared.curves);
  if (figures) figures->add({task.row, lattice, gas, predicted, shape});
}

/// Scores `tasks`, each rank its part; all get the scores, rank 0 also those of seeds and profiles.
Results score_all(Comm const& comm, std::vector<Task> const& tasks, ClusterTable const& table,
                  std::vector<Fold> const& folds, CubeFile const& truth,
                  FiguresWork* figures = nullptr) {
  Results results;
  collectively(comm, "evaluate: comparing cubes", [&] {
    Range const mine = even_range(std::ssize(tasks), comm.rank(), comm.size());
    Progress progress("evaluate", real(mine.size()));
    for (std::int64_t i = mine.first; i < mine.last; ++i) {
      auto const& task = tasks[i];
      leave_if_stopped();
      add_cluster(results, table.clusters[task.row], task, folds[task.fold], truth, table, figures);
      progress.update(real(i + 1 - mine.first));
      mark_progress("evaluate");
    }
  });
  results.scores.clusters = comm.all_gather_v(results.scores.clusters);
  results.scores.seeds = comm.gather_v(results.scores.seeds, 0);
  results.scores.n_seeds = folds.empty() ? 0 : std::ssize(folds.front().seeds);
  results.profiles = comm.gather_v(results.profiles, 0);
  results.counts.resize(3 * (histogram_edges().size() + 1), 0);
  comm.all_sum(results.counts);
  return results;
}

/// An entry of the list "clusters" of the profiles.
nlohmann::json profiles_of(Results const& results, std::int64_t cluster) {
  auto const of = [&](std::int64_t part) {
    auto const first = results.profiles.begin() + (3 * cluster + part) * n_shells;
    return std::vector<double>(first, first + n_shells);
  };
  return {{"cluster", results.scores.clusters[static_cast<std::size_t>(cluster)].row},
          {"gas", of(0)},
          {"predicted", of(1)},
          {"benchmark", of(2)}};
}

/// The lists of scores.json that are as long as there are clusters.
std::vector<JsonRows> long_lists(Results const& results) {
  auto const n = std::ssize(results.scores.clusters);
  auto const its = [&](std::int64_t i) { return cluster_to_json(results.scores, std::size_t(i)); };
  return {{"/clusters", n, its},
          {"/profiles/clusters", n, [&](std::int64_t i) { return profiles_of(results, i); }}};
}

nlohmann::json histogram_table(Results const& results) {
  auto const n = static_cast<std::ptrdiff_t>(results.counts.size() / 3);
  nlohmann::json table = {{"log10_pressure_edges", histogram_edges()}};
  std::ptrdiff_t part = 0;
  for (char const* of : {"gas", "predicted", "benchmark"}) {
    auto const first = results.counts.begin() + part++ * n, last = first + n;
    std::vector<std::int64_t> const counts(first + 1, last - 1);
    std::vector<double> errors;
    errors.reserve(counts.size());
    for (auto const count : counts) errors.push_back(std::sqrt(real(count)));
    table[of] = counts;
    table["poisson_error"][of] = errors;
    table["outside"][of] = {{"below", *first}, {"above", *(last - 1)}};
  }
  return table;
}

/// Ids of the clusters of which the mass disagrees: those that are scored, and those left out.
nlohmann::json disagreement_table(ClusterTable const& table, ScoreTable const& scores,
                                  std::vector<Task> const& out) {
  nlohmann::json lists = {{"scored", nlohmann::json::array()},
                          {"left_out", nlohmann::json::array()}};
  for (auto const& score : scores.clusters)
    if (score.mass_disagrees) lists["scored"].push_back(score.id);
  for (auto const& task : out) lists["left_out"].push_back(table.clusters[task.row].id);
  return lists;
}

/// How many of the scored clusters have taught the networks; null where a model does not say.
nlohmann::json count_known(std::vector<Task> const& tasks, std::vector<Fold> const& folds) {
  std::int64_t n = 0;
  for (auto const& [row, fold] : tasks) {
    auto const& predictions = folds[fold].predictions;
    auto const known = predictions.in_training(*predictions.find(row));
    if (!known) return nullptr;
    n += *known;
  }
  return n;
}

void warn_of_known(std::string const& model, nlohmann::json const& n_known, std::size_t n) {
  if (!n_known.is_number() || n_known == 0) return;
  Log::warn("evaluate: ", n_known.get<std::int64_t>(), " of the ", n,
            " scored clusters taught [model.", model,
            "] (the same id, position and mass): the scores show how well it remembers "
            "them, not how well it predicts; score it on another box, or on what its folds left "
            "out (trained_folds)");
}

/// Power of predictions over that of the gas, from half the Nyquist frequency up to it.
nlohmann::json high_k_table(std::vector<double> const& ratios) {
  auto const interval = interval_of(ratios);
  return {{"median", median(ratios)},
          {"of_clusters_68", {interval.p16, interval.p84}},
          {"clusters", ratios}};
}

/// Values that predict has stored for each cluster beside the cubes (an offset of the centre, ...),
/// by dataset name.
nlohmann::json other_columns(CubeFile const& predictions) {
  auto const& file = predictions.file();
  auto columns = nlohmann::json::object();
  for (auto const& name : file.members("/")) {
    if (name == "pressure" || name == "cluster" || file.is_group("/" + name)) continue;
    auto const info = file.info("/" + name);
    bool const number = info.type == H5Type::float32 || info.type == H5Type::float64;
    if (!number || info.shape.size() > 2 || info.shape.front() != predictions.size()) continue;
    auto const values = file.read_all<double>("/" + name);
    if (info.shape.size() == 1) {
      columns[name] = values;
      continue;
    }
    auto rows = nlohmann::json::array();
    auto const width = info.shape[1];
    for (auto at = values.begin(); at != values.end(); at += width)
      rows.push_back(std::vector<double>(at, at + width));
    columns[name] = rows;
  }
  return columns;
}

/// Where training and validation clusters were predicted, by the networks that have seen them, they
/// show how far networks are overfitted; else why there is nothing to show.
nlohmann::json other_parts(Comm const& comm, ClusterTable const& table,
                           std::vector<Fold> const& folds, CubeFile const& truth,
                           ClusterChoice const& choice) {
  auto parts = nlohmann::json::object();
  for (auto const& [part, key] :
       {std::pair(Split::training, "training"), std::pair(Split::validation, "validation")}) {
    auto tasks = tasks_of(table, part);
    take_out(tasks, folds, choice);
    std::erase_if(tasks, [&](Task const& task) {
      return !folds[task.fold].predictions.find(task.row).has_value();
    });
    if (tasks.empty()) continue;
    auto const results = score_all(comm, tasks, table, folds, truth);
    std::vector<double> ratios;
    std::map<std::int64_t, std::vector<double>> of_folds;
    for (auto const& score : results.scores.clusters) {
      ratios.push_back(score.ratio());
      of_folds[score.fold].push_back(score.ratio());
    }
    parts[key] = {{"n_clusters", ratios.size()}, {"L_opt", median(ratios)}};
    for (auto const& [fold, its] : of_folds)
      parts[key]["folds"].push_back(
          {{"fold", fold}, {"n_clusters", its.size()}, {"L_opt", median(its)}});
  }
  if (parts.empty())
    parts["not_scored"] =
        "no training cluster was predicted ([predict] clusters; all predicts them in every fold)";
  return parts;
}

/// What figures and scripts find in scores.json beside the scores and `long_lists`.
void add_tables(nlohmann::json& document, Results const& testing, std::vector<Fold> const& folds) {
  document["format_version"] = 3;
  document["units"] = {{"m200c", "1e10 Msun/h"}, {"y", "(kpc/h)^2, within 2 R200"}};
  document["profiles"]["shell_edges_r200"] = shell_edges(n_shells);
  document["histogram"] = histogram_table(testing);
  auto& columns = document["predict"] = nlohmann::json::array();
  for (auto const& fold : folds)
    columns.push_back(
        {{"clusters", fold.predictions.clusters()}, {"columns", other_columns(fold.predictions)}});
}

}  // namespace

void EvaluateOptions::declare(OptionList& options) {
  options.add("resamples", resamples,
              {.help = "bootstrap samples of clusters and training seeds behind each interval",
               .min = 10,
               .max = 1e6});
  options.add("mass_bins", mass_bins,
              {.help = "bins of mass in the table of scores", .min = 1, .max = 50});
}

EvaluateStage::EvaluateStage(Blueprint const& blueprint, std::string snapshot, std::string model,
                             Member member)
    : snapshot_(std::move(snapshot)),
      model_(std::move(model)),
      member_(member),
      n_folds_(blueprint.axes.n_folds()) {
  if (!member_.seed)
    for (auto const seed : blueprint.axes.seeds(model_)) seeds_.push_back({seed});
  record_ = {.stage = "evaluate",
             .instance = concat(snapshot_, "/", model_, "/", member_.name()),
             .version = 5};
  record_.inputs = {products::clusters(snapshot_), products::pressure(snapshot_)};
  for (std::int64_t fold = 0; fold < n_folds_; ++fold) {
    record_.inputs.push_back(products::gnfw(snapshot_, fold));
    if (fold == 0 || !member_.trained) record_.inputs.push_back(prediction(fold, member_));
    for (auto const& seed : seeds_) record_.inputs.push_back(prediction(fold, seed));
  }
  auto const network = blueprint.configuration.get<ModelSection>("model." + model_).network;
  if (!member_.trained && network.has_code() &&
      blueprint.configuration.get<SampleKey>().samples > 0)
    residuals_of_ = network.needs().residuals_of;
  for (auto const& fold : sample_products())
    record_.inputs.insert(record_.inputs.end(), {fold.samples, fold.residuals});
  record_.outputs = {"scores.json", "figures.h5"};
  record_.settings.add("evaluate.member", member_.name());
  options_ = record_.take<EvaluateOptions>(blueprint.configuration);
  choice_ = take_cluster_choice(blueprint.configuration, record_);
}

/// Of the networks in the prediction, in the order of their scores.
std::vector<std::int64_t> EvaluateStage::training_seeds() const {
  std::vector<std::int64_t> seeds;
  if (member_.seed) seeds.push_back(*member_.seed);
  for (auto const& member : seeds_) seeds.push_back(*member.seed);
  return seeds;
}

std::string EvaluateStage::prediction(std::int64_t fold, Member const& member) const {
  return products::prediction(snapshot_, model_, fold, member);
}

/// By fold; none: the model has no code.
std::vector<SampleFiles> EvaluateStage::sample_products() const {
  std::vector<SampleFiles> folds;
  for (std::int64_t fold = 0; fold < n_folds_ && !residuals_of_.empty(); ++fold) {
    folds.push_back({products::samples(snapshot_, model_, fold, member_),
                     products::residuals(snapshot_, residuals_of_, fold),
                     {}});
    for (auto const& seed : seeds_) folds.back().networks.push_back(prediction(fold, seed));
    if (seeds_.empty()) folds.back().networks.push_back(prediction(fold, member_));
  }
  return folds;
}

void EvaluateStage::preflight(Comm const& comm, Outlook& outlook) const {
  for (std::int64_t fold = 0; fold < n_folds_; ++fold)
    require_part(comm, outlook, snapshot_, fold, Split::testing);
}

Estimate EvaluateStage::estimate(Outlook const& outlook, int n_ranks) const {
  auto const table = expected_clusters(outlook, snapshot_);
  auto const n = real(table.size());
  constexpr double cube_bytes = 1 << 20, row_bytes = 2500, seconds_per_cluster = 0.003;
  return {.memory_bytes = 4 * cube_bytes + n * row_bytes,
          .output_bytes = n * row_bytes,
          .seconds = n * seconds_per_cluster / n_ranks,
          .note = concat(table.size(), " clusters")};
}

/// Collective.
nlohmann::json EvaluateStage::score_samples(Context& context, ScoreTable const& scores,
                                            ClusterTable const& table,
                                            CubeFile const& truth) const {
  auto folds = sample_products();
  for (auto& fold : folds) {
    fold.samples = context.product(fold.samples);
    fold.residuals = context.product(fold.residuals);
    for (auto& network : fold.networks) network = context.product(network);
  }
  auto const sampled = read_samples(context.comm(), scores.clusters, folds, table, truth);
  nlohmann::json report;
  on_root(context.comm(), "evaluate: scores of samples",
          [&] { report = sample_report(sampled, options_.mass_bins, {options_.resamples}); });
  for (auto const* key : {"coverage", "L_opt"})
    context.note(concat("stochastic_", key), report[key]);
  context.note("latent_nats", report["latent"]["nats"]);
  return report;
}

void EvaluateStage::run(Context& context) {
  auto const& comm = context.comm();
  auto const table = read_clusters(comm, context.product(products::clusters(snapshot_)));
  std::optional<CubeFile> truth;
  std::vector<Fold> folds;
  collectively(comm, "evaluate: opening the inputs", [&] {
    truth.emplace(context.product(products::pressure(snapshot_)));
    require(table.n_folds == n_folds_, ExitCode::config, "clusters.h5 has ", table.n_folds,
            " folds, [catalog] folds is ", n_folds_);
  });
  for (std::int64_t fold = 0; fold < n_folds_; ++fold) {
    auto benchmark = read_benchmark(comm, context.product(products::gnfw(snapshot_, fold)));
    collectively(comm, "evaluate: opening the inputs", [&] {
      folds.push_back(
          {CubeFile(context.product(prediction(fold, member_))), std::move(benchmark), {}});
      for (auto const& seed : seeds_)
        folds.back().seeds.emplace_back(context.product(prediction(fold, seed)));
    });
  }

  nlohmann::json document;
  auto tasks = tasks_of(table, Split::testing);
  std::vector<Task> out;
  collectively(comm, "evaluate", [&] { out = take_out(tasks, folds, choice_); });
  std::vector<std::int64_t> rows;
  rows.reserve(tasks.size());
  for (auto const& task : tasks) rows.push_back(task.row);
  FiguresWork figures(table, rows);
  Results const testing = score_all(comm, tasks, table, folds, *truth, &figures);
  auto const high_k = comm.gather_v(figures.high_k_ratios(), 0);
  on_root(comm, "evaluate: the scores", [&] {
    document =
        score_report(testing.scores,
                     {.bootstrap = {options_.resamples}, .mass_bins = options_.mass_bins}, model_);
    document["model"] = model_;
    document["member"] = member_.name();
    document["training_seeds"] = training_seeds();
    document["snapshot"] = snapshot_;
    document["trained_on_these"] = count_known(tasks, folds);
    document["mass_disagrees"] = disagreement_table(table, testing.scores, out);
    document["y_mass"] = y_mass_report(testing.scores.clusters, options_.resamples);
    document["high_k_power_ratio"] = high_k_table(high_k);
    add_tables(document, testing, folds);
  });
  if (!residuals_of_.empty())
    document["stochastic"] = score_samples(context, testing.scores, table, *truth);
  document["other_parts"] = other_parts(comm, table, folds, *truth, choice_);
  warn_of_known(model_, document["trained_on_these"], tasks.size());
  context.note("trained_on_these", document["trained_on_these"]);
  context.note("mass_disagrees", document["mass_disagrees"]["scored"].size());
  context.note("left_out", out.size());
  write_json(comm, context.part("scores.json"), document, long_lists(testing));
  figures.write(comm, context.part("figures.h5"));
  for (auto const* key : {"n_clusters", "L_opt", "L_opt_68", "L_opt_95", "interval_holds",
                          "mean_ratio", "ratio_of_sums"})
    context.note(key, document[key]);
  context.note("Y_pred_over_gas", document["y"]["sum_pred_over_gas"]);
  context.note("Y_benchmark_over_gas", document["y"]["sum_benchmark_over_gas"]);
  context.note("other_parts", document["other_parts"]);
}

void add_evaluate_stages(Blueprint const& blueprint, StageList& stages) {
  auto const& axes = blueprint.axes;
  for (auto const& snapshot : axes.snapshots())
    for (auto const& model : axes.models())
      for (auto const& member : axes.members(model))
        stages.push_back(std::make_unique<EvaluateStage>(blueprint, snapshot, model, member));
}

}  // namespace setsz
