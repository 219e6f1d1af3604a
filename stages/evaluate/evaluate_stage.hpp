// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/common/sections.hpp"

namespace setsz {

/// [evaluate]: how predictions are scored.
struct EvaluateOptions {
  static constexpr std::string_view section = "evaluate";
  static constexpr std::string_view help = "scores of the predictions against the gas";
  std::int64_t resamples = 2000;
  std::int64_t mass_bins = 3;
  void declare(OptionList& options);
  void validate() const {}
};

/// Scores the testing clusters of all folds together:
/// evaluate/<snapshot>/<model>/seed<s> or ensemble/scores.json. Each rank compares the cubes of its
/// part of the clusters; sums go over clusters in the order of their rows.
class EvaluateStage : public Stage {
 public:
  EvaluateStage(Configuration const& configuration, SnapshotInstance const& instance,
                std::string model, Member member);

  std::string name() const override { return "evaluate"; }
  std::string instance() const override {
    return concat(snapshot_, "/", model_, "/", member_.name());
  }
  std::vector<std::string> input_products() const override;
  std::vector<std::string> outputs() const override { return {"scores.json"}; }
  void describe(Fingerprint& fingerprint) const override;
  Estimate estimate(std::string const& run_directory, int n_ranks) const override;
  void run(Context& context) override;

 private:
  std::string prediction(std::int64_t fold) const;

  std::string snapshot_, model_;
  Member member_;
  std::int64_t n_folds_;
  EvaluateOptions options_;
  Fingerprint option_lines_;
};

void add_evaluate_stages(Configuration const& configuration,
                         std::vector<std::unique_ptr<Stage>>& stages);

}  // namespace setsz
