// SPDX-License-Identifier: BSD-3-Clause
#include "io/catalogs/table.hpp"

#include <algorithm>

#include "io/catalogs/text_catalog.hpp"
#include "io/text_file.hpp"

namespace setsz {

namespace {

/// A name with its unit: "x[Mpc/h]".
struct Name {
  std::string name, unit;
};

Name name_of(std::string const& written) {
  auto const open = written.find('[');
  if (open == std::string::npos || written.back() != ']') return {lowercase(written), ""};
  auto unit = written.substr(open + 1, written.size() - open - 2);
  std::erase(unit, ' ');
  return {lowercase(trim(written.substr(0, open))), lowercase(unit)};
}

bool has_commas(std::string_view line) { return line.find(',') != std::string_view::npos; }

std::vector<std::string> names_in(std::string_view line) {
  if (line.starts_with('#')) line.remove_prefix(1);
  if (!has_commas(line)) return words(line);
  std::vector<std::string> names;
  for (auto const& name : split(line, ',')) names.push_back(trim(name));
  return names;
}

/// The line of names: the last comment at the head, or the first line.
std::string_view line_of_names(std::string_view text) {
  auto const wanted = [](std::string_view line) {
    std::vector<std::string> plain;
    for (auto const& name : names_in(line)) plain.push_back(name_of(name).name);
    auto const has = [&](char const* name) {
      return std::find(plain.begin(), plain.end(), name) != plain.end();
    };
    return has("id") && has("x") && has("y") && has("z");
  };
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (wanted(line)) return line;
    if (!line.starts_with('#')) return {};
    auto const end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return {};
}

/// Units tell a plain table from the lists of a halo finder, whose units are known.
bool recognise(FileProbe const& file) {
  auto const line = line_of_names(file.text_head());
  return !line.empty() && line.find('[') != std::string_view::npos;
}

HaloCatalogHeader header_of(std::string_view text, std::string const&) {
  HaloCatalogHeader header;
  header.columns = names_in(line_of_names(text));
  for (auto const& name : header.columns)
    header.has_parents = header.has_parents || name_of(name).name == "pid";
  for_each_comment(text, [&](std::string_view written) {
    auto const line = trim(written);
    auto const value = [&](char const* key) {
      return line.starts_with(key) ? number_after(line, "=") : std::nullopt;
    };
    if (auto const a = value("a =")) header.a = a;
    if (auto const h = value("h =")) header.h = h;
    if (auto const box = value("box =")) header.box_mpch = box;
    if (auto const omega_m = value("omega_m =")) header.omega_m = omega_m;
  });
  return header;
}

/// A unit in code units. Without 1/h in the file, h must be known.
double unit_of(Name const& name, HaloCatalogHeader const& header, std::string const& path) {
  struct Known {
    char const* text;
    double value;
    int h_power;
  };
  constexpr Known all[]{
      {"mpc/h", 1000, 0},   {"cmpc/h", 1000, 0},         {"kpc/h", 1, 0},      {"ckpc/h", 1, 0},
      {"mpc", 1000, 1},     {"cmpc", 1000, 1},           {"kpc", 1, 1},        {"ckpc", 1, 1},
      {"msun/h", 1e-10, 0}, {"msun", 1e-10, 1},          {"1e10msun/h", 1, 0}, {"1e10msun", 1, 1},
      {"km/s", 1, 0},       {"msun/hmpc/hkm/s", 1e-7, 0}};
  for (auto const& [text, value, h_power] : all) {
    if (name.unit != text) continue;
    require(h_power == 0 || header.h, ExitCode::bad_data, "'", path, "': the unit of ", name.name,
            " is ", name.unit, ", which needs h: add a line '# h = ...'");
    return h_power == 0 ? value : value * *header.h;
  }
  fail(ExitCode::bad_data, "'", path, "': the column ", name.name, " has ",
       name.unit.empty() ? "no unit" : "the unit " + name.unit,
       "; write it in brackets behind the name: x[Mpc/h], m200c[Msun/h], vx[km/s]");
}

HaloColumns columns_of(HaloCatalogHeader& header, std::size_t n_in_row, MassDefinition definition,
                       std::string const& path) {
  HaloColumns columns;
  columns.names = header.columns;
  require(columns.names.size() == n_in_row, ExitCode::bad_data, "'", path, "': there are ",
          columns.names.size(), " names of columns but the rows hold ", n_in_row);
  std::vector<Name> written;
  std::vector<std::string> names;
  for (auto const& name : columns.names) {
    written.push_back(name_of(name));
    names.push_back(written.back().name);
  }
  auto const optional = [&](std::string const& name) -> std::optional<HaloColumn> {
    auto const found = find_column(names, name, path);
    if (!found) return {};
    return HaloColumn{*found, unit_of(written[*found], header, path)};
  };
  auto const needed = [&](std::string const& name) {
    auto const found = column(names, name, path);
    return HaloColumn{found, unit_of(written[found], header, path)};
  };
  std::string const suffix(name_of(definition));
  columns.id = column(names, "id", path);
  columns.parent = find_column(names, "pid", path);
  columns.mass = needed("m" + suffix);
  columns.radius = optional("r" + suffix);
  for (std::size_t i = 0; i < 3; ++i) {
    std::string const axis(1, "xyz"[i]);
    columns.position[i] = needed(axis);
    columns.velocity[i] = needed("v" + axis);
    columns.angular_momentum[i] = optional("j" + axis);
  }
  columns.xoff = optional("xoff");
  columns.voff = optional("voff");
  return columns;
}

std::unique_ptr<CatalogFile> open(std::string const& path) {
  TextFile const file(path);
  auto const names = line_of_names(file.text());
  auto const separator = has_commas(names) ? Separator::commas : Separator::blanks;
  return open_text_catalog(path, {header_of, columns_of, separator, !names.starts_with('#')});
}

}  // namespace

CatalogFormat table_format() { return {"plain table", recognise, open, "table"}; }

}  // namespace setsz
