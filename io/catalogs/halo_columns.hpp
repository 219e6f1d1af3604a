// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/catalogs/halo.hpp"
#include "io/catalogs/halo_row.hpp"

namespace setsz {

/// A column of numbers and what turns one into code units.
struct HaloColumn {
  std::size_t index = 0;
  double unit = 1;  ///< of one number in the file, in code units
};

/// Where the properties of a halo stand in a row.
struct HaloColumns {
  std::vector<std::string> names;  ///< of all columns of a row, for messages
  std::size_t id = 0;
  std::optional<std::size_t> parent;
  std::optional<std::size_t> scale;  ///< scale factor, the same in all rows
  HaloColumn mass, position[3];
  // What the particles can tell if the file does not, or if a value makes no sense:
  std::optional<HaloColumn> velocity[3], angular_momentum[3];
  std::optional<HaloColumn> xoff, voff;
  // For checks:
  std::optional<HaloColumn> mass_all, radius, dispersion;
  std::vector<HaloColumn> other_masses;  ///< of other definitions
  /// Spin parameter of Bullock et al. (2001), where angular_momentum is a direction only (AHF).
  std::optional<HaloColumn> spin;
};

/// The column of that name, or nothing. Names of two columns: Error(bad_data).
std::optional<std::size_t> find_column(std::vector<std::string> const& names, std::string_view name,
                                       std::string const& path);
/// The same; missing: Error(bad_data) with all names.
std::size_t column(std::vector<std::string> const& names, std::string_view name,
                   std::string const& path);

/// Columns by their names, each with what turns its numbers into code units.
class NamedColumns {
 public:
  /// References stay.
  NamedColumns(std::vector<std::string> const& names, std::string const& path)
      : names_(names), path_(path) {}
  HaloColumn needed(std::string_view name, double unit) const {
    return {column(names_, name, path_), unit};
  }
  std::optional<HaloColumn> optional(std::string_view name, double unit) const {
    auto const found = find_column(names_, name, path_);
    return found ? std::optional(HaloColumn{*found, unit}) : std::nullopt;
  }

 private:
  std::vector<std::string> const& names_;
  std::string const& path_;
};

/// The halo in a row. A value that the particles can tell (velocity, J, Xoff, Voff) and that is no
/// number is left out and counted. \param box_ckpch  0: not known, positions are not checked
Halo halo_of(HaloRow const& row, HaloColumns const& columns, HaloCatalogHeader const& header,
             double box_ckpch, std::int64_t& n_left_out);

}  // namespace setsz
