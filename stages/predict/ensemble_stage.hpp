// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/run/options.hpp"
#include "pipeline/run/stage.hpp"

namespace setsz {

/// The mean of the predictions of all seeds of a model:
/// predict/<snapshot>/<model>/fold<k>/ensemble/prediction.h5.
///
/// Networks that differ in their starting values and in the order of what they saw err in different
/// ways; their mean errs less than most of them alone. Where [train] seeds has several, it is what
/// maps are painted of.
class EnsembleStage : public Stage {
 public:
  EnsembleStage(Configuration const& configuration, std::string snapshot, std::string model,
                std::int64_t fold);

  std::string name() const override { return "predict"; }
  std::string instance() const override;
  std::vector<std::string> input_products() const override { return members_; }
  std::vector<std::string> outputs() const override { return {"prediction.h5"}; }
  void describe(Fingerprint& fingerprint) const override;
  Estimate estimate(std::string const& run_directory, int n_ranks) const override;
  void run(Context& context) override;

 private:
  std::string snapshot_, model_;
  std::int64_t fold_;
  std::vector<std::string> members_;  ///< their prediction.h5
};

}  // namespace setsz
