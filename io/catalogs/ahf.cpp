// SPDX-License-Identifier: BSD-3-Clause
#include "io/catalogs/ahf.hpp"

#include <algorithm>

#include "io/catalogs/numbered_names.hpp"
#include "io/catalogs/text_catalog.hpp"

namespace setsz {

namespace {

constexpr double msunh = 1e-10, kpch = 1;

bool is_names(std::vector<std::string> const& names) {
  auto const plain = without_numbers(names);
  return plain.size() > 20 && plain != names && plain[0] == "ID" && plain[1] == "hostHalo";
}

bool recognise(FileProbe const& file) {
  auto const text = file.text_head();
  return text.starts_with('#') && is_names(names_in_comments(text, is_names));
}

/// AHF writes the redshift into the file's name alone: "x.z0.495.AHF_halos".
std::optional<double> scale_in_name(std::string const& path) {
  auto const end = path.rfind(".AHF_halos");
  if (end == std::string::npos) return {};
  auto const begin = path.rfind('z', end);
  if (begin == std::string::npos) return {};
  auto const redshift = number_after(std::string_view(path).substr(begin, end - begin), "z");
  if (!redshift || *redshift < 0) return {};
  return 1 / (1 + *redshift);
}

HaloCatalogHeader header_of(std::string_view text, std::string const& path) {
  HaloCatalogHeader header;
  header.columns = without_numbers(names_in_comments(text, is_names));
  header.has_parents = true;
  header.a = scale_in_name(path);
  return header;
}

HaloColumns columns_of(HaloCatalogHeader& header, std::size_t n_in_row, MassDefinition,
                       std::string const& path) {
  auto columns = columns_named(header.columns, n_in_row, path);
  auto const& names = columns.names;
  NamedColumns const named(names, path);
  columns.id = column(names, "ID", path);
  columns.parent = column(names, "hostHalo", path);
  bool const older = find_column(names, "Mvir", path).has_value();
  columns.mass = named.needed(older ? "Mvir" : "Mhalo", msunh);
  columns.radius = named.needed(older ? "Rvir" : "Rhalo", kpch);
  columns.dispersion = named.needed("sigV", 1);
  for (std::size_t i = 0; i < 3; ++i) {
    std::string const upper(1, "XYZ"[i]), lower(1, "xyz"[i]);
    columns.position[i] = named.needed(upper + "c", kpch);
    columns.velocity[i] = named.needed("V" + upper + "c", 1);
    columns.angular_momentum[i] = named.needed("L" + lower, 1);
  }
  columns.spin = named.needed("lambda", 1);
  columns.xoff = named.needed("com_offset", kpch);
  return columns;
}

std::unique_ptr<CatalogFile> open(std::string const& path) {
  return open_text_catalog(path, {header_of, columns_of});
}

}  // namespace

CatalogFormat ahf_format() { return {"AHF halos", recognise, open, "ahf"}; }

}  // namespace setsz
