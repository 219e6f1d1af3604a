// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <iostream>

#include "io/catalogs/format_table.hpp"
#include "io/file_kind.hpp"
#include "io/h5.hpp"
#include "io/healpix_map.hpp"
#include "io/json_file.hpp"
#include "io/snapshot.hpp"
#include "io/snapshots/format_table.hpp"
#include "pipeline/app/commands.hpp"
#include "pipeline/app/inspect_hdf5.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/file_type.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/terminal.hpp"

namespace setsz {

namespace {

/// What the header of a snapshot means to setsz, in its units.
void show_snapshot(SnapshotFormat const& format, FileProbe const& file) {
  auto const head = format.describe(file, std::nullopt);
  auto const& [box, a, redshift, cosmology, n_particles, mass_table] = head.header;
  std::cout << "snapshot, " << format.name << ", one of " << head.n_files << " file(s)\n  box "
            << box << " ckpc/h, a = " << a << " (z = " << redshift
            << "), Omega_m = " << cosmology.omega_m << ", Omega_Lambda = " << cosmology.omega_l
            << ", h = " << cosmology.h << "\n  units " << head.units.length_ckpch << " ckpc/h, "
            << head.units.mass_1e10msunh << " x 1e10 Msun/h, " << head.units.velocity_kms << " km/s"
            << (head.units.stated ? " (stated by the file)" : " (of the format)") << "\n";
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
  show("redshift", header.redshift);
  show("Omega_m", header.omega_m);
  show("Omega_Lambda", header.omega_l);
  show("h", header.h);
  std::cout << "; " << header.columns.size() << " columns, "
            << (header.has_parents ? "with" : "without") << " the parents of subhaloes\n";
}

/// A header that does not make sense is reported; the file is shown all the same.
/// \return  was it recognised?
bool show_formats(FileProbe const& file) try {
  auto const* snapshot = find_format(file, snapshot_formats());
  auto const* catalog = find_format(file, catalog_formats());
  if (snapshot) show_snapshot(*snapshot, file);
  if (catalog) show_catalog(*catalog, file.path());
  return snapshot || catalog;
} catch (Error const& error) {
  std::cout << error.what() << "\n";
  return false;
}

void show_map(std::string const& path) {
  auto const head = read_fits_data_head(path);
  auto const indexing = head.cards.find("INDXSCHM");
  if (indexing == head.cards.end() || indexing->second != "IMPLICIT") {
    bool const is_table = head.cards.count("XTENSION") > 0;
    std::cout << (is_table ? "FITS table, " : "FITS image, ")
              << (is_table ? "" : head.cards.at("NAXIS1") + " columns, ") << head.cards.at("NAXIS2")
              << " rows\n";
    for (auto const& [key, value] : head.cards)
      std::cout << "  " << std::left << std::setw(9) << key << value << "\n";
    return;
  }
  HealpixFile const map(path);
  std::cout << "HEALPix map, nside " << map.nside() << ", " << map.n_pixels() << " pixels\n";
  for (auto const& [key, value] : map.cards()) {
    std::cout << "  " << std::left << std::setw(9) << key << value << "\n";
  }
  for (auto const& line : map.history()) std::cout << "  HISTORY  " << line << "\n";
  std::cout << "  the data sum " << (map.data_sum_holds() ? "holds" : "DOES NOT HOLD") << "\n";
}

void show_text(std::string_view text) {
  constexpr int n_lines = 30;
  constexpr std::size_t width = 200;
  int n = 0;
  for (auto const& line : split(text, '\n')) {
    if (++n > n_lines) break;
    std::cout << printable_text(std::string_view(line).substr(0, width))
              << (line.size() > width ? "..." : "") << "\n";
  }
  if (n > n_lines) std::cout << "...\n";
}

void show_file(std::string const& path, bool values) {
  FileProbe const file(path);
  file.head();  // refuses what is no file
  std::cout << printable_text(path) << ", " << human_bytes(real(std::filesystem::file_size(path)))
            << "\n";
  bool const known = show_formats(file);
  if (file.is_hdf5()) {
    show_hdf5(file.hdf5(), values);
  } else if (file.head().starts_with("SIMPLE")) {
    show_map(path);
  } else if (file.head().starts_with("{")) {
    std::cout << read_json(path).dump(2) << "\n";
  } else if (looks_like_text(file.text_head())) {
    show_text(file.text_head());
  } else if (!known) {
    std::cout << "It " << file.appearance() << ".\n";
  }
}

/// The snapshot that a folder holds, if it is one, and the datasets of its first file.
bool show_snapshot_folder(std::string const& path, bool values) try {
  auto const files = find_snapshot_files(path);
  std::cout << printable_text(path) << ", " << files.size() << " file(s) of a snapshot, the first "
            << printable_text(files.front()) << "\n";
  FileProbe const first(files.front());
  show_formats(first);
  if (first.is_hdf5()) show_hdf5(first.hdf5(), values);
  return true;
} catch (Error const&) {
  return false;
}

/// In a word; of a file that cannot be read, why not.
std::string kind_of_file(std::string const& path) try {
  FileProbe const file(path);
  if (auto const* snapshot = find_format(file, snapshot_formats()))
    return concat("snapshot, ", snapshot->name);
  if (auto const* catalog = find_format(file, catalog_formats()))
    return concat("halo catalogue, ", catalog->name);
  return file.appearance();
} catch (Error const& error) {
  return printable_text(error.what());
}

void show_folder(std::string const& path, bool values) {
  if (show_snapshot_folder(path, values)) return;
  std::cout << printable_text(path) << ", a folder\n";
  std::vector<std::filesystem::path> entries;
  for (auto const& entry : std::filesystem::directory_iterator(path)) entries.push_back(entry);
  std::sort(entries.begin(), entries.end());
  for (auto const& entry : entries) {
    auto const name = printable_text(entry.filename().string());
    std::error_code unknown;
    auto const type = std::filesystem::status(entry, unknown).type();
    if (type != std::filesystem::file_type::regular) {
      bool const is_folder = type == std::filesystem::file_type::directory;
      std::cout << "  " << name << (is_folder ? "/" : concat("  ", name_of(type))) << "\n";
      continue;
    }
    std::cout << "  " << name << "  " << kind_of_file(entry.string()) << "\n";
  }
}

}  // namespace

int inspect_file(CommandLine const& line) {
  std::string const& path = line.target;
  auto const type = type_of(path);
  require(type != std::filesystem::file_type::not_found, ExitCode::missing_input, "'", path,
          "' does not exist; expected a product, a snapshot file, a catalogue or a folder");
  if (type == std::filesystem::file_type::directory)
    show_folder(path, line.values);
  else
    show_file(path, line.values);
  return 0;
}

}  // namespace setsz
