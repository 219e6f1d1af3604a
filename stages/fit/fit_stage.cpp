// SPDX-License-Identifier: BSD-3-Clause
#include "stages/fit/fit_stage.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "io/json_file.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/run/stop_signal.hpp"
#include "pipeline/run/work_loop.hpp"
#include "stages/common/expected.hpp"
#include "stages/fit/fit_report.hpp"
#include "stages/fit/skirt_stage.hpp"

namespace setsz {
namespace {

/// Trivially copyable, to travel from the rank that fitted, and through the journal.
struct Attempt {
  std::int64_t start;
  GnfwParameters parameters;
  double cost, pull;
  bool converged;
  FitEdges edges;
};

Attempt attempt_of(std::int64_t start, FitResult const& result) {
  return {start, result.parameters, result.cost, result.pull, result.converged, result.edges};
}

/// The fits from all starting points, one after the other; they are the units of the journal.
class Attempts {
 public:
  /// Collective. \return nothing if it was given up
  using Fit = std::function<std::optional<Attempt>(std::int64_t start)>;
  Attempts(Context& context, std::int64_t n_starts, Fit fit)
      : context_(context), n_starts_(n_starts), fit_(std::move(fit)) {}

  /// Collective. \return in the order of the starts, on all ranks
  std::vector<Attempt> all() {
    work_through(context_, {.label = "fit",
                            .unit = "starts",
                            .end = n_starts_,
                            .restore = [this] { restore(); },
                            .step = [this](std::int64_t done) { return step(done); },
                            .save = [this](std::int64_t done) { save(done); }});
    auto attempts = context_.comm().all_gather_v(own_);
    std::sort(attempts.begin(), attempts.end(),
              [](auto const& a, auto const& b) { return a.start < b.start; });
    return attempts;
  }

 private:
  void restore() {
    context_.journal().for_each([this](Journal::Record const& record) {
      require(record.bytes.size() == sizeof(Attempt), ExitCode::bad_data,
              "a fit in the journal has ", record.bytes.size(), " bytes, expected ",
              sizeof(Attempt), "; run with --force to discard the journal");
      std::memcpy(&own_.emplace_back(), record.bytes.data(), sizeof(Attempt));
    });
    n_saved_ = std::ssize(own_);
  }
  std::int64_t step(std::int64_t done) {
    auto const attempt = fit_(done);
    if (!attempt) return done;
    if (context_.comm().is_root()) own_.push_back(*attempt);
    return done + 1;
  }
  void save(std::int64_t done) {
    for (; n_saved_ < std::ssize(own_); ++n_saved_) {
      auto const& attempt = own_[n_saved_];
      context_.journal().append(attempt.start, std::as_bytes(std::span(&attempt, 1)));
    }
    context_.journal().commit(done);
  }

  Context& context_;
  std::int64_t n_starts_;
  Fit fit_;
  std::vector<Attempt> own_;  ///< of this run on rank 0, of earlier ones anywhere
  std::int64_t n_saved_ = 0;
};

/// Says which parameters rest on an edge; lists them in the report.
void report_edges(Context& context, nlohmann::json& document, std::string const& fit,
                  FitEdges const& edges) {
  auto const texts = edge_texts(edges);
  document["at_edge"][fit] = texts;
  if (texts.empty()) return;
  context.note(fit + "_at_edge", join(texts, ", "));
  if (out_of_range(edges))
    Log::warn("fit: parameters of the ", fit, " fit rest on the edge of their range (",
              join(texts, ", "),
              "): the clusters do not determine them; set [fit] core = free, or lower [catalog] "
              "mass_min for more clusters");
  else
    Log::info("fit: the ", fit, " profile has no core: ", join(texts, ", "));
}

}  // namespace

void FitOptions::declare(OptionList& options) {
  options.add("starts", starts,
              {.help = "starting points of the benchmark fit; the lowest minimum is used",
               .min = 1,
               .max = 1000});
  options.add("mass_bins", mass_bins,
              {.help = "mass bins in which the flux fit is unbiased", .min = 1, .max = 50});
  options.add(
      "core", core,
      {.unit = "R200",
       .help = "core of the profiles, one number for all masses: free (fitted to the "
               "benchmark, 0.001 to 0.5; the flux fit has none, 0.001), or a value for both; "
               "0.001: as published"});
}

std::optional<double> FitOptions::fixed_core() const {
  if (core == "free") return std::nullopt;
  double value = 0;
  auto const [end, error] = std::from_chars(core.data(), core.data() + core.size(), value);
  require(error == std::errc{} && end == core.data() + core.size() && value >= smallest_gnfw_core &&
              value <= largest_gnfw_core,
          ExitCode::config, "[fit] core = ", core, " is neither free nor a number from ",
          smallest_gnfw_core, " to ", largest_gnfw_core);
  return value;
}

FitStage::FitStage(Configuration const& configuration, SnapshotInstance const& instance,
                   std::int64_t fold)
    : snapshot_(instance.name), fold_(fold), seed_(configuration.get<RunOptions>().seed) {
  record_ = {.stage = "fit", .instance = concat(snapshot_, "/fold", fold_), .version = 4};
  record_.inputs = {products::clusters(snapshot_), products::pressure(snapshot_)};
  record_.outputs = {"gnfw.json"};
  record_.settings.add("fit.fold", fold_);
  record_.settings.add("run.seed", seed_);
  options_ = record_.take<FitOptions>(configuration);
  clusters_ = take_cluster_choice(configuration, record_);
  if (clusters_.leaves_out()) record_.inputs.push_back(products::particles(snapshot_));
}

void FitStage::preflight(Comm const& comm, Outlook& outlook) const {
  require_part(comm, outlook, snapshot_, fold_, Split::training);
}

Estimate FitStage::estimate(Outlook const& outlook, int n_ranks) const {
  auto const table = expected_clusters(outlook, snapshot_);
  auto const n = real(table.size());
  auto const training = real(table.rows_of(Split::training, fold_).size());
  constexpr double cube_bytes = 1 << 20, sums_bytes = 330 * 16, read_bytes_per_second = 5e8;
  constexpr double report_bytes = 100, line_bytes = 220;  // a cluster, on rank 0; in the report
  constexpr double seconds_per_cluster_and_start = 8e-4, seconds_flux = 0.1;
  Estimate estimate;
  estimate.memory_bytes = 4 * cube_bytes + n * sums_bytes / n_ranks + n * report_bytes +
                          2 * training * sizeof(FluxCluster);
  estimate.output_bytes = line_bytes * n;
  estimate.seconds = (n * cube_bytes / read_bytes_per_second +
                      training * real(options_.starts) * seconds_per_cluster_and_start) /
                         n_ranks +
                     seconds_flux;
  estimate.note = concat(training, " training clusters, ", options_.starts, " starts");
  return estimate;
}

FitResult FitStage::fit_from_all_starts(Context& context, FitShare const& share,
                                        FitFrame const& frame) const {
  auto const& comm = context.comm();
  SharedResiduals residuals(comm, share.blocks(), frame);
  BenchmarkProblem const problem{
      .pivot = frame.pivot,
      .scatter = share.mean_scatter(),
      .residuals = [&](FitPoint const& point) { return residuals.at(point); }};
  auto const fit = [&](std::int64_t start) -> std::optional<Attempt> {
    Attempt attempt{};
    residuals.lead([&] {
      auto const r = fit_benchmark(problem, fit_start(seed_, fold_, start), options_.fixed_core(),
                                   [&] { return residuals.stop_asked(); });
      attempt = attempt_of(start, r);
    });
    if (residuals.stop_asked()) return std::nullopt;
    return comm.broadcast(attempt, 0);
  };
  auto const all = Attempts(context, options_.starts, fit).all();
  std::size_t best = all.size();
  std::int64_t n_converged = 0, n_same = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    n_converged += all[i].converged;
    if (all[i].converged && (best == all.size() || all[i].cost < all[best].cost)) best = i;
  }
  if (best == all.size())
    throw CollectiveError(
        ExitCode::diverged,
        concat("fit: none of ", all.size(), " starts converged (", frame.n_clusters,
               " training clusters); raise [fit] starts or lower "
               "[catalog] mass_min for more clusters"));
  for (auto const& attempt : all)
    n_same += attempt.converged && attempt.cost < all[best].cost * (1 + 1e-6);
  context.note("starts_converged", n_converged);
  context.note("starts_in_the_best_minimum", n_same);
  return {all[best].parameters, all[best].cost, all[best].pull, true, all[best].edges, ""};
}

FitResult FitStage::flux_fit(Comm const& comm, FitShare const& share, double h) const {
  auto const [clusters, n_radii] = share.flux_clusters();
  Attempt flux{};
  on_root(comm, "fit: the flux-true profile", [&, &clusters = clusters, &n_radii = n_radii] {
    // From the TNG-like profile, not from the benchmark: that may lie at the far end of a valley.
    auto const result = fit_flux(clusters, n_radii, h, options_.mass_bins,
                                 {.core = options_.fixed_core().value_or(smallest_gnfw_core)});
    require(result.converged, ExitCode::diverged,
            "the flux fit did not converge: ", result.message);
    flux = attempt_of(0, result);
  });
  flux = comm.broadcast(flux, 0);
  return {flux.parameters, flux.cost, flux.pull, flux.converged, flux.edges, ""};
}

void FitStage::run(Context& context) {
  auto const& comm = context.comm();
  auto const table =
      read_clusters(comm, context.product(products::clusters(snapshot_)), clusters_,
                    clusters_.leaves_out() ? context.product(products::particles(snapshot_)) : "");
  auto const training = table.rows_of(Split::training, fold_);
  collectively(comm, "fit: opening the inputs", [&] {
    require(
        !training.empty(), ExitCode::bad_data, "fold ", fold_, " has no training cluster",
        clusters_.leaves_out() ? " whose mass agrees ([clusters] mass_disagrees = leave_out)" : "",
        "; lower [catalog] mass_min");
  });
  FitShare const share(comm, table, fold_, context.product(products::pressure(snapshot_)));
  std::vector<double> masses;
  masses.reserve(training.size());
  for (auto const row : training) masses.push_back(table.clusters[row].m200c);
  double const h = table.cosmology.h;
  auto const benchmark = fit_from_all_starts(
      context, share,
      {.h = h, .pivot = mean_log_mass(masses, h), .n_clusters = real(masses.size())});
  auto const flux = flux_fit(comm, share, h);

  nlohmann::json document;
  auto const figures = share.figures(benchmark.parameters, flux.parameters);
  on_root(comm, "fit: the figures of all clusters", [&] {
    document = fit_report(table, fold_, figures, benchmark.parameters, flux.parameters,
                          options_.mass_bins);
    document["training_loss"] = benchmark.cost - benchmark.pull;
  });
  report_edges(context, document, "benchmark", benchmark.edges);
  report_edges(context, document, "flux", flux.edges);
  write_json(comm, context.part("gnfw.json"), document,
             {{"/clusters", std::ssize(figures), [&](std::int64_t row) {
                 return fit_report_row(table, fold_, row, figures[static_cast<std::size_t>(row)]);
               }}});
  context.note("training_clusters", training.size());
  context.note("training_loss", benchmark.cost - benchmark.pull);
  context.note("benchmark", document["benchmark"]);
  context.note("mass_bins", document["training_mass_bins"]);
}

void add_fit_stages(Blueprint const& blueprint, StageList& stages) {
  for (auto const& instance : blueprint.snapshots) {
    for (std::int64_t fold = 0; fold < blueprint.axes.n_folds(); ++fold)
      stages.push_back(std::make_unique<FitStage>(blueprint.configuration, instance, fold));
    stages.push_back(std::make_unique<SkirtStage>(blueprint.configuration, instance));
  }
}

}  // namespace setsz
