// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "pipeline/run/stage.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/common/sections.hpp"
#include "stages/moments/moments_work.hpp"

namespace setsz {

/// [moments]: the scales on which the particles around a target are described.
struct MomentsOptions {
  static constexpr std::string_view section = "moments";
  static constexpr std::string_view help =
      "density, velocities and potential of the dark matter around each target, as inputs of "
      "networks";
  MomentSettings settings;
  void declare(OptionList& options);
  void validate() const;
};

/// Describes the dark matter around every voxel within 2 R200: moments/<snapshot>/moments.h5.
///
/// Needs no gas. See MomentsRun for how the work is shared and kept.
class MomentsStage : public Stage {
 public:
  MomentsStage(Configuration const& configuration, SnapshotInstance instance);

  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  SnapshotInstance instance_;
  MomentsTask task_;
};

/// One for every snapshot, if a network of the configuration takes moments.
void add_moments_stages(Blueprint const& blueprint, StageList& stages);

}  // namespace setsz
