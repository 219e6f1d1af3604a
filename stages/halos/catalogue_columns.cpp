// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/catalogue_columns.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "io/tables/column_unit.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {
namespace {

using Names = std::vector<std::string_view>;

struct RoleRow {
  CatalogueColumns::Role role;
  std::string_view key;  ///< in the option `columns`
  Names names;           ///< that files give it, in lower case
  Dimension dimension;
  std::string_view unit;  ///< where nothing is said; empty: it must be said
};

std::vector<RoleRow> const& role_rows() {
  using C = CatalogueColumns;
  using D = Dimension;
  static std::vector<RoleRow> const rows = {
      {C::ra,
       "ra",
       {"ra", "ra_deg", "raj2000", "right_ascension", "lon", "longitude", "glon"},
       D::angle,
       "deg"},
      {C::dec,
       "dec",
       {"dec", "dec_deg", "decl", "dej2000", "declination", "lat", "latitude", "glat"},
       D::angle,
       "deg"},
      {C::theta, "theta", {"theta"}, D::angle, "rad"},
      {C::phi, "phi", {"phi"}, D::angle, "rad"},
      {C::x, "x", {"x", "pos_x"}, D::length, ""},
      {C::y, "y", {"y", "pos_y"}, D::length, ""},
      {C::z, "z", {"z", "pos_z"}, D::length, ""},
      {C::distance, "distance", {"distance", "chi", "comoving_distance"}, D::length, ""},
      {C::redshift, "redshift", {"redshift", "z", "z_true", "ztrue", "z_cos"}, D::none, "1"},
      {C::mass, "mass", {"mass", "m", "halo_mass"}, D::mass, ""},
      {C::halo_concentration, "concentration", {"concentration", "c"}, D::none, "1"},
      {C::lagrangian, "lagrangian_radius", {"lagrangian_radius"}, D::length, ""},
      {C::v_los, "v_los", {"v_los", "vlos", "v_radial", "v_rad"}, D::velocity, "km/s"},
      {C::vx, "vx", {"vx", "v_x", "vel_x"}, D::velocity, "km/s"},
      {C::vy, "vy", {"vy", "v_y", "vel_y"}, D::velocity, "km/s"},
      {C::vz, "vz", {"vz", "v_z", "vel_z"}, D::velocity, "km/s"},
  };
  return rows;
}

struct MassNames {
  MassDefinition definition;
  Names names;
};
std::vector<MassNames> const& mass_names() {
  static std::vector<MassNames> const rows = {
      {MassDefinition::m200c, {"m200c", "m_200c", "m200_c"}},
      {MassDefinition::m200m, {"m200m", "m_200m", "m200_m", "m200b"}},
      {MassDefinition::m500c, {"m500c", "m_500c", "m500_c"}},
      {MassDefinition::vir, {"mvir", "m_vir"}},
  };
  return rows;
}

std::optional<std::size_t> column_named(TableFile const& file, Names const& names) {
  for (auto const name : names)
    for (std::size_t i = 0; i < file.columns().size(); ++i)
      if (lowercase(file.columns()[i].name) == name) return i;
  return {};
}

std::string all_columns(TableFile const& file) {
  std::vector<std::string> names;
  for (auto const& column : file.columns()) names.push_back(column.name);
  return join(names, ", ");
}

RoleRow const& row_of(CatalogueColumns::Role role) { return role_rows()[role]; }

}  // namespace

CatalogueColumns::CatalogueColumns(TableFile const& file, std::string const& path,
                                   CatalogueSection const& section, std::string const& name,
                                   Cosmology const& cosmology)
    : path_(path),
      name_(name),
      observer_(1000 * Vec3{section.observer_mpch[0], section.observer_mpch[1],
                            section.observer_mpch[2]}) {
  std::vector<std::string> keys;
  for (auto const& row : role_rows()) keys.emplace_back(row.key);
  for (auto const& text : section.columns)
    find(column_choice(text, keys, "columns"), file, cosmology);
  bool const position = column_named(file, row_of(x).names) && column_named(file, row_of(y).names);
  for (auto const& row : role_rows()) {
    if (has(row.role) || row.role == mass) continue;
    if (row.role == z && !position) continue;  // then z is a redshift
    auto names = row.names;
    if (row.role == redshift && position) std::erase(names, "z");
    auto const column = column_named(file, names);
    if (column) take(row.role, *column, file, file.columns()[*column].unit, cosmology.h);
  }
  find_mass(file, section, cosmology);
  require_enough(file);
}

void CatalogueColumns::find(ChosenColumn const& choice, TableFile const& file,
                            Cosmology const& cosmology) {
  auto const role = std::ranges::find(role_rows(), choice.what, &RoleRow::key)->role;
  auto const column = column_named(file, {lowercase(choice.name)});
  std::vector<std::string> names;
  for (auto const& one : file.columns()) names.push_back(one.name);
  require(column.has_value(), ExitCode::bad_data, "'", path_, "' has no column ", choice.name,
          " (from [catalogue.", name_, "] columns), but ", join(names, ", "),
          "; nearest: ", nearest(choice.name, names));
  take(role, *column, file, choice.unit.empty() ? file.columns()[*column].unit : choice.unit,
       cosmology.h);
}

void CatalogueColumns::take(Role role, std::size_t column, TableFile const& file,
                            std::string const& unit, double h) {
  auto const& row = row_of(role);
  auto const& name = file.columns()[column].name;
  require(!unit.empty() || !row.unit.empty(), ExitCode::config, "'", path_, "': column ", name,
          " has no unit; write '", name, " [", units_of(row.dimension).substr(0, 4),
          "]' in the header, or [catalogue.", name_, "] columns = ", row.key, ": ", name,
          " [UNIT] with one of ", units_of(row.dimension));
  std::string const text = unit.empty() ? std::string(row.unit) : unit;
  auto const factor = unit_in_code(row.dimension, text, h);
  require(factor.has_value(), ExitCode::config, "'", path_, "': column ", name, " has the unit '",
          text, "', wanted one of ", units_of(row.dimension), "; [catalogue.", name_,
          "] columns = ", row.key, ": ", name, " [UNIT] overrides it");
  found_[role] = Found{to_read_.size(), *factor, name};
  to_read_.push_back(column);
  told_.push_back(
      concat(row.key, ": ", name,
             row.dimension == Dimension::none ? std::string() : concat(" [", text, "]")));
}

std::optional<MassDefinition> CatalogueColumns::take_mass(TableFile const& file,
                                                          std::optional<MassDefinition> wanted,
                                                          double h) {
  std::optional<MassDefinition> named;
  for (auto const& [definition, names] : mass_names()) {
    if (wanted && *wanted != definition) continue;
    auto const column = column_named(file, names);
    if (!column) continue;
    require(!named, ExitCode::config, "'", path_,
            "' has masses of several definitions; set [catalogue.", name_,
            "] mass_definition = 200c, 200m, 500c or vir to choose one");
    take(mass, *column, file, file.columns()[*column].unit, h);
    named = definition;
  }
  auto const plain = column_named(file, row_of(mass).names);
  if (!has(mass) && plain) take(mass, *plain, file, file.columns()[*plain].unit, h);
  return named;
}

void CatalogueColumns::find_mass(TableFile const& file, CatalogueSection const& section,
                                 Cosmology const& cosmology) {
  auto wanted = section.mass();
  std::optional<MassDefinition> named;
  if (!has(mass)) named = take_mass(file, wanted, cosmology.h);
  if (has(mass) && !named) {
    auto const column = lowercase(found_[mass]->name);
    for (auto const& [definition, names] : mass_names())
      if (std::find(names.begin(), names.end(), column) != names.end()) named = definition;
    require(!named || !wanted || *named == *wanted, ExitCode::config, "'", path_, "': column ",
            found_[mass]->name, " is no mass of definition ", name_of(wanted.value_or(*named)),
            ", which [catalogue.", name_, "] mass_definition asks for");
  }
  if (!has(mass) && has(lagrangian)) {
    named = MassDefinition::m200m;
    require(!wanted || wanted == named, ExitCode::config, "'", path_,
            "' has Lagrangian radii, whose masses are M200m; remove [catalogue.", name_,
            "] mass_definition");
  }
  require(named || wanted || !(has(mass)), ExitCode::config, "'", path_, "': column ",
          has(mass) ? found_[mass]->name : "",
          " does not tell the overdensity of its masses; set [catalogue.", name_,
          "] mass_definition = 200c, 200m, 500c or vir");
  definition_ = wanted ? *wanted : named.value_or(MassDefinition::m200c);
  mass_of_lagrangian_ =
      4 * std::numbers::pi / 3 * units::rho_crit_0 * cosmology.omega_m;  // [1e10 Msun/h]
}

void CatalogueColumns::require_enough(TableFile const& file) const {
  bool const position = has(x) && has(y) && has(z);
  bool const direction = (has(ra) && has(dec)) || (has(theta) && has(phi));
  auto const refuse = [&](std::string_view what, std::string_view wanted,
                          std::string_view example) {
    fail(ExitCode::bad_data, "'", path_, "' has no ", what, ": wanted ", wanted, ", found columns ",
         all_columns(file), "; name them with [catalogue.", name_, "] columns = ", example);
  };
  if (!position && !direction)
    refuse("positions", "ra and dec, theta and phi, or x, y and z", "ra: NAME, dec: NAME");
  if (!position && !has(redshift) && !has(distance))
    refuse("distances", "redshift or distance", "redshift: NAME");
  if (!has(mass) && !has(lagrangian)) refuse("masses", "mass", "mass: NAME [Msun/h]");
}

std::string_view CatalogueColumns::wrong_with(Role role, double value) const {
  switch (role) {
    case mass:
    case lagrangian:
      if (value <= 0) return "not positive";
      if (mass_of(role, value) > largest_halo_mass)
        return "no halo has more than 10^16.5 Msun/h; which unit is it in?";
      return {};
    case halo_concentration:
      return value < 0.1 || value > 1000 ? "not a concentration (0.1 to 1000)" : "";
    case distance:
      return value <= 0 ? "not positive" : "";
    case dec:
      return std::abs(value) > std::numbers::pi / 2 * (1 + 1e-12)
                 ? "not a declination (-90 to 90 deg)"
                 : "";
    case theta:
      return value < 0 || value > std::numbers::pi * (1 + 1e-6) ? "not a colatitude (0 to pi)" : "";
    case v_los:
    case vx:
    case vy:
    case vz:
      return std::abs(value) > largest_halo_speed_kms
                 ? "no halo moves faster than 10^4 km/s; which unit is it in?"
                 : "";
    case redshift:
      return value <= 0 || value > 20 ? "not a redshift between 0 and 20" : "";
    default:
      return {};
  }
}

std::string CatalogueColumns::fault(std::span<double const> numbers) const {
  for (auto const& row : role_rows()) {
    if (!has(row.role)) continue;
    auto const& column = *found_[row.role];
    double const number = numbers[column.slot];
    bool const may_lack = row.dimension == Dimension::velocity;
    if (may_lack && std::isnan(number)) continue;
    std::string_view const why =
        std::isfinite(number) ? wrong_with(row.role, number * column.unit) : "not a finite number";
    if (!why.empty()) return concat("column ", column.name, " = ", number, ": ", why);
  }
  return {};
}

double CatalogueColumns::mass_of(Role role, double value) const {
  return role == mass ? value : mass_of_lagrangian_ * std::pow(value, 3);
}

Vec3 CatalogueColumns::direction(std::span<double const> numbers) const {
  bool const by_dec = has(ra) && has(dec);
  double const longitude = value(by_dec ? ra : phi, numbers);
  double const angle = value(by_dec ? dec : theta, numbers);
  double const sine = by_dec ? std::cos(angle) : std::sin(angle);  // of the colatitude
  double const cosine = by_dec ? std::sin(angle) : std::cos(angle);
  return {sine * std::cos(longitude), sine * std::sin(longitude), cosine};
}

CatalogueHalo CatalogueColumns::halo(std::span<double const> numbers,
                                     DistanceLaw const& distances) const {
  CatalogueHalo halo{};
  if (has(x) && has(y) && has(z))
    halo.seen = Vec3{value(x, numbers), value(y, numbers), value(z, numbers)} - observer_;
  else
    halo.seen = (has(distance) ? value(distance, numbers)
                               : distances.distance_at(value(redshift, numbers))) *
                direction(numbers);
  halo.redshift = has(redshift)
                      ? value(redshift, numbers)
                      : distances.redshift_at(std::min(norm(halo.seen), distances.distance_max()));
  auto const from = has(mass) ? mass : lagrangian;
  halo.mass = mass_of(from, value(from, numbers));
  halo.concentration = has(halo_concentration) ? value(halo_concentration, numbers) : 0;
  if (has(v_los))
    halo.velocity = value(v_los, numbers);
  else if (has(vx) && has(vy) && has(vz))
    halo.velocity =
        dot(Vec3{value(vx, numbers), value(vy, numbers), value(vz, numbers)}, unit(halo.seen));
  return halo;
}

std::string CatalogueColumns::told() const { return join(told_, ", "); }

}  // namespace setsz
