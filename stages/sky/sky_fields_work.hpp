// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "pipeline/base/option_list.hpp"
#include "stages/halos/field.hpp"
#include "stages/halos/gas_density.hpp"

namespace setsz {

/// The keys of [sky.NAME] that say what is mapped.
struct SkyFieldOptions {
  std::vector<std::string> names = {"compton_y"};
  PublishedDensity const* gas_density = &density_table().front();

  void declare(OptionList& options);
  /// Throws Error(config).
  void validate() const;
  std::vector<Field const*> fields() const;
  /// The density of the gas of all haloes; nothing if no field shows it.
  PublishedDensity const* density() const;
  /// "ksz": the first field that needs the velocities of haloes; empty if none does.
  std::string needing_velocities() const;
};

}  // namespace setsz
