// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshots/gadget_hdf5.hpp"

#include <cmath>

#include "io/snapshots/h5_snapshot_file.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

namespace {

std::string const header = "/Header", parameters = "/Parameters";

/// Catalogues of the same codes have a header, too.
bool is_snapshot(FileProbe const& probe) {
  if (!probe.is_hdf5()) return false;
  auto const& file = probe.hdf5();
  return file.exists(header) && !file.exists("/Group") && !file.exists("/Subhalo") &&
         !file.exists("/Cosmology");
}

/// GADGET-4 has cosmology and units in /Parameters.
bool is_gadget4(FileProbe const& probe) {
  return is_snapshot(probe) && probe.hdf5().exists(parameters) &&
         !probe.hdf5().has_attribute(header, "HubbleParam");
}

bool is_arepo(FileProbe const& probe) { return is_snapshot(probe) && !is_gadget4(probe); }

/// A number of the header, or of the parameters if it is not there.
double number(H5File const& file, char const* name) {
  bool const neither = file.exists(parameters) && !file.has_attribute(header, name) &&
                       !file.has_attribute(parameters, name);
  require(!neither, ExitCode::bad_data, "'", file.path(), "': neither ", header, " nor ",
          parameters, " has an attribute '", name, "'");
  bool const elsewhere = !file.has_attribute(header, name) && file.has_attribute(parameters, name);
  return file.attribute<double>(elsewhere ? parameters : header, name);
}

double number_or(H5File const& file, char const* name, double otherwise) {
  bool const known = file.has_attribute(header, name) || file.has_attribute(parameters, name);
  return known ? number(file, name) : otherwise;
}

/// Units are those of the file divided by h (lengths, masses), as all codes of the family have it.
SnapshotUnits units_of(H5File const& file) {
  SnapshotUnits found;
  double const length = number_or(file, "UnitLength_in_cm", 0);
  double const mass = number_or(file, "UnitMass_in_g", 0);
  double const velocity = number_or(file, "UnitVelocity_in_cm_per_s", 0);
  found.stated = length > 0 && mass > 0 && velocity > 0;
  if (length > 0) found.length_ckpch = near_power_of_ten(length / units::cm_per_kpc);
  if (mass > 0) found.mass_1e10msunh = near_power_of_ten(mass / (1e10 * units::gram_per_msun));
  if (velocity > 0) found.velocity_kms = near_power_of_ten(velocity / units::cm_per_km);
  return found;
}

SnapshotFileHead read_header(H5File const& file) {
  SnapshotFileHead head;
  head.units = units_of(file);
  head.header.box_ckpch = number(file, "BoxSize") * head.units.length_ckpch;
  head.header.a = number(file, "Time");
  head.header.redshift = number(file, "Redshift");
  head.header.cosmology = {number(file, "Omega0"), number(file, "OmegaLambda"),
                           number_or(file, "OmegaBaryon", 0), number(file, "HubbleParam")};
  head.n_files = file.attribute<std::int64_t>(header, "NumFilesPerSnapshot");
  head.n_this_file = six_types<std::int64_t>(file, header, "NumPart_ThisFile");
  head.header.n_particles = total_particles(file);
  head.header.mass_table = six_types<double>(file, header, "MassTable");
  for (auto& mass : head.header.mass_table) mass *= head.units.mass_1e10msunh;
  return head;
}

H5SnapshotLayout layout_of(H5File const& file, SnapshotUnits const& units, double box_ckpch,
                           double a, ParticleKind kind) {
  auto const group = group_of(kind);
  auto const [length, mass, velocity, stated] = units;
  H5SnapshotLayout layout;
  layout.find(file, ParticleField::position, group, {"Coordinates"}, length);
  if (!layout[ParticleField::position] && file.exists(group + "IntCoordinates")) {
    int const bits = file.info(group + "IntCoordinates").type == H5Type::uint32 ? 32 : 64;
    layout[ParticleField::position] = {group + "IntCoordinates", std::ldexp(box_ckpch, -bits)};
  }
  layout.find(file, ParticleField::velocity, group, {"Velocities"}, velocity * std::sqrt(a));
  layout.find(file, ParticleField::mass, group, {"Masses"}, mass);
  layout.ids = group + "ParticleIDs";
  if (kind == ParticleKind::dark_matter) return layout;
  layout.find(file, ParticleField::density, group, {"Density"}, mass / (length * length * length));
  // Hsml of the GADGET family: where the kernel ends.
  layout.find(file, ParticleField::smoothing_length, group, {"SmoothingLength"}, length);
  layout.find_energy(file, group, velocity * velocity);
  return layout;
}

SnapshotFileHead describe(FileProbe const& probe, std::optional<ParticleKind> kind) {
  auto const& file = probe.hdf5();
  auto head = read_header(file);
  check_head(file.path(), head);
  if (kind && head.n_this_file[type_of(*kind)] > 0)
    check_fields(file, layout_of(file, head.units, head.header.box_ckpch, head.header.a, *kind),
                 *kind, group_of(*kind), head);
  return head;
}

std::unique_ptr<SnapshotFile> open(std::string const& path, SnapshotHeader const& header_of_all,
                                   ParticleKind kind) {
  auto file = H5File::open(path);
  auto layout = layout_of(file, units_of(file), header_of_all.box_ckpch, header_of_all.a, kind);
  return std::make_unique<H5SnapshotFile>(std::move(file), std::move(layout));
}

}  // namespace

SnapshotFormat arepo_format() { return {"AREPO/TNG HDF5", is_arepo, describe, open, "tng"}; }
SnapshotFormat gadget4_format() { return {"GADGET-4 HDF5", is_gadget4, describe, open, "gadget4"}; }

}  // namespace setsz
