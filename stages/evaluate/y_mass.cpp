// SPDX-License-Identifier: BSD-3-Clause
#include "stages/evaluate/y_mass.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/common/bootstrap.hpp"

namespace setsz {
namespace {

using nlohmann::json;

constexpr double pivot_1e10msunh = 1e4;
constexpr std::size_t fewest = 4;

double correlation(std::vector<double> const& a, std::vector<double> const& b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

/// Masses and the three Y of some clusters.
struct Sample {
  std::vector<double> mass, gas, predicted, benchmark;
  void add(ClusterScore const& score) {
    mass.push_back(score.m200c);
    gas.push_back(score.y_gas);
    predicted.push_back(score.y_pred);
    benchmark.push_back(score.y_benchmark);
  }
};

/// slope, intercept, scatter of each of the three; at last the correlation of the residuals.
std::vector<double> figures(Sample const& sample) {
  std::vector<double> numbers;
  std::vector<YMassRelation> relations;
  for (auto const* y : {&sample.gas, &sample.predicted, &sample.benchmark}) {
    relations.push_back(fit_y_mass(sample.mass, *y));
    auto const& r = relations.back();
    numbers.insert(numbers.end(), {r.slope, r.intercept, r.scatter});
  }
  numbers.push_back(correlation(relations[1].residuals, relations[0].residuals));
  return numbers;
}

Sample drawn(Sample const& from, std::int64_t number) {
  Random random(1, Purpose::bootstrap, static_cast<std::uint64_t>(number));
  Sample sample;
  for (std::size_t i = 0; i < from.mass.size(); ++i) {
    auto const j = random.below(from.mass.size());
    sample.mass.push_back(from.mass[j]);
    sample.gas.push_back(from.gas[j]);
    sample.predicted.push_back(from.predicted[j]);
    sample.benchmark.push_back(from.benchmark[j]);
  }
  return sample;
}

}  // namespace

YMassRelation fit_y_mass(std::span<double const> m200c_1e10msunh, std::span<double const> y) {
  auto const n = real(y.size());
  double mean_x = 0, mean_y = 0, xx = 0, xy = 0;
  std::vector<double> x, ln_y;
  for (std::size_t i = 0; i < y.size(); ++i) {
    x.push_back(std::log(m200c_1e10msunh[i] / pivot_1e10msunh));
    ln_y.push_back(std::log(y[i]));
    mean_x += x[i] / n;
    mean_y += ln_y[i] / n;
  }
  for (std::size_t i = 0; i < y.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (ln_y[i] - mean_y);
  }
  YMassRelation relation{.slope = xy / xx, .intercept = mean_y - xy / xx * mean_x, .residuals = {}};
  double squares = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    relation.residuals.push_back(ln_y[i] - relation.intercept - relation.slope * x[i]);
    squares += relation.residuals[i] * relation.residuals[i];
  }
  relation.scatter = std::sqrt(squares / (n - 2));
  return relation;
}

json y_mass_report(std::span<ClusterScore const> scores, std::int64_t resamples) {
  Sample sample;
  for (auto const& score : scores)
    if (score.y_gas > 0 && score.y_pred > 0 && score.y_benchmark > 0) sample.add(score);
  bool const one_mass =
      std::ranges::adjacent_find(sample.mass, std::not_equal_to{}) == sample.mass.end();
  if (sample.mass.size() < fewest || one_mass) return {};
  auto const values = figures(sample);
  std::vector<std::vector<double>> samples(values.size());
  for (std::int64_t i = 0; i < resamples; ++i) {
    auto const its = figures(drawn(sample, i));
    for (std::size_t f = 0; f < its.size(); ++f)
      if (std::isfinite(its[f])) samples[f].push_back(its[f]);
  }
  json report = {{"pivot_m200c", pivot_1e10msunh},
                 {"left_out", std::ssize(scores) - std::ssize(sample.mass)}};
  std::size_t f = 0;
  auto const add = [&](json& entry, char const* name) {
    entry[name] = values[f];
    if (!samples[f].empty()) {
      auto const interval = interval_of(samples[f]);
      entry[std::string(name) + "_68"] = {interval.p16, interval.p84};
    }
    ++f;
  };
  for (char const* of : {"gas", "predicted", "benchmark"})
    for (char const* name : {"slope", "intercept", "scatter"}) add(report[of], name);
  add(report, "residual_correlation");
  return report;
}

}  // namespace setsz
