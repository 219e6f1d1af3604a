// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "io/map_header.hpp"
#include "pipeline/run/stage.hpp"
#include "stages/halos/field.hpp"
#include "stages/halos/tally.hpp"
#include "stages/sky/field_maps_work.hpp"
#include "stages/sky/ring_map_work.hpp"
#include "stages/sky/sz_bands_work.hpp"

// What every kind of sky makes of its painted map.
namespace setsz {

/// A painted map in numbers.
struct SkyFigures {
  Field const& field;
  Tally all;  ///< of all haloes
  MapFigures map;
  double residual;  ///< relative: sum over the map against what was painted
  double beam_fwhm_arcmin = 0;
  std::string beam_file = {};  ///< of a tabulated beam
};

/// "compton_y.fits"
std::string map_name(Field const& field);
/// Collective: the statistics of the map; its sum must be what was painted, else Error(internal).
SkyFigures figures_of(Comm const& comm, Field const& field, Tally const& all, RingMap const& map);

/// The cards on the pixels of the map.
std::vector<FitsCard> map_cards(SkyFigures const& figures);
/// "2026-01-31" for DATE, in UTC.
std::string today();
/// Longest text of a card that leaves room for a comment.
inline constexpr std::size_t card_text_length = 60;
/// The figures of sky.json that do not depend on where the haloes come from.
nlohmann::json figures_report(SkyFigures const& figures);

/// Collective: a FITS file of the map's mean over each pixel, times a factor.
void write_map(Context& context, RingMap const& map, std::string const& name,
               MapHeader const& header, double factor = 1);
/// What stands beside one of the maps of a sky.
struct MapTexts {
  MapHeader header;
  nlohmann::json report;
};
/// Collective: a file for each map, maps at frequencies, and sky.json: the report on the first map
/// with its C_l (unless spectrum_nside is 0; beside what "cl" holds), and those on the others under
/// "fields".
/// \param texts  of each map
/// \return the report
nlohmann::json write_products(Context& context, FieldMaps const& maps, std::vector<MapTexts> texts,
                              SzBands const& bands, std::int64_t spectrum_nside);

}  // namespace setsz
