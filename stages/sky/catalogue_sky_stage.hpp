// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include "pipeline/run/stage.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/halos/catalogue.hpp"
#include "stages/halos/profile_choice.hpp"
#include "stages/sky/sky_stage.hpp"

namespace setsz {

/// Paints the haloes of a catalogue, [sky.NAME] catalogue = NAME: sky/<map>/ compton_y.fits and
/// sky.json, from nothing but the files of [catalogue.NAME] and a pressure profile.
///
/// All rows are read twice, each rank its share: once to check them and to find the range of the
/// profiles, once to paint all fields. A turn of images is dealt to the ranks whose rings they
/// touch. Memory per rank: 4 bytes a pixel it owns and 8 for each map, the tables of profiles (some
/// 10 MB), one turn of images.
class CatalogueSkyStage : public Stage {
 public:
  CatalogueSkyStage(Blueprint const& blueprint, MapInstance const& map);

  void preflight(Comm const& comm, Outlook& outlook) const override;
  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  ProfileChoice profile() const { return {options_.profile, "", {}, numbers_}; }
  EvolvingProfile open_pressure() const;
  /// Collective: counts and checks the rows.
  CatalogueSurvey survey(Comm const& comm, Catalogue& catalogue) const;
  void warn_of_near_haloes(std::int64_t n) const;
  /// Collective: tables of a profile for all haloes.
  ProfileFamily family(Comm const& comm, CatalogueSurvey const& survey,
                       EvolvingProfile const& profile) const;

  SkyOptions options_;
  std::string catalogue_name_;
  CatalogueSection section_;
  Cosmology cosmology_;
  std::optional<ProfileSection> numbers_;  ///< of [profile.NAME]
};

}  // namespace setsz
