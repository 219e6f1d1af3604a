// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/prediction_file_work.hpp"

#include "io/h5.hpp"
#include "stages/common/trained_on.hpp"

namespace setsz {

void write_prediction(Comm const& comm, std::string const& path, PredictionTable const& table,
                      PredictedCubes const& cubes) {
  auto file = H5File::create(comm, path);
  auto const n = table.n_voxels, n_cubes = std::ssize(table.rows);
  file.set_attribute("/", "n_voxels", n);
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
  file.create_dataset<double>(
      "/y",
      {.unit = "(kpc/h)^2",
       .description = "integrated Compton y of the voxels within 2 R200, as y_gas in gnfw.json"},
      n_cubes);
  file.write_rows("/y", cubes.range.first, cubes.y);
  file.create_dataset<double>(
      "/flux_factor",
      {.unit = "1", .description = "ratio of y with and without the flux correction"}, n_cubes);
  file.write_rows("/flux_factor", cubes.range.first, cubes.flux_factor);
  file.create_dataset<double>(
      "/flux_strength",
      {.unit = "1",
       .description =
           "f: pressure is that of the network times 1 + f x^3/(1 + x^3), x = r/R200; of "
           "a mean, the mean of its networks"},
      n_cubes);
  file.write_rows("/flux_strength", cubes.range.first, cubes.flux_strength);
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
