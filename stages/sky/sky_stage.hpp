// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/common/sections.hpp"
#include "stages/common/voxelize_section.hpp"
#include "stages/halos/population.hpp"
#include "stages/sky/lightcone_table_work.hpp"
#include "stages/sky/sky_fields_work.hpp"
#include "stages/sky/sky_grid_work.hpp"
#include "stages/sky/sky_work.hpp"
#include "stages/sky/sz_bands_work.hpp"

namespace setsz {

/// [sky]: the map of the sky.
struct SkyOptions : PopulationOptions {
  static constexpr std::string_view section = "sky";
  static constexpr std::string_view help = "a map of the sky, from box replicas or a catalogue";
  SkyFieldOptions fields;
  SkyGridOptions pixels;
  std::vector<double> observer = {0.5, 0.5, 0.5};
  double redshift_min = 0.01;
  double redshift_max = 0.1;
  ReplicaRule replicas = ReplicaRule::tiles;
  std::int64_t replica_seed = 1;
  LightconeRows lightcone = LightconeRows::clusters;
  bool expected_spectrum = true;  ///< see one_halo_spectrum
  Viewpoint view() const;
  double beam_fwhm_arcmin = 0;
  std::string beam_file;  ///< see SkyBeam
  SzBands bands;
  std::string catalogue;  ///< see CatalogueSkyStage
  void declare(OptionList& options);
  void validate() const;
  /// Throws Error(config) for a key of the map that has no effect beside its others.
  void refuse_keys(Configuration const& configuration, std::string const& of_map) const;
};

/// The files of a sky.
std::vector<std::string> sky_outputs(SkyOptions const& options);

/// Paints a sky: sky/<map>/ compton_y.fits (and other fields), sky.json, and a list of its haloes,
/// lightcone.h5 and lightcone.fits.
///
/// Replicas of the periodic box, turned, flipped and shifted, are tiled around the observer. A halo
/// is painted whole by the snapshot whose redshift range ([snapshot.NAME] redshift_min,
/// redshift_max) holds the replica's centre; its comoving size and P/P200 are the snapshot's, P200,
/// a and distances its own. Ranks own ranges of rings, get the haloes that touch them, paint them
/// in one fixed order, and write their pixels side by side. Memory per rank: 4 bytes a pixel it
/// owns and 8 for each map, the cluster table, one turn of images (halo_layer_work.hpp), one cube.
class SkyStage : public Stage {
 public:
  SkyStage(Blueprint const& blueprint, MapInstance const& map);

  void preflight(Comm const& comm, Outlook& outlook) const override;
  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  std::string model_hash(Context& context) const;  ///< collective
  DistanceShell shell_of(SnapshotInstance const& snapshot, Cosmology const& cosmology) const;

  SkyOptions options_;
  /// The snapshots whose redshift range meets the sky's, and what of each is painted.
  std::vector<SnapshotInstance> snapshots_;
  std::vector<PopulationPlan> plans_;
  std::int64_t n_voxels_;
};

void add_sky_stages(Blueprint const& blueprint, StageList& stages);

}  // namespace setsz
