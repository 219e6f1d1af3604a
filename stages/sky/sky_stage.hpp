// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/common/sections.hpp"
#include "stages/common/voxelize_section.hpp"
#include "stages/paint/population.hpp"
#include "stages/sky/sky_work.hpp"

namespace setsz {

/// [sky]: the map of the sky.
struct SkyOptions : PopulationOptions {
  static constexpr std::string_view section = "sky";
  static constexpr std::string_view help = "Compton y on the full sky, from box replicas";
  std::int64_t nside = 512;
  std::vector<double> observer = {0.5, 0.5, 0.5};
  double redshift_min = 0.01;
  double redshift_max = 0.1;
  std::int64_t spectrum_nside = 256;
  void declare(OptionList& options);
  void validate() const;
};

/// Paints a sky: sky/<map>/ compton_y.fits and sky.json.
///
/// Replicas of the periodic box are tiled around the observer. A halo is painted whole by the
/// snapshot whose redshift range ([snapshot.NAME] redshift_min, redshift_max) holds the replica's
/// centre; its comoving size and P/P200 are the snapshot's, P200, a and distances its own. Ranks
/// own ranges of rings, paint the haloes that touch them in one fixed order, and write their pixels
/// side by side. Memory per rank: 12 bytes a pixel it owns, the cluster table, one cube.
class SkyStage : public Stage {
 public:
  SkyStage(Blueprint const& blueprint, MapInstance const& map);

  void preflight(Comm const& comm, Outlook& outlook) const override;
  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  struct Inputs {
    std::vector<std::unique_ptr<Population>> populations;
    std::vector<SkySource> sources;
  };
  /// The files of the networks behind the map; none without source = network.
  std::vector<std::string> networks() const;
  std::string model_hash(Context& context) const;  ///< collective
  Inputs open(Context& context) const;             ///< collective

  /// The snapshots whose redshift range meets the sky's.
  std::vector<SnapshotInstance> snapshots_;
  std::vector<PopulationNames> names_;  ///< of each of them
  std::string model_;
  Member member_;
  std::int64_t n_voxels_;
  SkyOptions options_;
};

void add_sky_stages(Blueprint const& blueprint, StageList& stages);

}  // namespace setsz
