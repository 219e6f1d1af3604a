// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "io/catalogs/format_table.hpp"
#include "io/h5.hpp"
#include "io/healpix_map.hpp"
#include "io/snapshots/format_table.hpp"
#include "pipeline/app/commands.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

std::string shape_text(std::vector<std::int64_t> const& shape) {
  std::vector<std::string> parts;
  for (auto const n : shape) parts.push_back(std::to_string(n));
  return "(" + join(parts, ", ") + ")";
}

/// The value of an attribute, whatever its type, as text.
std::string attribute_text(H5File const& file, std::string const& object, std::string const& name) {
  auto const list = [&]<class T>(T) {
    std::vector<std::string> parts;
    for (auto const& value : file.attribute_list<T>(object, name)) parts.push_back(concat(value));
    return parts.size() == 1 ? parts[0] : "[" + join(parts, ", ") + "]";
  };
  // The reader refuses lossy conversions: the first type that succeeds is the right one.
  try {
    return list(std::int64_t{});
  } catch (Error const&) {
  }
  try {
    return list(double{});
  } catch (Error const&) {
  }
  try {
    return file.attribute<std::string>(object, name);
  } catch (Error const&) {
    return "(unsupported type)";
  }
}

void show_attributes(H5File const& file, std::string const& object, std::string const& indent) {
  static std::vector<std::string> const of_fields{"unit", "a_power", "h_power", "frame",
                                                  "description"};
  for (auto const& name : file.attribute_names(object)) {
    if (std::find(of_fields.begin(), of_fields.end(), name) != of_fields.end()) continue;
    std::cout << indent << "@" << name << " = " << attribute_text(file, object, name) << "\n";
  }
}

void show_dataset(H5File const& file, std::string const& path, std::string const& indent) {
  auto const info = file.info(path);
  FieldInfo field;  // the files of simulations have none
  if (file.has_attribute(path, "unit")) field = file.field_info(path);
  std::cout << indent << path.substr(path.rfind('/') + 1) << "  " << name_of(info.type) << " "
            << shape_text(info.shape);
  if (!field.unit.empty()) std::cout << "  [" << field.unit << "]";
  if (!field.frame.empty()) std::cout << "  frame " << field.frame;
  if (!field.description.empty()) std::cout << "  " << field.description;
  std::cout << "\n";
  show_attributes(file, path, indent + "  ");
}

void show_group(H5File const& file, std::string const& group, std::string const& indent) {
  show_attributes(file, group, indent);
  for (auto const& member : file.members(group)) {
    std::string const path = (group == "/" ? "" : group) + "/" + member;
    if (file.is_group(path)) {
      std::cout << indent << member << "/\n";
      show_group(file, path, indent + "  ");
    } else {
      show_dataset(file, path, indent);
    }
  }
}

/// What the header of a snapshot means to setsz, in its units.
void show_snapshot(SnapshotFormat const& format, FileProbe const& file) {
  auto const head = format.describe(file, std::nullopt);
  auto const& [box, a, redshift, cosmology, n_particles, mass_table] = head.header;
  std::cout << "snapshot, " << format.name << ", one of " << head.n_files << " file(s)\n  box "
            << box << " ckpc/h, a = " << a << " (z = " << redshift
            << "), Omega_m = " << cosmology.omega_m << ", Omega_Lambda = " << cosmology.omega_l
            << ", h = " << cosmology.h << "\n";
  for (std::size_t type = 0; type < n_particles.size(); ++type) {
    if (n_particles[type] == 0) continue;
    std::cout << "  type " << type << ": " << head.n_this_file[type] << " of " << n_particles[type]
              << " particles";
    if (mass_table[type] > 0) std::cout << " of " << mass_table[type] << " x 1e10 Msun/h";
    std::cout << "\n";
  }
}

/// The same of a halo catalogue.
void show_catalog(CatalogFormat const& format, std::string const& path) {
  auto const header = format.open(path)->header();
  std::cout << "halo catalogue, " << format.name << "\n ";
  auto const show = [](char const* name, std::optional<double> value) {
    if (value) std::cout << " " << name << " = " << *value;
  };
  show("box [Mpc/h]", header.box_mpch);
  show("a", header.a);
  show("Omega_m", header.omega_m);
  show("Omega_Lambda", header.omega_l);
  show("h", header.h);
  std::cout << "; " << header.columns.size() << " columns, "
            << (header.has_parents ? "with" : "without") << " the parents of subhaloes\n";
}

/// A header that does not make sense is reported; the file is shown all the same.
void show_formats(FileProbe const& file) try {
  if (auto const* snapshot = find_format(file, snapshot_formats())) show_snapshot(*snapshot, file);
  if (auto const* catalog = find_format(file, catalog_formats()))
    show_catalog(*catalog, file.path());
} catch (Error const& error) {
  std::cout << error.what() << "\n";
}

void show_map(std::string const& path) {
  HealpixFile const map(path);
  std::cout << "HEALPix map, nside " << map.nside() << ", " << map.n_pixels() << " pixels\n";
  for (auto const& [key, value] : map.cards()) {
    std::cout << "  " << std::left << std::setw(9) << key << value << "\n";
  }
  for (auto const& line : map.history()) std::cout << "  HISTORY  " << line << "\n";
  std::cout << "  the data sum " << (map.data_sum_holds() ? "holds" : "DOES NOT HOLD") << "\n";
}

void show_text(std::istream& stream) {
  constexpr int n_lines = 30;
  std::string line;
  for (int i = 0; i < n_lines && std::getline(stream, line); ++i) {
    std::cout << line.substr(0, 200) << (line.size() > 200 ? "..." : "") << "\n";
  }
  if (stream) std::cout << "...\n";
}

}  // namespace

int inspect_file(CommandLine const& line) {
  std::string const& path = line.target;
  require(std::filesystem::is_regular_file(path), ExitCode::missing_input, "'", path,
          "' is not a file; expected a product, a snapshot file or a catalogue");
  FileProbe const file(path);
  std::ifstream stream(path, std::ios::binary);
  std::cout << path << ", " << human_bytes(real(std::filesystem::file_size(path))) << "\n";
  show_formats(file);
  if (file.is_hdf5()) {
    show_group(file.hdf5(), "/", "");
  } else if (file.head().starts_with("SIMPLE")) {
    show_map(path);
  } else if (file.head().starts_with("{")) {
    std::cout << nlohmann::json::parse(stream).dump(2) << "\n";
  } else {
    show_text(stream);
  }
  return 0;
}

}  // namespace setsz
