// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/box_files_work.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/base/number.hpp"

namespace setsz {

void check_sum(Comm const& comm, double held, double painted) {
  collectively(comm, "paint: sums of the grid", [&] {
    require(std::abs(held - painted) <= sum_tolerance * std::abs(painted), ExitCode::internal,
            "the grid holds ", held, " of the ", painted, " that was painted");
  });
}

void write_grid(Comm const& comm, H5File& file, Field const& field, std::string const& suffix,
                SlabGrid const& grid) {
  auto const name = concat("/", field.density_name, suffix);
  std::vector<float> cells;
  collectively(comm, "paint: checking the grid", [&] {
    double const volume = grid.cell_volume();
    for (double const amount : grid.values()) {
      require(std::isfinite(amount), ExitCode::internal, "a cell of ", name, " is not finite");
      cells.push_back(single(amount / volume));
    }
  });
  FieldInfo const info = {
      .unit = std::string(field.density_unit),
      .a_power = field.density_a_power,
      .h_power = field.density_h_power,
      .frame = "box",
      .description = concat("comoving ", field.density_title,
                            ", mean over the cell; (x, y, z), cell i spans [i, i + 1) "
                            "box/n; cloud in cell")};
  file.create_dataset<float>(name, info, grid.n(), {grid.n(), grid.n()});
  file.write_rows(name, std::min(grid.planes().first, grid.n()), cells);
}

namespace {

/// The sum rule, for each axis: sum of map x area = integral of the sum over all cells (one
/// distance for all).
void check_maps(Comm const& comm, std::array<std::vector<double>, 3> const& maps, double mean) {
  double worst = 0, n_pixels = 0;
  for (auto const& map : maps) {
    double sum = 0;
    for (double const value : map) sum += value;
    n_pixels = real(map.size());
    worst = std::max(worst, std::abs(sum - mean * n_pixels));
  }
  collectively(comm, "paint: sums of the maps", [&] {
    require(worst <= sum_tolerance * mean * n_pixels, ExitCode::internal,
            "the maps do not hold what the grid holds: off by ", worst / n_pixels, " of ", mean);
  });
}

}  // namespace

double write_maps(Comm const& comm, H5File& file, Field const& field, std::string const& suffix,
                  SlabGrid const& grid, ColumnSums const& sums, ClusterTable const& table) {
  double const area = grid.cell_ckpch() * grid.cell_ckpch();
  auto const to_map = [&](std::vector<double> values) {
    for (double& value : values) value = field.integral(value / area, table.a, table.cosmology.h);
    return values;
  };
  auto const info = [&](std::string const& axis, std::string const& order) {
    return FieldInfo{.unit = field.unit.empty() ? "1" : std::string(field.unit),
                     .frame = "box",
                     .description = concat(field.title, " through the whole box along ", axis,
                                           "; pixels in ", order)};
  };
  auto const name = [&](char const* axis) { return concat("/", field.name, "_", axis, suffix); };
  std::int64_t const n = grid.n();
  auto const along_x = to_map(sums.along_x), along_y = to_map(sums.along_y),
             along_z = to_map(sums.along_z);
  file.write_same(name("x"), info("x", "(y, z)"), along_x, {n});
  file.write_spread(name("y"), info("y", "(x, z)"), along_y, {n});
  file.write_spread(name("z"), info("z", "(x, y)"), along_z, {n});
  double const mean = field.integral(sums.total / (grid.box_ckpch() * grid.box_ckpch()), table.a,
                                     table.cosmology.h);
  check_maps(comm, {along_x, comm.all_gather_v(along_y), comm.all_gather_v(along_z)}, mean);
  return mean;
}

}  // namespace setsz
