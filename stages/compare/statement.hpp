// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "stages/compare/paired.hpp"

namespace setsz {

/// In place of a model: the fitted GNFW profile.
inline constexpr std::string_view benchmark_name = "benchmark";

/// Which loss of a model a statement speaks of.
enum class StatedLoss {
  mean,          ///< of the prediction, which is the mean of the samples where there are some
  sampled,       ///< of single samples: the mean over those of a cluster
  reconstructed  ///< with the code that the gas implies
};
std::string_view name_of(StatedLoss loss);

/// What somebody says about two models: above < loss of model / loss of than < below.
struct Statement {
  std::string name, text, source;
  std::string model;
  StatedLoss loss = StatedLoss::mean;  ///< of `model`; that of `than` is its mean
  std::string than{benchmark_name};
  double above = 0;
  double below = 1;
};

/// Whether a statement agrees with an interval.
enum class Verdict {
  holds,      ///< the interval lies within the bounds
  fails,      ///< it lies outside
  undecided,  ///< it contains a bound: these data cannot tell
  not_judged  ///< a model is missing
};
Verdict verdict_on(double above, double below, double low, double high);
std::string_view in_words(Verdict verdict);

/// Each with the median over clusters of loss(model)/loss(than), its 95% interval (paired: clusters
/// and training seeds), the bounds and the verdict.
///
/// A sample is of one network: `sampled` is set against single networks of `than`. The
/// reconstruction of several networks is the mean of theirs.
///
/// Throws Error(config) where a statement speaks of samples of a model that has none.
/// \param contenders  at least one
nlohmann::json judge(std::vector<Statement> const& statements,
                     std::vector<Contender> const& contenders, BootstrapSettings const& settings);

}  // namespace setsz
