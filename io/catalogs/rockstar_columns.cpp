// SPDX-License-Identifier: BSD-3-Clause
#include "io/catalogs/rockstar_columns.hpp"

#include <algorithm>
#include <charconv>

#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

/// One quantity under the names that lists and ascii files give it.
struct Alias {
  char const* list;
  char const* ascii;
};

constexpr Alias id_name{"ID", "id"};
constexpr Alias position_names[3]{{"X", "x"}, {"Y", "y"}, {"Z", "z"}};
constexpr Alias velocity_names[3]{{"VX", "vx"}, {"VY", "vy"}, {"VZ", "vz"}};
constexpr Alias angular_momentum_names[3]{{"JX", "Jx"}, {"JY", "Jy"}, {"JZ", "Jz"}};
constexpr Alias xoff_name{"Xoff", "Xoff"};
constexpr Alias voff_name{"Voff", "Voff"};
constexpr Alias parent_name{"PID", "PID"};
constexpr Alias mass_all_name{"M200c_all", "m200c"};

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

/// The number that follows `key` in `line`, "Om = 0.3089; ...".
std::optional<double> number_after(std::string_view line, std::string_view key) {
  auto const begin = line.find(key);
  if (begin == std::string_view::npos) return {};
  auto rest = line.substr(begin + key.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(" =:"), rest.size()));
  double value = 0;
  if (std::from_chars(rest.data(), rest.data() + rest.size(), value).ec != std::errc()) return {};
  return value;
}

}  // namespace

HaloCatalogHeader parse_rockstar_header(std::string_view text, std::string const& path) {
  HaloCatalogHeader header;
  bool first = true;
  while (!text.empty() && text.front() == '#') {
    auto const line = text.substr(1, text.find('\n') - 1);
    if (first) {
      header.columns = words(line);
    } else if (line.starts_with("a = ")) {
      header.a = number_after(line, "a");
    } else if (line.starts_with("Om = ")) {
      header.omega_m = number_after(line, "Om");
      header.omega_l = number_after(line, "Ol");
      header.h = number_after(line, "; h");
    } else if (line.starts_with("Box size")) {
      header.box_mpch = number_after(line, "Box size");
    } else if (line.starts_with("Rockstar Version")) {
      header.finder_version = trim(line.substr(line.find(':') + 1));
    }
    first = false;
    text.remove_prefix(std::min(line.size() + 2, text.size()));
  }
  require(
      !first, ExitCode::bad_data, "'", path,
      "' has no line of column names (the first line of a Rockstar list begins with #): found '",
      text.substr(0, std::min<std::size_t>(text.find('\n'), 60)), "'");
  header.has_parents =
      std::find(header.columns.begin(), header.columns.end(), "PID") != header.columns.end();
  return header;
}

RockstarColumns find_rockstar_columns(HaloCatalogHeader const& header, std::size_t n_in_row,
                                      MassDefinition definition, std::string const& path) {
  RockstarColumns columns;
  columns.names = header.columns;
  if (header.finder_version == "0.99.9-RC3" && header.columns.size() == 41 && n_in_row == 34 &&
      header.columns[32] == "b_to_a(500c)" && header.columns.back() == "PID") {
    columns.names.resize(33);
    columns.names.push_back("PID");
  }
  require(columns.names.size() == n_in_row, ExitCode::bad_data, "'", path, "': the header names ",
          columns.names.size(), " columns but the rows hold ", n_in_row,
          " (find_parents leaves names of columns that it does not write in its header); use the "
          "list with all columns, or correct the first line");
  columns.n_columns = n_in_row;

  auto const position_of = [&](std::string_view name) -> std::optional<std::size_t> {
    auto const found = std::find(columns.names.begin(), columns.names.end(), name);
    if (found == columns.names.end()) return {};
    return found - columns.names.begin();
  };
  if (position_of(id_name.list)) {
    columns.kind = RockstarKind::list;
  } else if (position_of(id_name.ascii)) {
    columns.kind = RockstarKind::ascii;
  } else {
    fail(ExitCode::bad_data, "'", path, "': no column ID (list) or id (ascii) among ",
         join(columns.names, " "));
  }
  auto const optional = [&](Alias const& alias) {
    return position_of(columns.kind == RockstarKind::list ? alias.list : alias.ascii);
  };
  auto const needed = [&](Alias const& alias) {
    std::string_view const name = columns.kind == RockstarKind::list ? alias.list : alias.ascii;
    auto const found = position_of(name);
    require(found.has_value(), ExitCode::bad_data, "'", path, "': no column ", name, " among ",
            join(columns.names, " "), "; nearest: ", nearest(name, columns.names));
    return *found;
  };
  columns.id = needed(id_name);
  columns.mass = needed(mass_name(definition));
  for (std::size_t i = 0; i < 3; ++i) {
    columns.position[i] = needed(position_names[i]);
    columns.velocity[i] = needed(velocity_names[i]);
    columns.angular_momentum[i] = optional(angular_momentum_names[i]);
  }
  columns.xoff = optional(xoff_name);
  columns.voff = optional(voff_name);
  columns.parent = optional(parent_name);
  if (definition == MassDefinition::m200c) columns.mass_all = optional(mass_all_name);
  return columns;
}

}  // namespace setsz
