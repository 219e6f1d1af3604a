// SPDX-License-Identifier: BSD-3-Clause
#include "model/trainer.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/text.hpp"

namespace setsz {

namespace {

/// The group of one tensor.
ParameterGroup group_of(ParameterInfo const& info, LearningGroups const& groups) {
  auto const& group = groups.of(info.module);
  bool const decays = info.decays == Decays::yes && !group.frozen;
  return {info.module, info.first, info.first + info.size(), group.frozen ? 0 : group.max_rate,
          decays ? group.weight_decay : 0};
}

bool all_finite(auto const& values) {
  return std::ranges::all_of(values, [](auto value) { return std::isfinite(value); });
}

/// The first tensor, in the order of the network, that has a number that is not finite; "" if none.
std::string first_not_finite(ParameterLayout const& layout, std::span<float const> values) {
  for (auto const& info : layout.tensors())
    if (!all_finite(values.subspan(info.first, info.size()))) return info.name;
  return {};
}

bool is_finite(Particle const& p) { return std::isfinite(norm2(position(p)) + norm2(velocity(p))); }

/// What of a batch is not finite before any parameter acts on it, and what after that; "" if
/// nothing is.
std::string not_finite_in(TargetBatch const& batch, Network const& network) {
  if (!all_finite(batch.truth)) return "the gas pressure";
  auto const finite = [](Particle const& particle) { return is_finite(particle); };
  if (!std::ranges::all_of(batch.local, finite) ||
      !std::ranges::all_of(batch.cluster_particles, finite))
    return "a particle";
  if (!all_finite(batch.columns)) return "a moment of particles";
  for (auto const& [name, values] : network.cluster_state(batch))
    if (!all_finite(values)) return concat("the state '", name, "'");
  if (!all_finite(network.predict(batch))) return "the prediction";
  return {};
}

bool is_finite(Trainer::LaneReport const& report) { return std::isfinite(report.loss); }

[[noreturn]] void fail_diverged(std::vector<Trainer::LaneReport> const& reports, std::int64_t step,
                                std::string const& first) {
  std::vector<std::int64_t> all, bad;
  for (auto const& report : reports) {
    if (report.cluster < 0) continue;
    all.push_back(report.cluster);
    if (!is_finite(report)) bad.push_back(report.cluster);
  }
  auto& named = bad.empty() ? all : bad;
  std::ranges::sort(named);
  named.erase(std::unique(named.begin(), named.end()), named.end());
  fail(ExitCode::diverged, "training diverged at step ", step, " (",
       bad.empty() ? "the gradient" : "the loss", " is not finite; cluster rows ",
       human_ranges(named), "; first not finite: ", first,
       "); lower the learning rates [train] rate_*, or check the pressure of these clusters");
}

}  // namespace

std::vector<ParameterGroup> parameter_groups(ParameterLayout const& layout,
                                             TrainerSettings const& settings) {
  std::vector<ParameterGroup> groups;
  for (auto const& info : layout.tensors()) {
    auto const next = group_of(info, settings.groups);
    bool const joins = !groups.empty() && groups.back().name == next.name &&
                       groups.back().weight_decay == next.weight_decay;
    if (joins)
      groups.back().last = next.last;
    else
      groups.push_back(next);
  }
  return groups;
}

Trainer::Trainer(Comm const& comm, Network network, TrainerSettings const& settings)
    : comm_(comm),
      network_(std::move(network)),
      states_(network_.options()),
      settings_(settings),
      optimizer_(parameter_groups(network_.layout(), settings), settings.schedule, settings.decay),
      sum_(comm, network_.layout().size()),
      gradient_(network_.parameters().size()) {
  collectively(comm_, "training: device", [&] { network_.use(settings.device, comm_.rank()); });
}

/// Gives the gradients of the own lanes to their sum.
std::vector<Trainer::LaneReport> Trainer::accumulate(std::vector<Lane> const& lanes) {
  sum_.begin(std::ssize(lanes));
  Range const own = sum_.own_lanes();
  std::vector<LaneReport> reports;
  std::vector<double> pulls(own.size() * states_.size(), 0);
  collectively(comm_, "training step", [&] {
    ClusterState known;
    std::int64_t known_cluster = -1;
    for (auto const& [number, batch] : lanes) {
      auto const place = std::ssize(reports);
      require(number == own.first + place, ExitCode::internal, "lane ", number,
              " came to a wrong rank");
      if (states_.size() > 0 && batch.cluster_row != known_cluster) {
        known = network_.cluster_state(batch);
        known_cluster = batch.cluster_row;
      }
      std::ranges::fill(network_.gradient(), 0.0F);
      ClusterState pull;
      double const loss =
          states_.size() > 0
              ? network_.accumulate_gradient(batch, batch.share, settings_.seed, settings_.chunk,
                                             known, pull)
              : network_.accumulate_gradient(batch, batch.share, settings_.seed, settings_.chunk);
      reports.push_back({loss, batch.share, batch.cluster_row, batch.size()});
      states_.add(pull, std::span(pulls).subspan(place * states_.size(), states_.size()));
      sum_.put_gradient(number, network_.gradient());
    }
  });
  if (states_.size() > 0) propagate(lanes, pulls, reports);
  return reports;
}

/// What the lanes of a cluster share is differentiated by the rank that has its first lane.
void Trainer::propagate(std::vector<Lane> const& lanes, std::vector<double> const& own_pulls,
                        std::vector<LaneReport>& reports) {
  auto const all = sum_.gather(reports);
  auto const n = states_.size();
  auto const pulls = sum_.gather(own_pulls, n);
  collectively(comm_, "training step", [&] {
    for (auto const& [number, batch] : lanes) {
      if (number > 0 && all[number - 1].cluster == batch.cluster_row) continue;
      std::vector<double> pull(n, 0);
      std::int64_t n_targets = 0;
      for (std::size_t lane = number; lane < all.size(); ++lane) {
        if (all[lane].cluster != batch.cluster_row) break;
        n_targets += all[lane].n_targets;
        for (std::int64_t i = 0; i < n; ++i) pull[i] += pulls[lane * n + i];
      }
      std::ranges::fill(network_.gradient(), 0.0F);
      reports[number - sum_.own_lanes().first].loss +=
          network_.propagate(batch, states_.states(pull), batch.share, n_targets);
      sum_.add_gradient(number, network_.gradient());
    }
  });
}

/// Where the first number that is not finite arose: in the data, a parameter, what the network
/// makes of both, or the gradient. Collective; the same text on every rank.
std::string Trainer::origin_of_failure(std::vector<Lane> const& lanes) const {
  std::string text;
  collectively(comm_, "training step", [&] {
    for (auto const& [number, batch] : lanes) {
      auto const what = not_finite_in(batch, network_);
      if (what.empty()) continue;
      text = concat(what, " of cluster row ", batch.cluster_row);
      break;
    }
  });
  auto const parameter = first_not_finite(network_.layout(), network_.parameters());
  if (!parameter.empty()) return concat("the parameter '", parameter, "'");
  if (!text.empty()) text += '\n';
  std::string const of_all = [&] {
    auto const characters = comm_.all_gather_v(std::vector<char>(text.begin(), text.end()));
    return std::string(characters.begin(), characters.end());
  }();
  if (!of_all.empty()) return of_all.substr(0, of_all.find('\n'));
  return concat("the gradient of '", first_not_finite(network_.layout(), gradient_), "'");
}

StepResult Trainer::step(std::vector<Lane> const& lanes) {
  StepResult result;
  auto const all = sum_.gather(accumulate(lanes));
  for (auto const& report : all) {
    result.lane_losses.push_back(report.loss);
    result.loss += report.loss * report.share;
  }
  sum_.sum_gradients(gradient_);
  for (auto const& info : network_.layout().tensors())  // they have no part in the norm either
    if (settings_.groups.of(info.module).frozen)
      std::fill_n(gradient_.begin() + info.first, info.size(), 0.0F);
  // All ranks hold the same numbers here: they agree without another word.
  double const norm = euclidean_norm(gradient_);
  auto const finite = [](LaneReport const& report) { return is_finite(report); };
  if (!std::isfinite(norm) || !std::ranges::all_of(all, finite))
    fail_diverged(all, optimizer_.steps_done(), origin_of_failure(lanes));
  result.gradient_norm = optimizer_.step(network_.parameters(), gradient_, settings_.max_norm);
  return result;
}

std::vector<Trainer::LaneErrors> Trainer::evaluate(
    std::vector<Lane> const& lanes, std::function<GnfwShape(std::int64_t)> const& benchmark) const {
  std::vector<LaneErrors> errors;
  collectively(comm_, "validation", [&] {
    ClusterState known;
    std::int64_t known_cluster = -1;
    for (auto const& [number, batch] : lanes) {
      if (batch.cluster_row != known_cluster) known = network_.cluster_state(batch);
      known_cluster = batch.cluster_row;
      auto const shape = benchmark(batch.cluster_row);
      std::vector<float> profile;
      for (auto const& r : batch.position) profile.push_back(single(gnfw(shape, norm(r))));
      errors.push_back({squared_error(batch, network_.predict(batch, settings_.chunk, known)),
                        squared_error(batch, profile)});
    }
  });
  return comm_.all_gather_v(errors);
}

void Trainer::save(ModelState& state) const {
  state.description["steps"] = optimizer_.steps_done();
  auto const add = [&](std::string const& name, std::span<float const> values) {
    state.tensors["training/" + name] = {{std::ssize(values)}, {values.begin(), values.end()}};
  };
  add("parameters", network_.parameters());
  add("first_moment", optimizer_.first_moment());
  add("second_moment", optimizer_.second_moment());
}

void Trainer::restore(ModelState const& state) {
  auto const& saved = state.tensor("training/parameters").values;
  require(saved.size() == network_.parameters().size(), ExitCode::bad_data,
          "the saved training has ", saved.size(), " parameters, this network has ",
          network_.parameters().size());
  std::ranges::copy(saved, network_.parameters().begin());
  optimizer_.restore(state.description.at("steps").get<std::int64_t>(),
                     state.tensor("training/first_moment").values,
                     state.tensor("training/second_moment").values);
}

}  // namespace setsz
