// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/common/cluster_choice.hpp"
#include "stages/common/sections.hpp"
#include "stages/evaluate/sample_work.hpp"

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
/// part of the clusters; sums go over clusters in the order of their rows. Those that the choice of
/// [clusters] leaves out are listed, and not scored.
class EvaluateStage : public Stage {
 public:
  EvaluateStage(Blueprint const& blueprint, std::string snapshot, std::string model, Member member);

  void preflight(Comm const& comm, Outlook& outlook) const override;
  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  std::vector<std::int64_t> training_seeds() const;
  std::string prediction(std::int64_t fold, Member const& member) const;
  std::vector<SampleFiles> sample_products() const;
  nlohmann::json score_samples(Context& context, ScoreTable const& scores,
                               ClusterTable const& table, CubeFile const& truth) const;

  std::string snapshot_, model_;
  Member member_;
  std::vector<Member> seeds_;  ///< whose mean it scores; none: a single network
  std::int64_t n_folds_;
  EvaluateOptions options_;
  std::string residuals_of_;  ///< of a model with a code whose predictions know the gas
  ClusterChoice choice_;
};

void add_evaluate_stages(Blueprint const& blueprint, StageList& stages);

}  // namespace setsz
