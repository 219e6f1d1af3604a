// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stages/common/blueprint.hpp"
#include "stages/predict/predict_stage.hpp"

namespace setsz {

/// The mean of the predictions of all seeds of a model:
/// predict/<snapshot>/<model>/fold<k>/ensemble/prediction.h5.
///
/// Networks that differ in their starting values and in the order of what they saw err in different
/// ways; their mean errs less than most of them alone. Where [train] seeds has several, it is what
/// maps are painted of.
class EnsembleStage : public Stage {
 public:
  EnsembleStage(Blueprint const& blueprint, std::string snapshot, std::string model,
                std::int64_t fold);

  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  std::string snapshot_, model_;
  std::int64_t fold_;
  std::int64_t n_voxels_;
  PredictOptions predict_;
  std::vector<ClusterStateInfo> states_;  ///< of the model's modules
  std::vector<std::string> members_;      ///< their prediction.h5
};

}  // namespace setsz
