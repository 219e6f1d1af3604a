// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/option_list.hpp"
#include "stages/halos/nfw_mass.hpp"

namespace setsz {

/// [catalogue.NAME]: haloes on the sky, for [sky.NAME] catalogue = NAME.
struct CatalogueSection {
  static constexpr std::string_view section = "catalogue";
  static constexpr std::string_view help =
      "haloes on the sky from files of their own, for [sky.NAME] catalogue = NAME";
  enum class Mass { by_column, m200c, m200m, m500c, vir };
  enum class Coordinates { equatorial, galactic, ecliptic };

  std::vector<std::string> files{};
  std::vector<std::string> columns{};
  Mass mass_definition = Mass::by_column;
  ConcentrationRelation relation = ConcentrationRelation::duffy2008;
  double concentration = 0;
  std::vector<double> observer_mpch = {0, 0, 0};
  double mass_min_msunh = 0, mass_max_msunh = 1e17;
  double redshift_min = 0, redshift_max = 20;
  Coordinates coordinates = Coordinates::equatorial;

  void declare(OptionList& options);
  void validate() const;
  /// Nothing: the name of the column tells.
  std::optional<MassDefinition> mass() const;
  /// COORDSYS of maps: 'C', 'G', 'E'.
  std::string coordinate_letter() const;
  /// The files, each of which must exist, else Error(missing_input).
  std::vector<std::string> existing_files(std::string const& name) const;
};

}  // namespace setsz
