// SPDX-License-Identifier: BSD-3-Clause
#include "io/catalogs/halo_columns.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

namespace {

/// A value of at least `least`, or nothing.
std::optional<double> sensible(HaloRow const& row, std::optional<HaloColumn> const& column,
                               double least, std::int64_t& n_left_out) {
  if (!column) return {};
  auto const value = row.number_if_any(column->index);
  if (value && *value >= least) return *value * column->unit;
  ++n_left_out;
  return {};
}

/// J of a halo whose file gives its direction and its spin parameter.
Vec3 from_spin(Vec3 const& direction, double spin, Halo const& halo, double a) {
  double const length = norm(direction);
  if (!(length > 0) || !(halo.radius_ckpch > 0)) return {};
  double const radius = a * halo.radius_ckpch;
  double const velocity = std::sqrt(units::gravity * halo.mass / radius);
  return (std::sqrt(2.0) * spin * halo.mass * velocity * radius / length) * direction;
}

/// Three numbers, or nothing.
std::optional<Vec3> vector_in(HaloRow const& row, std::optional<HaloColumn> const (&columns)[3],
                              std::int64_t& n_left_out) {
  constexpr double any = -1e300;
  Vec3 vector;
  for (std::size_t i = 0; i < 3; ++i) {
    auto const value = sensible(row, columns[i], any, n_left_out);
    if (!value) return {};
    vector[i] = *value;
  }
  return vector;
}

void read_momentum(HaloRow const& row, HaloColumns const& columns, HaloCatalogHeader const& header,
                   Halo& halo, std::int64_t& n_left_out) {
  auto momentum = vector_in(row, columns.angular_momentum, n_left_out);
  if (momentum && columns.spin) {
    auto const spin = sensible(row, columns.spin, 0, n_left_out);
    momentum = spin ? from_spin(*momentum, *spin, halo, header.a.value_or(1)) : Vec3{};
  }
  halo.angular_momentum = momentum.value_or(Vec3{});
}

void check_scale(HaloRow const& row, HaloColumns const& columns, HaloCatalogHeader const& header) {
  if (!columns.scale || !header.a) return;
  double const scale = row.number(*columns.scale);
  if (std::abs(scale - *header.a) > 1e-4)
    row.refuse(concat("column ", columns.names[*columns.scale], " is ", scale, ", and ", *header.a,
                      " in the first row; give the list of one snapshot alone"));
}

/// \param mass_all  < 0: not in the file
std::optional<double> largest_other_mass(HaloRow const& row, HaloColumns const& columns,
                                         double mass_all) {
  if (mass_all < 0 && columns.other_masses.empty()) return {};
  double largest = std::max(mass_all, 0.0);
  for (auto const& [index, unit] : columns.other_masses)
    largest = std::max(largest, unit * row.number_if_any(index).value_or(0));
  return largest;
}

}  // namespace

std::optional<std::size_t> find_column(std::vector<std::string> const& names, std::string_view name,
                                       std::string const& path) {
  auto const found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return {};
  auto const again = std::find(found + 1, names.end(), name);
  require(again == names.end(), ExitCode::bad_data, "'", path, "': two columns are named ", name,
          " (numbers ", found - names.begin() + 1, " and ", again - names.begin() + 1,
          "); correct the line of names");
  return found - names.begin();
}

std::size_t column(std::vector<std::string> const& names, std::string_view name,
                   std::string const& path) {
  auto const found = find_column(names, name, path);
  require(found.has_value(), ExitCode::bad_data, "'", path, "': no column ", name, " among ",
          join(names, " "), suggestion(name, names));
  return *found;
}

Halo halo_of(HaloRow const& row, HaloColumns const& columns, HaloCatalogHeader const& header,
             double box_ckpch, std::int64_t& n_left_out) {
  Halo halo;
  halo.id = row.integer(columns.id);
  if (halo.id < 0) row.refuse(concat("column ", columns.names[columns.id], " is negative"));
  if (columns.parent) halo.parent_id = row.integer(*columns.parent);
  if (halo.parent_id < -1)
    row.refuse(
        concat("column ", columns.names[*columns.parent], " (PID) is neither a halo nor -1"));
  check_scale(row, columns, header);
  halo.mass = columns.mass.unit * row.number(columns.mass.index);
  if (halo.mass < 0) row.refuse(concat("mass ", columns.names[columns.mass.index], " is negative"));
  for (std::size_t i = 0; i < 3; ++i) {
    auto const& [index, unit] = columns.position[i];
    halo.position[i] = row.coordinate(index, unit, box_ckpch);
  }
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  halo.velocity =
      vector_in(row, columns.velocity, n_left_out).value_or(Vec3{unknown, unknown, unknown});
  if (columns.mass_all)
    halo.mass_all = columns.mass_all->unit * row.non_negative(columns.mass_all->index);
  if (halo.mass == 0) halo.other_mass = largest_other_mass(row, columns, halo.mass_all);
  std::int64_t not_said = 0;  // only checks need these
  halo.radius_ckpch = sensible(row, columns.radius, 0, not_said).value_or(-1);
  halo.dispersion_kms = sensible(row, columns.dispersion, 0, not_said).value_or(-1);
  halo.xoff_ckpch = sensible(row, columns.xoff, 0, n_left_out).value_or(-1);
  halo.voff_kms = sensible(row, columns.voff, 0, n_left_out).value_or(-1);
  read_momentum(row, columns, header, halo, n_left_out);
  return halo;
}

}  // namespace setsz
