// SPDX-License-Identifier: BSD-3-Clause
#include "stages/catalog/catalog_options.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/sections.hpp"

namespace setsz {

void CatalogOptions::declare(OptionList& options) {
  options.add("mass_min", mass_min_msunh,
              {.unit = "Msun/h", .help = "minimum mass of a cluster", .min = 1e8, .max = 1e17});
  options.add("mass_max", mass_max_msunh,
              {.unit = "Msun/h", .help = "maximum mass of a cluster", .min = 1e8, .max = 1e17});
  options.add(
      "fill_mass_min", fill_mass_min_msunh,
      {.unit = "Msun/h",
       .help = "minimum mass of the haloes that fill the maps beside the clusters (paint, sky)",
       .min = 1e8,
       .max = 1e17});
  options.add("mass_definition", mass_definition,
              {{"200c", MassDefinition::m200c},
               {"200m", MassDefinition::m200m},
               {"500c", MassDefinition::m500c},
               {"vir", MassDefinition::vir}},
              {.help = "overdensity that defines masses and radii"});
  options.add("hosts", hosts,
              {{"heavier", Hosts::heavier},
               {"parents", Hosts::parents},
               {"positions", Hosts::positions},
               {"all", Hosts::all}},
              {.help = "which haloes count. parents: those with PID = -1; heavier: the same, but a "
                       "halo that is heavier than its host takes its place (finders compare radii, "
                       "and may list a cluster as the subhalo of a lighter one); positions: those "
                       "whose centre lies within R200 of no heavier one, for lists without PID; "
                       "all: also subhaloes"});
  options.add("folds", split.n_folds,
              {.help = "1: one split; k: k-fold cross-validation, which tests every cluster once",
               .min = 1,
               .max = 100});
  options.add("validation_fraction", split.validation_fraction,
              {.help = "fraction of the clusters for validation", .min = 0, .max = 0.5});
  options.add(
      "testing_fraction", split.testing_fraction,
      {.help = "fraction of the clusters for testing, with one fold", .min = 0, .max = 0.5});
  declare_split_like(options, split_like);
  options.add("allow_empty", allow_empty,
              {.help = "accept a snapshot without clusters (shells of a light cone)"});
}

void CatalogOptions::validate() const {
  require(mass_min_msunh < mass_max_msunh, ExitCode::config, "mass_min = ", mass_min_msunh,
          " is not below mass_max = ", mass_max_msunh);
  require(fill_mass_min_msunh <= mass_min_msunh, ExitCode::config,
          "fill_mass_min = ", fill_mass_min_msunh, " is above mass_min = ", mass_min_msunh,
          "; set both to the same value for no fill");
  double const tested = split.n_folds == 1 ? split.testing_fraction : 1 / real(split.n_folds);
  require(split.validation_fraction + tested < 1, ExitCode::config,
          "validation_fraction = ", split.validation_fraction, " and the testing fraction ", tested,
          " leave no cluster for training");
}

}  // namespace setsz
