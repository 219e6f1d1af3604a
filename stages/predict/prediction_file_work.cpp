// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/prediction_file_work.hpp"

#include "io/h5.hpp"
#include "pipeline/base/file.hpp"
#include "stages/common/cosmology_header.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/common/trained_on.hpp"
#include "stages/predict/cluster_list.hpp"

namespace setsz {
namespace {

/// One number of each cube.
void write_numbers(H5File& file, PredictedCubes const& cubes, std::int64_t n_cubes) {
  auto const write = [&](std::string const& name, FieldInfo const& info,
                         std::vector<double> const& values) {
    file.create_dataset<double>(name, info, n_cubes);
    file.write_rows(name, cubes.range.first, values);
  };
  write("/y",
        {.unit = "(kpc/h)^2",
         .h_power = -2,
         .description = "integrated Compton y of the voxels within 2 R200, as y_gas in gnfw.json"},
        cubes.y);
  write("/flux_factor",
        {.unit = "1", .description = "ratio of y with and without the flux correction"},
        cubes.flux_factor);
  write("/flux_strength",
        {.unit = "1",
         .description = "f: pressure is that of the network times 1 + f x^3/(1 + x^3), x = r/R200; "
                        "of a mean, the mean of its networks"},
        cubes.flux_strength);
  write("/evaluated",
        {.unit = "1",
         .description = "share of the voxels within 2 R200 at which networks were evaluated; "
                        "others are interpolated"},
        cubes.evaluated);
}

/// What turns the pressure of a cube into a physical one.
void write_scales(H5File& file, ClusterTable const& clusters, PredictionTable const& table) {
  write_cosmology(file, clusters);
  std::vector<double> p200;
  p200.reserve(table.rows.size());
  for (auto const row : table.rows) p200.push_back(clusters.clusters.at(row).p200);
  file.write_same("/p200",
                  {.unit = "1e10 Msun/h (km/s)^2 (ckpc/h)^-3",
                   .a_power = -3,
                   .h_power = 2,
                   .description = "P200 of the cluster, comoving, as in clusters.h5"},
                  p200);
}

}  // namespace

void write_prediction(Comm const& comm, std::string const& path, ClusterTable const& clusters,
                      PredictionTable const& table, PredictedCubes const& cubes) {
  auto file = H5File::create(comm, path);
  auto const n = table.n_voxels, n_cubes = std::ssize(table.rows);
  file.set_attribute("/", "n_voxels", n);
  set_voxel_position(file, table.voxel_position);
  file.set_attribute("/", "model", table.model);
  file.set_attribute("/", "fold", table.fold);
  file.set_attribute("/", "member", table.member);
  file.set_attribute("/", "flux_correction", table.flux_correction);
  write_scales(file, clusters, table);
  file.write_same("/cluster", {.unit = "1", .description = "row of clusters.h5"}, table.rows);
  file.write_same("/id", {.unit = "1", .description = "id in the halo catalogue"}, table.ids);
  file.write_same("/cube_edge",
                  {.unit = "ckpc/h",
                   .a_power = 1,
                   .h_power = -1,
                   .frame = "cluster",
                   .description = "side of the cube, which is centred on the cluster"},
                  table.edges);
  file.create_dataset<float>("/pressure",
                             {.unit = "P200",
                              .frame = "cluster",
                              .description = "predicted electron pressure of each voxel, z "
                                             "fastest; 0 where its centre has r >= 2 R200"},
                             n_cubes, {n, n, n});
  file.write_rows("/pressure", cubes.range.first, cubes.pressure);
  write_numbers(file, cubes, n_cubes);
  file.write_same("/mass_disagrees",
                  {.unit = "1",
                   .description = "1 where the mass of the particles within R200 differs from the "
                                  "catalogue's by more than [extract] mass_agreement"},
                  table.mass_disagrees);
  if (!table.trained_on.empty()) {
    file.set_attribute("/", "trained_on", table.trained_on);
    file.write_same("/outside_training",
                    {.unit = "1",
                     .description = "how the cluster is unlike those of the training: " +
                                    outside_description()},
                    table.outside_training);
  }
  if (!table.in_training.empty())
    file.write_same("/in_training",
                    {.unit = "1",
                     .description = "1 where a network of this prediction was trained on this very "
                                    "cluster (id, position and mass are the same)"},
                    table.in_training);
  for (std::size_t i = 0; i < table.states.size(); ++i) {
    auto const& state = table.states[i];
    file.create_dataset<double>(
        "/" + state.dataset,
        {.unit = state.unit, .frame = state.frame, .description = state.description}, n_cubes,
        {state.size});
    file.write_rows("/" + state.dataset, cubes.range.first, cubes.states[i]);
  }
  file.close();
}

void write_cluster_list(Comm const& comm, std::string const& path, ClusterTable const& clusters,
                        PredictionTable const& table, PredictedCubes const& cubes) {
  ClusterFigures figures{.rows = table.rows,
                         .states = table.states,
                         .values = {},
                         .y = comm.gather_v(cubes.y, 0),
                         .flux_factor = comm.gather_v(cubes.flux_factor, 0),
                         .flags = {{"mass_disagrees", table.mass_disagrees}}};
  for (auto const& values : cubes.states) figures.values.push_back(comm.gather_v(values, 0));
  if (!table.outside_training.empty())
    figures.flags.emplace_back("outside_training", table.outside_training);
  if (!table.in_training.empty()) figures.flags.emplace_back("in_training", table.in_training);
  on_root(comm, "predict: writing the list of clusters", [&] {
    durable::Writer file(path);
    file.write(cluster_list(clusters, figures));
    file.sync();
  });
}

}  // namespace setsz
