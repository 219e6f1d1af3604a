// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "pipeline/run/options.hpp"
#include "stages/compare/paired.hpp"

namespace setsz {

/// [statement.NAME]: what somebody says about two models, so that a comparison can judge it.
struct StatementOptions {
  static constexpr std::string_view section = "statement";
  static constexpr std::string_view help =
      "a statement about two models, judged by compare: the loss of one over that of the other "
      "lies between two bounds";
  static constexpr std::string_view benchmark = "benchmark";
  std::string text, source;
  std::string model;
  std::string than{benchmark};
  double above = 0;
  double below = 1;
  void declare(OptionList& options);
  void validate() const;
};

struct Statement {
  std::string name;
  StatementOptions options;
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
/// \param contenders  at least one
nlohmann::json judge(std::vector<Statement> const& statements,
                     std::vector<Contender> const& contenders, BootstrapSettings const& settings);

}  // namespace setsz
