// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshots/arepo.hpp"

#include <algorithm>
#include <cmath>

#include "io/snapshots/h5_columns.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

namespace {

std::string const object = "/Header";

std::string group_of(ParticleKind kind) { return concat("/PartType", type_of(kind), "/"); }

/// GADGET-4 has cosmology and units in /Parameters, SWIFT in /Cosmology and /Units.
bool recognise(FileProbe const& probe) {
  if (!probe.is_hdf5()) return false;
  auto const& file = probe.hdf5();
  bool const is_gadget4 = file.exists("/Parameters") && !file.has_attribute(object, "HubbleParam");
  return file.exists(object) && !is_gadget4 && !file.exists("/Cosmology");
}

// ---- the header ---------------------------------------------------------------------------------

template <class T>
std::array<T, 6> six(H5File const& file, char const* name) {
  auto const list = file.attribute_list<T>(object, name);
  require(list.size() == 6, ExitCode::bad_data, "attribute '", name, "' of '/Header' in '",
          file.path(), "' holds ", list.size(), " values (expected one for each of 6 types)");
  std::array<T, 6> values;
  std::copy(list.begin(), list.end(), values.begin());
  return values;
}

/// The totals of all files: 32-bit low words with high words, or 64-bit numbers.
std::array<std::int64_t, 6> totals(H5File const& file) {
  auto totals = six<std::int64_t>(file, "NumPart_Total");
  if (!file.has_attribute(object, "NumPart_Total_HighWord")) return totals;
  auto const high = six<std::int64_t>(file, "NumPart_Total_HighWord");
  for (std::size_t type = 0; type < 6; ++type) {
    if (high[type] == 0) continue;
    require(totals[type] >> 32 == 0 && high[type] < (std::int64_t{1} << 31), ExitCode::bad_data,
            "'", file.path(), "': NumPart_Total[", type, "] = ", totals[type],
            " needs more than 32 bits, and NumPart_Total_HighWord[", type, "] = ", high[type],
            " (expected 0 beside a 64-bit total)");
    totals[type] += high[type] << 32;
  }
  return totals;
}

double number_or(H5File const& file, char const* name, double otherwise) {
  return file.has_attribute(object, name) ? file.attribute<double>(object, name) : otherwise;
}

SnapshotFileHead read_header(H5File const& file) {
  auto const number = [&](char const* name) { return file.attribute<double>(object, name); };
  SnapshotFileHead head;
  head.header.box_ckpch = number("BoxSize");
  head.header.a = number("Time");
  head.header.redshift = number("Redshift");
  head.header.cosmology = {number("Omega0"), number("OmegaLambda"),
                           number_or(file, "OmegaBaryon", 0), number("HubbleParam")};
  head.n_files = file.attribute<std::int64_t>(object, "NumFilesPerSnapshot");
  head.n_this_file = six<std::int64_t>(file, "NumPart_ThisFile");
  head.header.n_particles = totals(file);
  head.header.mass_table = six<double>(file, "MassTable");
  return head;
}

void check_header(H5File const& file, SnapshotFileHead const& head) {
  auto const& [box, a, redshift, cosmology, n_total, mass_table] = head.header;
  auto const positive = [&](char const* name, double value) {
    require(std::isfinite(value) && value > 0, ExitCode::bad_data, "'", file.path(), "': Header/",
            name, " = ", value, " (expected a positive number)");
  };
  positive("BoxSize", box);
  positive("Time", a);
  positive("HubbleParam", cosmology.h);
  positive("Omega0", cosmology.omega_m);
  for (std::size_t type = 0; type < 6; ++type) {
    require(head.n_this_file[type] >= 0 && n_total[type] >= 0, ExitCode::bad_data, "'", file.path(),
            "': NumPart_ThisFile or NumPart_Total of type ", type, " is negative");
    require(std::isfinite(mass_table[type]) && mass_table[type] >= 0, ExitCode::bad_data, "'",
            file.path(), "': MassTable[", type, "] = ", mass_table[type],
            " (expected a mass, or 0 for masses per particle)");
  }
  require(std::abs(a * (1 + redshift) - 1) < 1e-3, ExitCode::bad_data, "'", file.path(),
          "': Time = ", a, " and Redshift = ", redshift, " do not match (expected Time = 1/(1+z))");
  double const unit_length_cm = number_or(file, "UnitLength_in_cm", 0);
  if (unit_length_cm <= 0) return;
  double const ratio = unit_length_cm / units::cm_per_kpc;
  require(std::abs(ratio - 1) < 1e-3, ExitCode::bad_data, "'", file.path(),
          "': UnitLength_in_cm is ", ratio, " kpc (expected 1: lengths in ckpc/h); is it in Mpc?");
}

void check_datasets(H5File const& file, ParticleKind kind, SnapshotFileHead& head) {
  auto const type = type_of(kind);
  auto const group = group_of(kind);
  H5ColumnCheck const check{file, head.n_this_file[type], "its header says NumPart_ThisFile"};
  auto const add = [&](char const* name, std::int64_t columns = 1) {
    head.bytes_per_row += real(check.reals(group + name, columns));
  };
  add("Coordinates", 3);
  if (head.header.mass_table[type] == 0) add("Masses");
  if (kind == ParticleKind::dark_matter) {
    add("Velocities", 3);
    head.bytes_per_row += real(check.ids(group + "ParticleIDs"));
    head.narrow_ids = file.info(group + "ParticleIDs").type == H5Type::uint32;
    return;
  }
  add("Density");
  add("InternalEnergy");
  add("ElectronAbundance");
  head.has_star_formation = file.exists(group + "StarFormationRate");
  if (head.has_star_formation) add("StarFormationRate");
  head.has_smoothing_length = file.exists(group + "SmoothingLength");
  if (head.has_smoothing_length) add("SmoothingLength");
}

SnapshotFileHead describe(FileProbe const& probe, std::optional<ParticleKind> kind) {
  auto const& file = probe.hdf5();
  auto head = read_header(file);
  check_header(file, head);
  if (kind && head.n_this_file[type_of(*kind)] > 0) check_datasets(file, *kind, head);
  return head;
}

// ---- particles ----------------------------------------------------------------------------------

char const* dataset_of(ParticleField field) {
  switch (field) {
    case ParticleField::position:
      return "Coordinates";
    case ParticleField::velocity:
      return "Velocities";
    case ParticleField::mass:
      return "Masses";
    case ParticleField::density:
      return "Density";
    case ParticleField::internal_energy:
      return "InternalEnergy";
    case ParticleField::electron_abundance:
      return "ElectronAbundance";
    case ParticleField::star_formation_rate:
      return "StarFormationRate";
    case ParticleField::smoothing_length:
      return "SmoothingLength";
  }
  fail(ExitCode::internal, "unknown particle field");
}

class ArepoFile : public SnapshotFile {
 public:
  ArepoFile(std::string const& path, SnapshotHeader const& header, ParticleKind kind)
      : file_(H5File::open(path)), group_(group_of(kind)), sqrt_a_(std::sqrt(header.a)) {}

  std::string name_of(ParticleField field) const override { return group_ + dataset_of(field); }
  std::string name_of_ids() const override { return group_ + "ParticleIDs"; }

  void read(ParticleField field, Range rows, std::span<double> into) const override {
    file_.read_rows<double>(name_of(field), rows, into);
    if (field != ParticleField::velocity) return;
    for (auto& v : into) v *= sqrt_a_;
  }
  void read_ids(Range rows, std::span<std::uint64_t> into) const override {
    read_h5_ids(file_, name_of_ids(), rows, into);
  }

  std::int64_t block_rows() override { return columns().block_rows(); }
  DarkMatterBlock read_block(Range rows, double fixed_mass) override {
    auto block = columns().read(rows, fixed_mass);
    block.velocity_factor = sqrt_a_;
    return block;
  }

 private:
  H5DarkMatterColumns& columns() {
    if (!columns_) {
      columns_.emplace(file_,
                       H5DarkMatterColumns::Names{name_of(ParticleField::position),
                                                  name_of(ParticleField::velocity), name_of_ids(),
                                                  name_of(ParticleField::mass)});
    }
    return *columns_;
  }
  H5File file_;
  std::string group_;
  double sqrt_a_;
  std::optional<H5DarkMatterColumns> columns_;  ///< of blocks; after the file: it closes first
};

std::unique_ptr<SnapshotFile> open(std::string const& path, SnapshotHeader const& header,
                                   ParticleKind kind) {
  return std::make_unique<ArepoFile>(path, header, kind);
}

}  // namespace

SnapshotFormat arepo_format() { return {"AREPO/TNG HDF5", recognise, describe, open}; }

}  // namespace setsz
