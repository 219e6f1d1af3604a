// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/statement.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "pipeline/base/error.hpp"

namespace setsz {
namespace {

using nlohmann::json;

/// The fitted GNFW profile as one of the models, on the clusters of another one.
Contender benchmark_as_model(Contender const& like) {
  Contender benchmark{.name = std::string(benchmark_name), .member = "fit", .scores = {}};
  benchmark.scores.clusters = like.scores.clusters;
  for (auto& score : benchmark.scores.clusters) score.loss = score.loss_benchmark;
  return benchmark;
}

/// \param other  the model that it is set against: of the benchmark on its clusters
std::optional<Contender> find(std::string const& name, std::string const& other,
                              std::vector<Contender> const& contenders) {
  bool const is_benchmark = name == benchmark_name;
  auto const found = std::ranges::find(contenders, is_benchmark ? other : name, &Contender::name);
  if (found == contenders.end()) return std::nullopt;
  return is_benchmark ? benchmark_as_model(*found) : *found;
}

/// A model with the loss that a statement speaks of.
Contender with_loss(Contender model, Statement const& its) {
  if (its.loss == StatedLoss::mean) return model;
  require(!model.samples.empty(), ExitCode::config, "[statement.", its.name,
          "] loss = ", name_of(its.loss), ", but the scores of ", model.name,
          " have no samples (a module `stochastic` and [predict] samples above 0 make them); take "
          "loss = mean");
  for (auto& score : model.scores.clusters) {
    auto const& losses = model.samples.at(score.id);
    score.loss = its.loss == StatedLoss::sampled ? losses.sampled : losses.reconstructed;
  }
  model.seeds.clear();  // of single networks they are not known
  if (its.loss == StatedLoss::sampled) model.scores.n_seeds = 0;
  model.scores.seeds.clear();
  for (auto const& score : model.scores.clusters)  // all alike: drawing among them changes nothing
    model.scores.seeds.insert(model.scores.seeds.end(),
                              static_cast<std::size_t>(model.scores.n_seeds),
                              {score.loss, score.loss, score.y_pred});
  return model;
}

/// Any one of its networks in place of their mean.
Contender one_network_of(Contender model) {
  std::vector<std::size_t> places(static_cast<std::size_t>(model.scores.n_seeds));
  std::iota(places.begin(), places.end(), std::size_t{0});
  model.scores = single_networks(model.scores, places);
  model.seeds.clear();
  return model;
}

}  // namespace

std::string_view name_of(StatedLoss loss) {
  switch (loss) {
    case StatedLoss::mean:
      return "mean";
    case StatedLoss::sampled:
      return "sampled";
    case StatedLoss::reconstructed:
      return "reconstructed";
  }
  fail(ExitCode::internal, "unknown loss");
}

Verdict verdict_on(double above, double below, double low, double high) {
  if (low > above && high < below) return Verdict::holds;
  if (high < above || low > below) return Verdict::fails;
  return Verdict::undecided;
}

std::string_view in_words(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return "holds";
    case Verdict::fails:
      return "fails";
    case Verdict::undecided:
      return "these data cannot tell";
    case Verdict::not_judged:
      return "not judged: a model is missing";
  }
  fail(ExitCode::internal, "unknown verdict");
}

json judge(std::vector<Statement> const& statements, std::vector<Contender> const& contenders,
           BootstrapSettings const& settings) {
  auto list = json::array();
  for (auto const& its : statements) {
    json entry = {{"name", its.name},          {"text", its.text},  {"source", its.source},
                  {"model", its.model},        {"than", its.than},  {"above", its.above},
                  {"loss", name_of(its.loss)}, {"below", its.below}};
    auto verdict = Verdict::not_judged;
    auto model = find(its.model, its.than, contenders),
         than = find(its.than, its.model, contenders);
    if (model && than) {
      bool const sampled = its.loss == StatedLoss::sampled;
      model = with_loss(*model, its);
      if (sampled) than = one_network_of(*than);
      auto const difference = paired_difference(*model, *than, settings);
      double const low = std::exp(difference.interval.p2_5);
      double const high = std::exp(difference.interval.p97_5);
      entry["clusters"] = difference.n_clusters;
      entry["of_seeds"] = difference.of_seeds.empty() ? json() : json(difference.of_seeds);
      entry["networks"] =
          sampled ? "single samples" : networks_in_words(*model, *than, difference.of_seeds);
      entry["loss_ratio"] = std::exp(difference.median);
      entry["loss_ratio_95"] = {low, high};
      verdict = verdict_on(its.above, its.below, low, high);
    }
    entry["verdict"] = in_words(verdict);
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace setsz
