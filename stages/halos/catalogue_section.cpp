// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/catalogue_section.hpp"

#include <filesystem>

#include "pipeline/base/error.hpp"
#include "pipeline/base/file_type.hpp"

namespace setsz {

void CatalogueSection::declare(OptionList& options) {
  options.add("files", files,
              {.help = "text with columns (CSV, Rockstar list), HDF5, FITS table, or WebSky "
                       "(halos.pksc); several are one catalogue",
               .affects = Affects::running,
               .is_path = true});
  options.add(
      "columns", columns,
      {.help = "which column is what, where names do not tell: WHAT: NAME or WHAT: NAME [UNIT], "
               "WHAT one of ra, dec, theta, phi, x, y, z, distance, redshift, mass, "
               "concentration, lagrangian_radius, v_los, vx, vy, vz; columns without names are 1, "
               "2, 3, ..."});
  options.add("mass_definition", mass_definition,
              {{"by_column", Mass::by_column},
               {"200c", Mass::m200c},
               {"200m", Mass::m200m},
               {"500c", Mass::m500c},
               {"vir", Mass::vir}},
              {.help = "overdensity of the masses; by_column: the name of the column says it, as "
                       "M200c does"});
  options.add("relation", relation,
              {{"duffy2008", ConcentrationRelation::duffy2008},
               {"duffy2008_relaxed", ConcentrationRelation::duffy2008_relaxed},
               {"dutton2014", ConcentrationRelation::dutton2014}},
              {.help = "mean concentrations, to convert masses; not used if the catalogue has a "
                       "column of them"});
  options.add(
      "concentration", concentration,
      {.help = "one concentration for all haloes; 0: that of the relation", .min = 0, .max = 100});
  options.add("observer", observer_mpch,
              {.unit = "Mpc/h", .help = "position of the observer, where haloes have x, y, z"});
  options.add("mass_min", mass_min_msunh,
              {.unit = "Msun/h",
               .help = "least massive halo, in the catalogue's own definition",
               .min = 0,
               .max = 1e17});
  options.add("mass_max", mass_max_msunh,
              {.unit = "Msun/h", .help = "most massive halo", .min = 0, .max = 1e17});
  options.add("redshift_min", redshift_min, {.help = "nearest halo", .min = 0, .max = 20});
  options.add("redshift_max", redshift_max, {.help = "farthest halo", .min = 0, .max = 20});
  options.add(
      "coordinates", coordinates,
      {{"equatorial", Coordinates::equatorial},
       {"galactic", Coordinates::galactic},
       {"ecliptic", Coordinates::ecliptic}},
      {.help = "what ra and dec (theta, phi; x, y, z) are: COORDSYS in the header of maps"});
}

void CatalogueSection::validate() const {
  require(observer_mpch.size() == 3, ExitCode::config, "observer has ", observer_mpch.size(),
          " numbers, wanted 3: x, y, z in Mpc/h");
  require(mass_min_msunh < mass_max_msunh, ExitCode::config, "mass_min = ", mass_min_msunh,
          " is not below mass_max = ", mass_max_msunh);
  require(redshift_min < redshift_max, ExitCode::config, "redshift_min = ", redshift_min,
          " is not below redshift_max = ", redshift_max);
}

std::optional<MassDefinition> CatalogueSection::mass() const {
  switch (mass_definition) {
    case Mass::by_column:
      return {};
    case Mass::m200c:
      return MassDefinition::m200c;
    case Mass::m200m:
      return MassDefinition::m200m;
    case Mass::m500c:
      return MassDefinition::m500c;
    case Mass::vir:
      break;
  }
  return MassDefinition::vir;
}

std::string CatalogueSection::coordinate_letter() const {
  return coordinates == Coordinates::equatorial ? "C"
         : coordinates == Coordinates::galactic ? "G"
                                                : "E";
}

std::vector<std::string> CatalogueSection::existing_files(std::string const& name) const {
  for (auto const& file : files) {
    require_no_special_file(file);
    require(type_of(file) == std::filesystem::file_type::regular, ExitCode::missing_input,
            "no halo catalogue '", file, "' (from [catalogue.", name, "] files)");
  }
  return files;
}

}  // namespace setsz
