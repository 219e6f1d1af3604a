// SPDX-License-Identifier: BSD-3-Clause
#include "io/catalogs/hlist.hpp"

#include <algorithm>

#include "io/catalogs/numbered_names.hpp"
#include "io/catalogs/rockstar.hpp"
#include "io/catalogs/text_catalog.hpp"

namespace setsz {

namespace {

constexpr double msunh = 1e-10, mpch = 1000, kpch = 1, msunh_mpch_kms = 1e-7;

bool is_names(std::vector<std::string> const& names) {
  auto const plain = without_numbers(names);
  auto const has = [&](char const* name) {
    return std::find(plain.begin(), plain.end(), name) != plain.end();
  };
  return plain != names && has("scale") && has("id") && has("pid");
}

bool recognise(FileProbe const& file) {
  auto const text = file.text_head();
  return text.starts_with('#') && is_names(names_in_comments(text, is_names));
}

/// Rockstar adds NAME_all for the definition of its main mass.
void name_main_mass(std::vector<std::string>& names) {
  auto const all = std::find_if(names.begin(), names.end(), [](std::string const& name) {
    return name.starts_with('M') && name.ends_with("_all");
  });
  if (all == names.end()) return;
  auto const main = all->substr(0, all->size() - 4);
  if (std::find(names.begin(), names.end(), main) != names.end()) return;
  auto const mass = std::find(names.begin(), names.end(), "Mvir");
  auto const radius = std::find(names.begin(), names.end(), "Rvir");
  if (mass != names.end()) *mass = main;
  if (radius != names.end()) *radius = "R" + main.substr(1);
}

/// Nothing where there is no row. Comments do not have it: the rows are compared with the first.
std::optional<double> scale_of_first_row(std::string_view text,
                                         std::vector<std::string> const& names,
                                         std::string const& path) {
  auto const row = first_row(text);
  std::vector<std::string_view> fields;
  if (split_fields(row, fields) != names.size()) return {};  // refused when columns are needed
  TextRow parser(names, path);
  parser.take(row, 1 + std::count(text.data(), row.data(), '\n'));
  double const scale = parser.number(column(names, "scale", path));
  if (scale <= 0) parser.refuse(concat("the scale factor (column scale) is ", scale));
  return scale;
}

HaloCatalogHeader header_of(std::string_view text, std::string const& path) {
  HaloCatalogHeader header;
  header.columns = without_numbers(names_in_comments(text, is_names));
  name_main_mass(header.columns);
  header.has_parents = true;
  for_each_comment(text, [&](std::string_view line) {
    if (line.starts_with("Omega_M = ")) {
      header.omega_m = number_stated(line, "Omega_M", path);
      header.omega_l = number_stated(line, "Omega_L", path);
      header.h = number_stated(line, "h0", path);
    } else if (line.starts_with("Full box size")) {
      header.box_mpch = number_stated(line, "Full box size", path);
    } else if (line.starts_with("Consistent Trees Version")) {
      header.finder_version = trim(line);
    }
  });
  header.a = scale_of_first_row(text, header.columns, path);
  return header;
}

HaloColumns columns_of(HaloCatalogHeader& header, std::size_t n_in_row, MassDefinition definition,
                       std::string const& path) {
  auto columns = columns_named(header.columns, n_in_row, path);
  auto const& names = columns.names;
  NamedColumns const named(names, path);
  std::string const mass = rockstar_mass_name(definition);
  columns.id = column(names, "id", path);
  columns.parent = column(names, "pid", path);
  columns.scale = column(names, "scale", path);
  columns.mass = named.needed(mass, msunh);
  columns.mass_all = named.optional(mass + "_all", msunh);
  for (auto const other : all_mass_definitions)
    if (auto const its = named.optional(rockstar_mass_name(other), msunh);
        its && other != definition)
      columns.other_masses.push_back(*its);
  columns.radius = named.optional("R" + mass.substr(1), kpch);
  columns.dispersion = named.optional("vrms", 1);
  for (std::size_t i = 0; i < 3; ++i) {
    std::string const axis(1, "xyz"[i]);
    columns.position[i] = named.needed(axis, mpch);
    columns.velocity[i] = named.needed("v" + axis, 1);
    columns.angular_momentum[i] = named.optional("J" + axis, msunh_mpch_kms);
  }
  columns.xoff = named.optional("Xoff", kpch);
  columns.voff = named.optional("Voff", 1);
  return columns;
}

std::unique_ptr<CatalogFile> open(std::string const& path) {
  return open_text_catalog(path, {header_of, columns_of});
}

}  // namespace

CatalogFormat hlist_format() { return {"consistent-trees hlist", recognise, open, "hlist"}; }

}  // namespace setsz
