// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "stages/halos/catalogue.hpp"
#include "stages/sky/sky_product_work.hpp"
#include "stages/sky/sky_stage.hpp"

namespace setsz {

/// The painted sky of a catalogue and its origin: what its header and sky.json say.
struct CatalogueRecord {
  SkyOptions const& options;
  CatalogueSection const& section;
  std::string name;  ///< of the catalogue
  MassDefinition mass_definition;
  Cosmology cosmology;
  std::string profile;
  CatalogueSurvey survey;
  std::int64_t n_rows;
  std::string option_hash;  ///< of what decides on the map
  std::string code;         ///< version and revision of the program
  SkyFigures figures;
};

/// The header of the map but its layout. DATE is today's, in UTC.
MapHeader catalogue_header(CatalogueRecord const& record);
/// sky.json but the spectrum.
nlohmann::json catalogue_report(CatalogueRecord const& record);

}  // namespace setsz
