// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshots/gadget_binary.hpp"

#include <algorithm>
#include <cmath>

#include "io/snapshots/gadget_records.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

namespace {

constexpr double ionised = 1 + (1 - units::hydrogen_fraction) / (2 * units::hydrogen_fraction);

bool recognise(FileProbe const& probe) { return begins_like_gadget(probe.head()); }

std::string_view label_of(ParticleField field) {
  switch (field) {
    case ParticleField::position:
      return "POS ";
    case ParticleField::velocity:
      return "VEL ";
    case ParticleField::mass:
      return "MASS";
    case ParticleField::density:
      return "RHO ";
    case ParticleField::internal_energy:
      return "U   ";
    case ParticleField::electron_abundance:
      return "NE  ";
    case ParticleField::star_formation_rate:
      return "SFR ";
    case ParticleField::smoothing_length:
      return "HSML";
  }
  fail(ExitCode::internal, "unknown particle field");
}

/// Rows of a block as numbers of one kind.
template <class Narrow, class Wide, class T>
void read_rows(GadgetRecords const& records, GadgetBlock const& block, std::int64_t first,
               std::span<T> into) {
  auto const shape = records.shape(block);
  auto const width = shape.width;
  auto const offset = block.offset + first * shape.columns * width;
  auto const read = [&]<class Stored>(std::vector<Stored> numbers) {
    records.read(offset, numbers.data(), std::ssize(numbers) * width, width);
    std::copy(numbers.begin(), numbers.end(), into.begin());
  };
  if (width == 4)
    read(std::vector<Narrow>(into.size()));
  else
    read(std::vector<Wide>(into.size()));
}

GadgetBlock const& needed_block(GadgetRecords const& records, std::string_view label,
                                std::size_t type) {
  auto const* block = records.block(label);
  require(block && records.first_row(*block, type), ExitCode::bad_data, "'", records.path(),
          "' has no block ", label, " for particles of type ", type);
  records.shape(*block);
  return *block;
}

/// The mass in a file's particles that is known: from the header, or the first of a block.
double mass_per_box(GadgetRecords const& records) {
  auto const& header = records.header();
  auto const* masses = records.block("MASS");
  double mass = 0;
  for (std::size_t type = 0; type < 6; ++type) {
    double each = header.mass_table[type];
    if (each == 0 && header.n_this_file[type] > 0 && masses) {
      std::vector<double> first(1);
      read_rows<float, double>(records, *masses, *records.first_row(*masses, type),
                               std::span(first));
      each = first[0];
    }
    mass += each * real(header.n_files == 1 ? header.n_this_file[type] : header.n_total[type]);
  }
  return mass;
}

/// kpc/h or Mpc/h: they differ by 1e9 in the mean density, which is some tenth of the critical one.
double length_unit(GadgetRecords const& records) {
  constexpr double largest_in_mpc = 5000;  // no simulation has a box of 5 Gpc/h, or of 5 Mpc/h
  double const mass = mass_per_box(records), box = records.header().box;
  if (mass <= 0) return box < largest_in_mpc ? 1000 : 1;
  double const density = mass / (box * box * box) / units::rho_crit_0;  // if it is in kpc/h
  return density > std::sqrt(1e9) ? 1000 : 1;
}

/// Single files may leave the totals empty.
std::array<std::int64_t, 6> totals_of(GadgetRecords const& records) {
  auto const& header = records.header();
  auto totals = header.n_total;
  for (std::size_t type = 0; type < totals.size(); ++type)
    if (header.n_files == 1 && totals[type] == 0) totals[type] = header.n_this_file[type];
  return totals;
}

SnapshotUnits units_of(GadgetRecords const& records) { return {length_unit(records), 1, 1, false}; }

void check_blocks(GadgetRecords const& records, ParticleKind kind, SnapshotFileHead& head) {
  auto const type = type_of(kind);
  auto const add = [&](std::string_view label) {
    auto const [rows, columns, width] = records.shape(needed_block(records, label, type));
    head.bytes_per_row += real(columns * width);
    return width;
  };
  add("POS ");
  if (head.header.mass_table[type] == 0) add("MASS");
  if (kind == ParticleKind::dark_matter) {
    add("VEL ");
    head.narrow_ids = add("ID  ") == 4;
    return;
  }
  add("RHO ");
  add("U   ");
  head.has_electron_abundance = records.block("NE  ") != nullptr;
  if (head.has_electron_abundance) add("NE  ");
  head.has_star_formation = records.block("SFR ") != nullptr;
  if (head.has_star_formation) add("SFR ");
  head.has_smoothing_length = records.block("HSML") != nullptr;
  if (head.has_smoothing_length) add("HSML");
}

SnapshotFileHead describe(FileProbe const& probe, std::optional<ParticleKind> kind) {
  GadgetRecords const records(probe.path());
  auto const& header = records.header();
  SnapshotFileHead head;
  head.units = units_of(records);
  head.n_files = header.n_files;
  head.n_this_file = header.n_this_file;
  head.header = {header.box * head.units.length_ckpch,
                 header.a,
                 header.redshift,
                 Cosmology{header.omega_m, header.omega_l, 0, header.h},
                 totals_of(records),
                 header.mass_table};
  if (kind && header.n_this_file[type_of(*kind)] > 0) check_blocks(records, *kind, head);
  return head;
}

class GadgetFile : public SnapshotFile {
 public:
  GadgetFile(std::string const& path, SnapshotHeader const& header, ParticleKind kind)
      : records_(path),
        type_(type_of(kind)),
        sqrt_a_(std::sqrt(header.a)),
        length_(length_unit(records_)) {}

  std::string name_of(ParticleField field) const override {
    return concat("the block ", label_of(field), " (type ", type_, ")");
  }
  std::string name_of_ids() const override { return concat("the block ID (type ", type_, ")"); }

  void read(ParticleField field, Range rows, std::span<double> into) const override {
    if (field == ParticleField::electron_abundance && !records_.block("NE  ")) {
      std::fill(into.begin(), into.end(), ionised);
      return;
    }
    auto const& block = needed_block(records_, label_of(field), type_);
    read_rows<float, double>(records_, block, *records_.first_row(block, type_) + rows.first, into);
    double const factor = unit_of(field);
    if (factor == 1) return;
    for (auto& value : into) value *= factor;
  }
  void read_ids(Range rows, std::span<std::uint64_t> into) const override {
    auto const& block = needed_block(records_, "ID  ", type_);
    read_rows<std::uint32_t, std::uint64_t>(records_, block,
                                            *records_.first_row(block, type_) + rows.first, into);
  }

 private:
  double unit_of(ParticleField field) const {
    switch (field) {
      case ParticleField::position:
      case ParticleField::smoothing_length:
        return length_;
      case ParticleField::velocity:
        return sqrt_a_;
      case ParticleField::density:
        return 1 / (length_ * length_ * length_);
      default:
        return 1;
    }
  }
  GadgetRecords records_;
  std::size_t type_;
  double sqrt_a_, length_;
};

std::unique_ptr<SnapshotFile> open(std::string const& path, SnapshotHeader const& header,
                                   ParticleKind kind) {
  return std::make_unique<GadgetFile>(path, header, kind);
}

}  // namespace

SnapshotFormat gadget_binary_format() {
  return {"GADGET binary", recognise, describe, open, "gadget"};
}

}  // namespace setsz
