// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/prediction_file_work.hpp"

#include "io/h5.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/common/trained_on.hpp"

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
}

}  // namespace

void write_prediction(Comm const& comm, std::string const& path, PredictionTable const& table,
                      PredictedCubes const& cubes) {
  auto file = H5File::create(comm, path);
  auto const n = table.n_voxels, n_cubes = std::ssize(table.rows);
  file.set_attribute("/", "n_voxels", n);
  set_voxel_position(file, table.voxel_position);
  file.set_attribute("/", "model", table.model);
  file.set_attribute("/", "fold", table.fold);
  file.set_attribute("/", "member", table.member);
  file.set_attribute("/", "flux_correction", table.flux_correction);
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
  if (!table.trained_on.empty()) {
    file.set_attribute("/", "trained_on", table.trained_on);
    file.write_same("/outside_training",
                    {.unit = "1",
                     .description = "how the cluster is unlike those of the training: " +
                                    outside_description()},
                    table.outside_training);
  }
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

}  // namespace setsz
