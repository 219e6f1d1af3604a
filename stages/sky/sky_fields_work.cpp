// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_fields_work.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"

namespace setsz {

void SkyFieldOptions::declare(OptionList& options) {
  options.add("fields", names,
              {.help = "maps of the same haloes, made in one pass, one file each: compton_y, tau "
                       "(optical depth of the electrons), ksz (kinetic SZ effect in uK_CMB; the "
                       "haloes must have velocities)"});
  std::vector<std::pair<std::string, PublishedDensity const*>> densities;
  for (auto const& density : density_table()) densities.emplace_back(density.name, &density);
  options.add(
      "gas_density", gas_density, densities,
      {.help = "density profile of the gas of all haloes, for tau and ksz: Battaglia (2016) "
               "with AGN feedback, or with shock heating alone"});
}

void SkyFieldOptions::validate() const {
  require(!names.empty(), ExitCode::config,
          "[sky] fields is empty: the sky has no map; set fields = compton_y");
  for (auto const* field : fields())
    require(std::ranges::count(names, field->product) == 1, ExitCode::config,
            "[sky] fields: ", field->product, " is listed twice");
}

std::vector<Field const*> SkyFieldOptions::fields() const {
  std::vector<Field const*> all;
  for (auto const& name : names) all.push_back(&field_of_product(name));
  return all;
}

PublishedDensity const* SkyFieldOptions::density() const {
  return std::ranges::all_of(fields(), &Field::is_pressure) ? nullptr : gas_density;
}

std::string SkyFieldOptions::needing_velocities() const {
  for (auto const* field : fields())
    if (field->needs_velocity) return std::string(field->product);
  return {};
}

}  // namespace setsz
