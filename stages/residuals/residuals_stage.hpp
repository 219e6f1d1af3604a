// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/common/residuals_section.hpp"

namespace setsz {

/// What the networks of a fold miss in each cluster, in spherical shells:
/// residuals/<snapshot>/<model>/fold<k>/shells.h5. Each rank compares the cubes of its part of the
/// clusters.
class ResidualsStage : public Stage {
 public:
  ResidualsStage(Blueprint const& blueprint, std::string snapshot, ResidualsAsked asked,
                 std::int64_t fold);

  void preflight(Comm const& comm, Outlook& outlook) const override;
  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  std::string snapshot_;
  ResidualsAsked asked_;
  std::int64_t fold_;
  std::int64_t n_folds_;
  std::int64_t n_voxels_;
  std::string member_;
  ResidualsOptions options_;
  std::vector<std::string> predictions_;  ///< by fold, or that of `fold` alone
};

/// For every snapshot and fold, and every model whose residuals another model takes.
void add_residuals_stages(Blueprint const& blueprint, StageList& stages);

}  // namespace setsz
