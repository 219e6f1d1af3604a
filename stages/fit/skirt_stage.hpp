// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "pipeline/run/stage.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/common/cluster_choice.hpp"
#include "stages/fit/fit_stage.hpp"

namespace setsz {

/// Fits how steeply the gas of the training clusters falls beyond 2 R200:
/// fit/<snapshot>/skirt/skirt.json. Of fold 0, as the flux-true profile that maps use.
class SkirtStage : public Stage {
 public:
  SkirtStage(Configuration const& configuration, SnapshotInstance const& instance);

  void preflight(Comm const& comm, Outlook& outlook) const override;
  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  std::string snapshot_;
  std::int64_t mass_bins_;
  ClusterChoice clusters_;
};

}  // namespace setsz
