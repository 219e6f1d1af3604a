// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/row_table.hpp"
#include "pipeline/run/stage.hpp"
#include "stages/sky/sky_work.hpp"

namespace setsz {

/// Which haloes of the sky are listed beside the map.
enum class LightconeRows { none, clusters, all };

/// `flags` of a row: a sum of these.
enum LightconeFlag : std::int32_t {
  lightcone_cube = 1,           ///< painted with a cube, else with a profile
  lightcone_claimed = 2,        ///< neighbours take parts of it in the map
  lightcone_at_face = 4,        ///< reaches across a face of its replica
  lightcone_mass_disagrees = 8  ///< see Population::mass_disagrees
};

/// One image of a halo, as lightcone.h5 and lightcone.fits have it.
struct LightconeRow {
  std::int64_t id = 0;                 ///< of the halo catalogue
  double longitude = 0, latitude = 0;  ///< [degree], in the frame of the map
  double redshift = 0;                 ///< cosmological
  double distance = 0;                 ///< comoving [ckpc/h]
  float mass = 0;                      ///< [Msun/h]
  float r200 = 0;                      ///< comoving [ckpc/h]
  float velocity = 0;                  ///< peculiar, along the line of sight, away > 0 [km/s]
  float y_200 = 0, y_500 = 0, y_cylinder = 0, y_total = 0;  ///< [arcmin^2]
  float y_centre = 0;
  Cell cell{};
  std::int32_t snapshot = 0;  ///< number in the list of the header
  std::int32_t flags = 0;
  std::int32_t sample = 0;  ///< drawn prediction that it shows; 0: none was drawn
};

/// The columns in the order of column_values.
/// \param mass_definition  "200c"
std::vector<RowColumn> lightcone_columns(std::string const& mass_definition);
std::vector<ColumnValues> column_values(std::vector<LightconeRow> const& rows);

/// Collective: writes lightcone.h5 and lightcone.fits, in the order in which the map was painted.
/// \param canvas  of the map: haloes that it does not show are left out
/// \param n_rows  images of these haloes, as the painting has counted them
void write_lightcone(Context& context, std::vector<SkyPart> const& parts, Viewpoint const& view,
                     SkySources const& sources, SkyCanvas const& canvas, LightconeRows which,
                     std::int64_t n_rows, FitsTexts texts);

}  // namespace setsz
