// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "io/tables/column_choice.hpp"
#include "io/tables/table_file.hpp"
#include "pipeline/base/vec3.hpp"
#include "stages/halos/catalogue_section.hpp"
#include "stages/halos/distance_law.hpp"

namespace setsz {

/// A halo of a catalogue, as the observer sees it.
struct CatalogueHalo {
  Vec3 seen;             ///< comoving [ckpc/h]
  double redshift;       ///< of the expansion
  double mass;           ///< in the catalogue's definition [1e10 Msun/h]
  double concentration;  ///< R/r_s in the same definition; 0: not in the catalogue
  double velocity =
      std::numeric_limits<double>::quiet_NaN();  ///< peculiar, along the line of sight, away > 0
                                                 ///< [km/s]; NaN: unknown
};

/// Which columns of a table hold what, in which units; and haloes from their numbers.
///
/// A column is found by what [catalogue.NAME] columns says, else by its name. A halo has a
/// direction (ra and dec, or theta and phi) with a redshift or a distance, or a position x, y, z;
/// and a mass, or a Lagrangian radius. What is missing of redshift and distance follows from the
/// other one.
class CatalogueColumns {
 public:
  /// Local. Throws Error(bad_data) where a column is missing, and Error(config) where one that
  /// must have a unit has none or the mass definition is not told.
  /// \param name  of [catalogue.NAME], for messages
  CatalogueColumns(TableFile const& file, std::string const& path, CatalogueSection const& section,
                   std::string const& name, Cosmology const& cosmology);

  MassDefinition mass_definition() const { return definition_; }
  /// Those to read, in the order in which halo() wants their numbers.
  std::span<std::size_t const> to_read() const { return to_read_; }
  /// What is wrong with these numbers, "column mass = -3: not positive"; empty: nothing.
  std::string fault(std::span<double const> numbers) const;
  /// \pre fault(numbers) is empty
  CatalogueHalo halo(std::span<double const> numbers, DistanceLaw const& distances) const;
  /// "ra: RA [deg], mass: M200c [Msun/h]", for the log.
  std::string told() const;

  /// What a column can be; see the table of names in the source.
  enum Role {
    ra,
    dec,
    theta,
    phi,
    x,
    y,
    z,
    distance,
    redshift,
    mass,
    halo_concentration,
    lagrangian,
    v_los,
    vx,
    vy,
    vz
  };
  static constexpr std::size_t n_roles = 16;

 private:
  struct Found {
    std::size_t slot;  ///< among the numbers
    double unit;       ///< in code units
    std::string name;
  };
  void find(ChosenColumn const& choice, TableFile const& file, Cosmology const& cosmology);
  void take(Role role, std::size_t column, TableFile const& file, std::string const& unit,
            double h);
  void find_mass(TableFile const& file, CatalogueSection const& section,
                 Cosmology const& cosmology);
  void require_enough(TableFile const& file) const;
  bool has(Role role) const { return found_[role].has_value(); }
  double value(Role role, std::span<double const> numbers) const {
    return found_[role]->unit * numbers[found_[role]->slot];
  }
  /// [1e10 Msun/h] \pre role is mass or lagrangian \param value  in code units
  double mass_of(Role role, double value) const;
  /// What cannot be; empty: nothing.
  std::string_view wrong_with(Role role, double value) const;
  /// Takes the column of a mass that its name tells, if there is one.
  /// \return  its definition, if the name tells that, too
  std::optional<MassDefinition> take_mass(TableFile const& file,
                                          std::optional<MassDefinition> wanted, double h);
  Vec3 direction(std::span<double const> numbers) const;

  std::string path_, name_;
  std::optional<Found> found_[n_roles];
  std::vector<std::size_t> to_read_;
  std::vector<std::string> told_;
  Vec3 observer_;
  MassDefinition definition_ = MassDefinition::m200c;
  double mass_of_lagrangian_ = 0;  ///< of a radius of 1 ckpc/h
};

}  // namespace setsz
