// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshots/swift.hpp"

#include <algorithm>
#include <cmath>

#include "io/snapshots/h5_snapshot_file.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

namespace {

std::string const header = "/Header", cosmology = "/Cosmology";

bool recognise(FileProbe const& probe) {
  if (!probe.is_hdf5()) return false;
  auto const& file = probe.hdf5();
  return file.exists(header) && file.exists(cosmology) && file.exists("/Units") &&
         !file.exists("/Groups");
}

/// SWIFT keeps single numbers as lists of one, and the box as one number per direction.
template <class T = double>
T first_number(H5File const& file, std::string const& object, char const* name) {
  auto const list = file.attribute_list<T>(object, name);
  require(!list.empty(), ExitCode::bad_data, "attribute '", name, "' of '", object, "' in '",
          file.path(), "' is empty");
  return list[0];
}

double box_of(H5File const& file) {
  auto const edges = file.attribute_list<double>(header, "BoxSize");
  require(!edges.empty() && std::all_of(edges.begin(), edges.end(),
                                        [&](double edge) { return edge == edges[0]; }),
          ExitCode::bad_data, "'", file.path(), "': the box is no cube (BoxSize)");
  return edges[0];
}

/// What a number in the file means without its own powers of a: no h in the file, h in our units.
SnapshotUnits units_of(H5File const& file) {
  double const h = first_number(file, cosmology, "h");
  double const length = first_number(file, "/Units", "Unit length in cgs (U_L)");
  double const mass = first_number(file, "/Units", "Unit mass in cgs (U_M)");
  double const time = first_number(file, "/Units", "Unit time in cgs (U_t)");
  return {near_power_of_ten(length / units::cm_per_kpc) * h,
          near_power_of_ten(mass / (1e10 * units::gram_per_msun)) * h,
          near_power_of_ten(length / time / units::cm_per_km), true};
}

SnapshotFileHead read_header(H5File const& file) {
  SnapshotFileHead head;
  head.units = units_of(file);
  head.header.box_ckpch = box_of(file) * head.units.length_ckpch;
  head.header.a = first_number(file, cosmology, "Scale-factor");
  head.header.redshift = first_number(file, cosmology, "Redshift");
  head.header.cosmology = {
      first_number(file, cosmology, "Omega_m"), first_number(file, cosmology, "Omega_lambda"),
      first_number(file, cosmology, "Omega_b"), first_number(file, cosmology, "h")};
  head.n_files = first_number<std::int64_t>(file, header, "NumFilesPerSnapshot");
  head.n_this_file = six_types<std::int64_t>(file, header, "NumPart_ThisFile");
  head.header.n_particles = total_particles(file);
  return head;  // MassTable is 0: masses stand with the particles
}

/// Puts a field at its place, comoving where setsz wants it so.
/// \param unit     of the file in ours, without a
/// \param a_power  that our quantity has to a physical one: comoving = physical x a^-a_power
void add(H5File const& file, H5SnapshotLayout& layout, ParticleField field,
         std::string const& group, std::initializer_list<char const*> names, double unit, double a,
         double a_power) {
  layout.find(file, field, group, names, unit);
  auto& found = layout[field];
  if (!found) return;
  auto const exponent = [&](char const* name) {
    return file.has_attribute(found->dataset, name) ? first_number(file, found->dataset, name) : 0;
  };
  double const h = first_number(file, cosmology, "h");
  found->factor *= std::pow(a, exponent("a-scale exponent") - a_power) *
                   std::pow(h, exponent("h-scale exponent"));
}

/// SWIFT's smoothing length is twice the standard deviation of its kernel, which ends further out.
/// \source Dehnen & Aly (2012), MNRAS 425, 1068, table 1
double kernel_support(H5File const& file) {
  if (file.has_attribute("/HydroScheme", "Kernel gamma"))
    return first_number(file, "/HydroScheme", "Kernel gamma");
  struct Kernel {
    std::string_view name;
    double gamma;
  };
  constexpr Kernel known[]{{"Cubic spline", 1.825742},   {"Quartic spline", 2.018932},
                           {"Quintic spline", 2.195775}, {"Wendland C2", 1.936492},
                           {"Wendland C4", 2.207940},    {"Wendland C6", 2.449490}};
  auto const name = file.attribute<std::string>("/HydroScheme", "Kernel function");
  for (auto const& kernel : known)
    if (name.starts_with(kernel.name)) return kernel.gamma;
  fail(ExitCode::bad_data, "'", file.path(), "': the kernel '", name,
       "' (HydroScheme) has no known support; give a file with 'Kernel gamma'");
}

H5SnapshotLayout layout_of(H5File const& file, SnapshotUnits const& units, double a,
                           ParticleKind kind) {
  auto const group = group_of(kind);
  auto const [length, mass, velocity, stated] = units;
  H5SnapshotLayout layout;
  auto const put = [&](ParticleField field, std::initializer_list<char const*> names, double unit,
                       double a_power) {
    add(file, layout, field, group, names, unit, a, a_power);
  };
  put(ParticleField::position, {"Coordinates"}, length, 1);
  put(ParticleField::velocity, {"Velocities"}, velocity, 0);
  put(ParticleField::mass, {"Masses"}, mass, 0);
  layout.ids = group + "ParticleIDs";
  if (kind == ParticleKind::dark_matter) return layout;
  put(ParticleField::density, {"Densities", "Density"}, mass / (length * length * length), -3);
  if (file.exists(group + "SmoothingLengths"))
    put(ParticleField::smoothing_length, {"SmoothingLengths"}, length * kernel_support(file), 1);
  layout.find_energy(file, group, 1);
  put(ParticleField::internal_energy, {"InternalEnergies", "InternalEnergy"}, velocity * velocity,
      0);
  return layout;
}

SnapshotFileHead describe(FileProbe const& probe, std::optional<ParticleKind> kind) {
  auto const& file = probe.hdf5();
  auto head = read_header(file);
  check_head(file.path(), head);
  if (kind && head.n_this_file[type_of(*kind)] > 0)
    check_fields(file, layout_of(file, head.units, head.header.a, *kind), *kind, group_of(*kind),
                 head);
  return head;
}

std::unique_ptr<SnapshotFile> open(std::string const& path, SnapshotHeader const& header_of_all,
                                   ParticleKind kind) {
  auto file = H5File::open(path);
  auto layout = layout_of(file, units_of(file), header_of_all.a, kind);
  return std::make_unique<H5SnapshotFile>(std::move(file), std::move(layout));
}

}  // namespace

SnapshotFormat swift_format() { return {"SWIFT", recognise, describe, open, "swift"}; }

}  // namespace setsz
