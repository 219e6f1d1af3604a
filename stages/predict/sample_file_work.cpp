// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/sample_file_work.hpp"

#include "io/h5.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/cube_lattice.hpp"

namespace setsz {

void PredictedSamples::add(SampleSums const& sums, Scale const& scale, bool with_gas) {
  for (std::int64_t k = 0; k < n_samples; ++k) {
    for (std::int64_t shell = 0; shell < n_shells; ++shell)
      profile.push_back(single(sums.profile(k, shell, scale.volume[shell])));
    y.push_back(scale.y_unit * sums.sum(k));
    if (with_gas) loss.push_back(sums.squared_error(k) / real(scale.n_voxels));
  }
}

void write_samples(Comm const& comm, std::string const& path, SampleTable const& table,
                   PredictedSamples const& samples, Range range) {
  auto file = H5File::create(comm, path);
  auto const n_clusters = std::ssize(table.rows), n = table.n_voxels;
  file.set_attribute("/", "format_version", std::int64_t{1});
  file.set_attribute("/", "model", table.model);
  file.set_attribute("/", "member", table.member);
  std::vector<double> edges;
  for (std::int64_t i = 0; i <= samples.n_shells; ++i)
    edges.push_back(score_radius_r200 * real(i) / real(samples.n_shells));
  file.set_attribute_list("/", "shell_edges", edges);
  file.write_same("/cluster", {.unit = "1", .description = "row of clusters.h5"}, table.rows);
  file.write_same("/id", {.unit = "1", .description = "id in the halo catalogue"}, table.ids);
  auto const write = [&]<class T>(std::string const& name, std::vector<T> const& values,
                                  std::vector<std::int64_t> const& shape, FieldInfo const& info) {
    file.create_dataset<T>(name, info, n_clusters, shape);
    file.write_rows(name, range.first, values);
  };
  write("/profile", samples.profile, {samples.n_samples, samples.n_shells},
        {.unit = "P200",
         .frame = "cluster",
         .description = "mean predicted pressure of linear shells of r < 2 R200, of each sample"});
  write("/y", samples.y, {samples.n_samples},
        {.unit = "(kpc/h)^2",
         .h_power = -2,
         .description = "integrated Compton y within 2 R200, likewise"});
  if (table.with_gas) {
    write("/loss", samples.loss, {samples.n_samples},
          {.unit = "P200^2",
           .description = "mean squared difference to the gas within 2 R200, likewise; samples "
                          "themselves know nothing of the gas"});
    write("/reconstructed", samples.reconstructed, {n, n, n},
          {.unit = "P200",
           .frame = "cluster",
           .description = "pressure of each voxel, z fastest, from the code that the cluster's gas "
                          "implies"});
  }
  file.close();
}

}  // namespace setsz
