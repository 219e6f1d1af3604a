// SPDX-License-Identifier: BSD-3-Clause
#include "io/catalogs/rockstar.hpp"

#include <algorithm>

#include "io/catalogs/rockstar_columns.hpp"
#include "io/catalogs/text_rows.hpp"
#include "io/mapped_file.hpp"

namespace setsz {

namespace {

/// "#ID DescID ..." (list) or "#id num_p ..." (ascii); consistent-trees and AHF number their names.
bool recognise(FileProbe const& file) {
  auto const line = file.first_line();
  if (!line.starts_with('#')) return false;
  auto const names = words(line.substr(1));
  return std::any_of(names.begin(), names.end(),
                     [](auto const& name) { return name == "ID" || name == "id"; });
}

Halo parse_halo(TextRow const& row, RockstarColumns const& columns, double box_ckpch) {
  Halo halo;
  halo.id = row.integer(columns.id);
  if (halo.id < 0) row.refuse(concat("column ", columns.names[columns.id], " is negative"));
  if (columns.parent) halo.parent_id = row.integer(*columns.parent);
  if (halo.parent_id < -1) row.refuse("column PID is neither a halo nor -1");
  halo.mass = 1e-10 * row.number(columns.mass);
  if (columns.mass_all) halo.mass_all = 1e-10 * row.non_negative(*columns.mass_all);
  if (halo.mass < 0) row.refuse(concat("mass ", columns.names[columns.mass], " is negative"));
  for (std::size_t i = 0; i < 3; ++i) {
    halo.position[i] = row.coordinate(columns.position[i], 1000, box_ckpch);
    halo.velocity[i] = row.number(columns.velocity[i]);
    // Msun/h Mpc/h km/s -> 1e10 Msun/h kpc/h km/s
    if (columns.angular_momentum[i])
      halo.angular_momentum[i] = 1e-7 * row.number(*columns.angular_momentum[i]);
  }
  if (columns.xoff) halo.xoff_ckpch = row.non_negative(*columns.xoff);
  if (columns.voff) halo.voff_kms = row.non_negative(*columns.voff);
  return halo;
}

class RockstarFile : public CatalogFile {
 public:
  explicit RockstarFile(std::string const& path)
      : path_(path), file_(path), header_(parse_rockstar_header(file_.text(), path)) {}

  HaloCatalogHeader const& header() const override { return header_; }

  std::int64_t take_share(int rank, int n_ranks) override {
    share_ = stretch_of(file_.text(), rank, n_ranks);
    return std::count(share_.begin(), share_.end(), '\n');
  }

  void read(MassDefinition definition, std::int64_t lines_before,
            HaloVisitor const& visit) override {
    auto const row = first_row(file_.text());
    if (row.empty()) return;
    std::vector<std::string_view> fields;
    auto const columns =
        find_rockstar_columns(header_, split_fields(row, fields), definition, path_);
    header_.n_leftover_names = header_.columns.size() - columns.names.size();
    double const box_ckpch = 1000 * header_.box_mpch.value_or(0);
    TextRow parser(columns.names, path_);
    auto number = lines_before;
    for_each_line(share_, [&](std::string_view line) {
      ++number;
      if (!is_row(line)) return;
      parser.take(line, number);
      Halo halo = parse_halo(parser, columns, box_ckpch);
      halo.line = number;
      visit(halo);
    });
  }

 private:
  std::string path_;
  MappedFile file_;
  HaloCatalogHeader header_;
  std::string_view share_;
};

std::unique_ptr<CatalogFile> open(std::string const& path) {
  return std::make_unique<RockstarFile>(path);
}

}  // namespace

CatalogFormat rockstar_format() { return {"Rockstar list or ascii", recognise, open}; }

}  // namespace setsz
