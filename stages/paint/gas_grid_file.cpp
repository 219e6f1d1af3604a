// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/gas_grid_file.hpp"

#include <algorithm>

#include "io/h5.hpp"
#include "stages/common/snapshot_check.hpp"

namespace setsz {

namespace {
constexpr char const* sums = "/pressure_volume";
}

void write_gas_grid(Comm const& comm, std::string const& path, SnapshotHeader const& header,
                    SlabGrid const& grid) {
  auto file = H5File::create(comm, path);
  file.set_attribute("/", "format_version", std::int64_t{1});
  file.set_attribute("/", "box_ckpch", header.box_ckpch);
  file.set_attribute("/", "scale_factor", header.a);
  file.set_attribute("/", "n_grid", grid.n());
  FieldInfo const info = {
      .unit = "1e10 Msun/h (km/s)^2",
      .a_power = 0,
      .h_power = -1,
      .frame = "box",
      .description =
          "electron pressure times volume, comoving, of the gas; (x, y, z), cell i spans "
          "[i, i + 1) box/n; cloud in cell"};
  file.create_dataset<double>(sums, info, grid.n(), {grid.n(), grid.n()});
  file.write_rows(sums, std::min(grid.planes().first, grid.n()), grid.values());
  file.close();
}

void read_gas_grid(Comm const& comm, std::string const& path, ClusterTable const& table,
                   double tolerance, BoxCanvas& canvas) {
  collectively(comm, "paint: reading the gas on the grid", [&] {
    auto const file = H5File::open(path);
    SnapshotHeader header;
    header.box_ckpch = file.attribute<double>("/", "box_ckpch");
    header.a = file.attribute<double>("/", "scale_factor");
    header.cosmology = table.cosmology;
    check_belongs_together(header, path, table, tolerance);
    Range const mine = canvas.pieces_of(comm.rank());
    for (std::int64_t plane = mine.first; plane < mine.last; ++plane)
      file.read_rows<double>(sums, {plane, plane + 1}, canvas.piece(plane));
  });
}

}  // namespace setsz
