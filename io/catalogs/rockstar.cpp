// SPDX-License-Identifier: BSD-3-Clause
#include "io/catalogs/rockstar.hpp"

#include <algorithm>
#include <charconv>

#include "io/catalogs/text_catalog.hpp"

namespace setsz {

namespace {

/// One quantity under the names that lists (one per snapshot) and ascii files (one per writer) give
/// it.
struct Alias {
  char const* list;
  char const* ascii;
};

constexpr Alias position_names[3]{{"X", "x"}, {"Y", "y"}, {"Z", "z"}};
constexpr Alias velocity_names[3]{{"VX", "vx"}, {"VY", "vy"}, {"VZ", "vz"}};
constexpr Alias angular_momentum_names[3]{{"JX", "Jx"}, {"JY", "Jy"}, {"JZ", "Jz"}};
constexpr double msunh = 1e-10, mpch = 1000, kpch = 1;
constexpr double msunh_mpch_kms = 1e-7;  ///< [1e10 Msun/h kpc/h km/s]

// In an ascii file m200c is the mass of ALL particles; mbound_200c is what the list calls M200c.
Alias mass_name(MassDefinition definition) {
  switch (definition) {
    case MassDefinition::m200c:
      return {"M200c", "mbound_200c"};
    case MassDefinition::m200m:
      return {"M200b", "m200b"};
    case MassDefinition::m500c:
      return {"M500c", "m500c"};
    case MassDefinition::vir:
      return {"Mvir", "mvir"};
  }
  fail(ExitCode::internal, "unknown mass definition");
}

/// The radius of the finder's main definition; no other radius is in the file.
Alias radius_name(MassDefinition definition) {
  switch (definition) {
    case MassDefinition::m200c:
      return {"R200c", "r200c"};
    case MassDefinition::m200m:
      return {"R200b", "r200b"};
    case MassDefinition::m500c:
      return {"R500c", "r500c"};
    case MassDefinition::vir:
      return {"Rvir", "rvir"};
  }
  fail(ExitCode::internal, "unknown mass definition");
}

/// "#ID DescID ..." (list) or "#id num_p ..." (ascii); consistent-trees and AHF number their names,
/// and a plain table has units: "x [kpc/h]".
bool has_id(std::vector<std::string> const& names) {
  if (std::any_of(names.begin(), names.end(), [](auto const& name) { return name[0] == '['; }))
    return false;
  auto const has = [&](char const* upper, char const* lower) {
    return std::any_of(names.begin(), names.end(),
                       [&](auto const& name) { return name == upper || name == lower; });
  };
  return has("ID", "id") && has("X", "x") && has("Y", "y");
}

bool recognise(FileProbe const& file) {
  auto const text = file.text_head();
  return text.starts_with('#') && has_id(names_in_comments(text, has_id));
}

/// "(0.0, 0.0, 0.0) - (20.0, 20.0, 20.0)"
std::pair<std::optional<Vec3>, std::optional<Vec3>> bounds_of(std::string_view line) {
  std::string text(line.substr(line.find(':') + 1));
  for (auto& c : text)
    if (c == '(' || c == ')' || c == ',') c = ' ';
  std::vector<double> numbers;
  for (auto const& word : words(text)) {
    double value = 0;
    if (word == "-") continue;
    auto const [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) return {};
    numbers.push_back(value);
  }
  if (numbers.size() != 6) return {};
  return {Vec3{numbers[0], numbers[1], numbers[2]}, Vec3{numbers[3], numbers[4], numbers[5]}};
}

/// "Masses in Msun / h": other units than those that Rockstar documents are not guessed at.
void check_units(std::string_view line, std::string const& path) {
  struct Known {
    std::string_view quantity, unit;
  };
  constexpr Known all[]{{"Masses in", "Msun/h"},
                        {"Positions in", "Mpc/h"},
                        {"Velocities in", "km/s"},
                        {"Halo Distances, Lengths, and Radii in", "kpc/h"}};
  for (auto const& [quantity, unit] : all) {
    auto const at = line.find(quantity);
    if (at == std::string_view::npos) continue;
    std::string found(line.substr(at + quantity.size()));
    found.resize(std::min(found.find('('), found.size()));
    std::erase_if(found, [](char c) { return c == ' ' || c == '\r'; });
    require(found == unit, ExitCode::bad_data, "'", path, "': its line '#", trim(line), "' says ",
            quantity, " ", found, " (setsz reads Rockstar's own units: ", unit,
            "); convert the columns, and correct the line");
  }
}

void read_comment(std::string_view line, std::string const& path, HaloCatalogHeader& header) {
  auto const stated = [&](std::string_view key) { return number_stated(line, key, path); };
  if (line.starts_with("a = ")) {
    header.a = stated("a");
  } else if (line.starts_with("Om = ")) {
    header.omega_m = stated("Om");
    header.omega_l = stated("Ol");
    header.h = stated("; h");
  } else if (line.starts_with("Box size")) {
    header.box_mpch = stated("Box size");
  } else if (line.starts_with("Particle mass")) {
    if (auto const mass = stated("Particle mass")) header.particle_mass = msunh * *mass;
  } else if (line.starts_with("Bounds")) {
    std::tie(header.lower, header.upper) = bounds_of(line);
  } else if (line.starts_with("Rockstar Version")) {
    header.finder_version = trim(line.substr(line.find(':') + 1));
  } else if (line.starts_with("Units")) {
    check_units(line, path);
  }
}

HaloCatalogHeader header_of(std::string_view text, std::string const& path) {
  HaloCatalogHeader header;
  require(
      text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size())).starts_with('#'),
      ExitCode::bad_data, "'", path,
      "' has no line of column names (the first line of a Rockstar list begins with #): found '",
      text.substr(0, std::min<std::size_t>(text.find('\n'), 60)), "'");
  header.columns = names_in_comments(text, has_id);
  for_each_comment(text, [&](std::string_view line) { read_comment(line, path, header); });
  header.has_parents =
      std::find(header.columns.begin(), header.columns.end(), "PID") != header.columns.end();
  return header;
}

/// The names of the columns that rows have. Another number of them than the header has names is
/// refused, but for the one layout that find_parents of Rockstar 0.99.9-RC3 is known to write (41
/// names, 34 columns: it drops seven columns after b_to_a(500c) and leaves their names).
std::vector<std::string> names_of(HaloCatalogHeader& header, std::size_t n_in_row,
                                  std::string const& path) {
  auto names = header.columns;
  if (header.finder_version == "0.99.9-RC3" && names.size() == 41 && n_in_row == 34 &&
      names[32] == "b_to_a(500c)" && names.back() == "PID") {
    names.resize(33);
    names.emplace_back("PID");
  }
  require(names.size() == n_in_row, ExitCode::bad_data, "'", path, "': the header names ",
          names.size(), " columns but the rows hold ", n_in_row,
          " (find_parents leaves names of columns that it does not write in its header); use the "
          "list with all columns, or correct the first line");
  header.n_leftover_names = header.columns.size() - names.size();
  return names;
}

HaloColumns columns_of(HaloCatalogHeader& header, std::size_t n_in_row, MassDefinition definition,
                       std::string const& path) {
  HaloColumns columns;
  columns.names = names_of(header, n_in_row, path);
  auto const& names = columns.names;
  bool const is_list = find_column(names, "ID", path).has_value();
  auto const name = [&](Alias const& alias) { return is_list ? alias.list : alias.ascii; };
  NamedColumns const named(names, path);
  auto const optional = [&](Alias const& alias, double unit) {
    return named.optional(name(alias), unit);
  };
  auto const needed = [&](Alias const& alias, double unit) {
    return named.needed(name(alias), unit);
  };
  columns.id = column(names, is_list ? "ID" : "id", path);
  columns.parent = find_column(names, "PID", path);
  columns.mass = needed(mass_name(definition), msunh);
  for (auto const other : all_mass_definitions)
    if (auto const mass = optional(mass_name(other), msunh); mass && other != definition)
      columns.other_masses.push_back(*mass);
  columns.radius = optional(radius_name(definition), kpch);
  columns.dispersion = optional({"Vrms", "vrms"}, 1);
  for (std::size_t i = 0; i < 3; ++i) {
    columns.position[i] = needed(position_names[i], mpch);
    columns.velocity[i] = needed(velocity_names[i], 1);
    columns.angular_momentum[i] = optional(angular_momentum_names[i], msunh_mpch_kms);
  }
  columns.xoff = optional({"Xoff", "Xoff"}, kpch);
  columns.voff = optional({"Voff", "Voff"}, 1);
  if (definition == MassDefinition::m200c)
    columns.mass_all = optional({"M200c_all", "m200c"}, msunh);
  return columns;
}

std::unique_ptr<CatalogFile> open(std::string const& path) {
  return open_text_catalog(path, {header_of, columns_of});
}

}  // namespace

char const* rockstar_mass_name(MassDefinition definition) { return mass_name(definition).list; }

CatalogFormat rockstar_format() { return {"Rockstar list or ascii", recognise, open, "rockstar"}; }

}  // namespace setsz
