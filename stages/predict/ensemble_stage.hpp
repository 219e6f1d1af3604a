// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stages/common/blueprint.hpp"
#include "stages/predict/predict_stage.hpp"
#include "stages/predict/prediction_file_work.hpp"

namespace setsz {

/// The mean of the predictions of all seeds of a model:
/// predict/<snapshot>/<model>/fold<k>/ensemble/prediction.h5.
///
/// Networks that differ in their starting values and in the order of what they saw err in different
/// ways; their mean errs less than most of them alone. Where [train] seeds has several, it is what
/// maps are painted of. Of a model with a code, sample k is that of network (k - 1) modulo their
/// number; what a code means, each network has for itself.
class EnsembleStage : public Stage {
 public:
  EnsembleStage(Blueprint const& blueprint, std::string snapshot, std::string model,
                std::int64_t fold);

  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  void write_mean_samples(Context& context, PredictionTable const& table) const;

  std::string snapshot_, model_;
  std::int64_t fold_;
  std::int64_t n_voxels_;
  PredictOptions predict_;
  std::vector<ClusterStateInfo> states_;  ///< of the model's modules
  std::vector<std::string> members_;      ///< their prediction.h5
  std::vector<std::string> samples_;      ///< their samples.h5; none: the model has no code
};

}  // namespace setsz
