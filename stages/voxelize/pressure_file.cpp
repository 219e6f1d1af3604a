// SPDX-License-Identifier: BSD-3-Clause
#include "stages/voxelize/pressure_file.hpp"

#include <algorithm>
#include <cmath>

#include "io/h5.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/common/cube_lattice.hpp"

namespace setsz {
namespace {

/// What one rank writes of some cubes in a row.
struct CubeRows {
  std::vector<float> pressure, coverage;
  std::vector<double> sum_pv;
};

CubeFigures figures_of(PressureCube const& cube, CubeLattice const& lattice, Cluster const& cluster,
                       double baryon_fraction) {
  double n = 0, empty = 0, filled = 0;
  lattice.each_within(score_radius_r200, [&](std::size_t voxel, std::size_t) {
    n += 1;
    empty += cube.filled()[voxel] > 0 ? 0 : 1;
    filled += cube.filled()[voxel];
  });
  double pressure = 0, n_core = 0;
  lattice.each_within(1, [&](std::size_t voxel, std::size_t) {
    n_core += 1;
    pressure += cube.amount()[voxel] / cluster.p200;
  });
  return {cube.conservation_error(), empty / n, filled / n,
          cube.core_mass() / (baryon_fraction * cluster.m200c), n_core > 0 ? pressure / n_core : 0};
}

void append_rows(CubeRows& rows, PressureCube const& cube, Cluster const& cluster,
                 double voxel_edge_ckpch, bool normalised) {
  CompensatedSum sum;
  for (std::size_t v = 0; v < cube.amount().size(); ++v) {
    double const filled = cube.filled()[v];
    double const pressure = !normalised  ? cube.amount()[v]
                            : filled > 0 ? cube.amount()[v] / filled
                                         : 0;
    sum.add(pressure);
    rows.pressure.push_back(single(pressure / cluster.p200));
    rows.coverage.push_back(single(filled));
    require(std::isfinite(rows.pressure.back()), ExitCode::internal, "cluster ", cluster.id,
            ": pressure of voxel ", v, " is not finite");
  }
  rows.sum_pv.push_back(sum.value() * std::pow(voxel_edge_ckpch, 3));
}

H5File create_file(Comm const& comm, std::string const& path, VoxelizeOptions const& options,
                   std::int64_t n_cubes) {
  std::int64_t const n = options.n_voxels;
  auto file = H5File::create(comm, path);
  file.set_attribute("/", "format_version", std::int64_t{1});
  file.set_attribute("/", "n_voxels", n);
  file.set_attribute(
      "/", "cell_size",
      std::string(options.cell_size == CellSize::volume ? "volume" : "smoothing_length"));
  file.set_attribute("/", "normalised", std::int64_t{options.normalised});
  set_voxel_position(file, options.voxel_position);
  file.create_dataset<float>("/pressure",
                             {.unit = "P200",
                              .frame = "cluster",
                              .description = "electron pressure averaged over each voxel, in units "
                                             "of the cluster's P200; (cube, x, y, z), voxel "
                                             "centres at (i + 1/2 - n/2) cube_edge/n"},
                             n_cubes, {n, n, n});
  file.create_dataset<float>(
      "/coverage",
      {.unit = "1",
       .frame = "cluster",
       .description = "gas volume in each voxel over the voxel's volume; may exceed 1"},
      n_cubes, {n, n, n});
  return file;
}

void check_figures(CubeFigures const& figures, Cluster const& cluster) {
  auto const& at = cluster.position;
  require(figures.filled_mean > 0, ExitCode::bad_data, "cluster ", cluster.id, " at (", at.x, ", ",
          at.y, ", ", at.z,
          ") ckpc/h contains no gas; do halo catalogue and gas snapshot belong together?");
  require(figures.conservation_error < 1e-12, ExitCode::internal, "cluster ", cluster.id,
          ": the voxels have lost ", figures.conservation_error, " of the gas pressure");
}

}  // namespace

std::vector<CubeFigures> write_pressure_cubes(Comm const& comm, std::string const& path,
                                              VoxelizeOptions const& options,
                                              ClusterTable const& table,
                                              CubeGatherer const& gatherer) {
  std::int64_t const n = options.n_voxels;
  auto file = create_file(comm, path, options, table.size());
  Range const owned = gatherer.owned();
  auto const per_batch = std::max<std::int64_t>(1, 64'000'000 / (n * n * n * 8));
  std::vector<double> sum_pv;
  std::vector<CubeFigures> figures;
  for (std::int64_t next = owned.first; comm.any(next < owned.last);) {
    std::int64_t const first = next;
    CubeRows rows;
    collectively(comm, "voxelize: checking the cubes", [&] {
      for (; next < owned.last && next < first + per_batch; ++next) {
        auto const& cluster = table.clusters[next];
        auto const& cube = gatherer.cube(next);
        double const edge = options.edge(cluster);
        figures.push_back(
            figures_of(cube, options.lattice(cluster), cluster, table.cosmology.baryon_fraction()));
        check_figures(figures.back(), cluster);
        append_rows(rows, cube, cluster, edge / real(n), options.normalised);
      }
    });
    file.write_rows("/pressure", first, rows.pressure);
    file.write_rows("/coverage", first, rows.coverage);
    sum_pv.insert(sum_pv.end(), rows.sum_pv.begin(), rows.sum_pv.end());
    mark_progress("voxelize: writing");
  }
  file.write_spread("/sum_pv",
                    {.unit = "1e10 Msun/h (km/s)^2",
                     .h_power = -1,
                     .description = "sum over voxels of comoving P x comoving V (a cancels)"},
                    sum_pv);
  std::vector<double> edges;
  for (auto const& cluster : table.clusters) edges.push_back(options.edge(cluster));
  file.write_same("/cube_edge",
                  {.unit = "ckpc/h",
                   .a_power = 1,
                   .h_power = -1,
                   .description = "side of the cube around each cluster"},
                  edges);
  file.close();
  return figures;
}

}  // namespace setsz
