// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/statement.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
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

std::optional<Contender> find(std::string const& name, std::vector<Contender> const& contenders) {
  if (name == benchmark_name) return benchmark_as_model(contenders.front());
  auto const found = std::ranges::find(contenders, name, &Contender::name);
  return found == contenders.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

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
    json entry = {{"name", its.name},   {"text", its.text}, {"source", its.source},
                  {"model", its.model}, {"than", its.than}, {"above", its.above},
                  {"below", its.below}};
    auto verdict = Verdict::not_judged;
    auto const model = find(its.model, contenders), than = find(its.than, contenders);
    if (model && than) {
      auto const difference = paired_difference(*model, *than, settings);
      double const low = std::exp(difference.interval.p2_5);
      double const high = std::exp(difference.interval.p97_5);
      entry["clusters"] = difference.n_clusters;
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
