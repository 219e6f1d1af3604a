// SPDX-License-Identifier: BSD-3-Clause
#include "stages/mock/truth_file.hpp"

#include <vector>

#include "io/h5.hpp"

namespace setsz {

namespace {

/// A table that grows row by row and is then written column by column.
struct Column {
  std::string name;
  FieldInfo info;
  std::vector<std::int64_t> row_shape;
  std::vector<double> values;
  void add(double value) { values.push_back(value); }
  void add(Vec3 const& v) { values.insert(values.end(), {v.x, v.y, v.z}); }
};

void write(H5File& file, std::initializer_list<Column const*> columns) {
  for (auto const* column : columns)
    file.write_same(column->name, column->info, column->values, column->row_shape);
}

FieldInfo length(std::string const& frame, std::string const& description) {
  return {
      .unit = "ckpc/h", .a_power = 1, .h_power = -1, .frame = frame, .description = description};
}
FieldInfo mass(std::string const& description) {
  return {.unit = "1e10 Msun/h", .h_power = -1, .description = description};
}
FieldInfo number(std::string const& description) {
  return {.unit = "1", .description = description};
}

void write_halos(H5File& file, MockUniverse const& universe) {
  std::vector<std::int64_t> id;
  Column position{"/halos/position", length("box", "centre of the catalogue"), {3}, {}};
  Column m200c{"/halos/m200c", mass("M200c"), {}, {}};
  Column r200c{"/halos/r200c", length("", "R200c, comoving"), {}, {}};
  Column p200{"/halos/p200",
              {.unit = "1e10 Msun/h (km/s)^2 (ckpc/h)^-3",
               .a_power = -3,
               .h_power = 2,
               .description = "P200, comoving"},
              {},
              {}};
  Column concentration{"/halos/concentration", number("R200c over the scale radius"), {}, {}};
  Column offset{
      "/halos/offset", length("cluster", "pressure centre minus catalogue position"), {3}, {}};
  Column transfer{"/halos/transfer",
                  number("ln of the gain of central pressure, unseen in the dark matter"),
                  {},
                  {}};
  Column spin{"/halos/spin", number("rotation over circular velocity"), {3}, {}};
  Column axes{"/halos/axes", number("principal axes by rows, longest first"), {3, 3}, {}};
  Column lengths{"/halos/axis_lengths", number("of the axes, product 1"), {3}, {}};
  for (auto const& halo : universe.halos) {
    id.push_back(halo.id);
    position.add(halo.position);
    m200c.add(halo.m200c);
    r200c.add(halo.scales.r200c_ckpch);
    p200.add(halo.scales.p200_code);
    concentration.add(halo.concentration);
    offset.add(halo.offset);
    transfer.add(halo.transfer);
    spin.add(halo.spin);
    for (auto const& axis : halo.axes.row) axes.add(axis);
    lengths.add(halo.axis_lengths);
  }
  file.write_same("/halos/id", number("as in the halo catalogue"), id);
  write(file, {&position, &m200c, &r200c, &p200, &concentration, &offset, &transfer, &spin, &axes,
               &lengths});
}

void write_local_departures(H5File& file, MockUniverse const& universe) {
  std::vector<std::int64_t> clump_halo, patch_halo;
  Column clump_position{"/clumps/position", length("cluster", "centre"), {3}, {}};
  Column clump_mass{"/clumps/mass", mass("mass"), {}, {}};
  Column clump_width{"/clumps/width", length("", "of the Gaussian of its matter"), {}, {}};
  Column clump_gain{"/clumps/pressure_gain", number("of pressure at its centre"), {}, {}};
  Column patch_position{"/patches/position", length("cluster", "centre"), {3}, {}};
  Column patch_width{"/patches/width", length("", "of the Gaussian"), {}, {}};
  Column patch_gain{"/patches/gain", number("of dispersion; pressure gains its square"), {}, {}};
  for (auto const& halo : universe.halos) {
    for (auto const& clump : halo.clumps) {
      clump_halo.push_back(halo.id);
      clump_position.add(clump.position);
      clump_mass.add(clump.mass);
      clump_width.add(clump.width);
      clump_gain.add(clump.pressure_gain);
    }
    for (auto const& patch : halo.patches) {
      patch_halo.push_back(halo.id);
      patch_position.add(patch.position);
      patch_width.add(patch.width);
      patch_gain.add(patch.gain);
    }
  }
  file.write_same("/clumps/halo", number("id of the host"), clump_halo);
  write(file, {&clump_position, &clump_mass, &clump_width, &clump_gain});
  file.write_same("/patches/halo", number("id of the host"), patch_halo);
  write(file, {&patch_position, &patch_width, &patch_gain});
}

}  // namespace

void write_truth(Comm const& comm, std::string const& path, MockUniverse const& universe) {
  auto file = H5File::create(comm, path);
  file.set_attribute("/", "format_version", std::int64_t{1});
  file.set_attribute("/", "box_ckpch", universe.box_ckpch);
  file.set_attribute("/", "redshift", universe.redshift);
  file.set_attribute("/", "particle_mass", universe.particle_mass);
  write_halos(file, universe);
  write_local_departures(file, universe);
  file.close();
}

}  // namespace setsz
