// SPDX-License-Identifier: BSD-3-Clause
#include "stages/evaluate/figures_work.hpp"

#include <algorithm>

#include "io/h5.hpp"
#include "stages/evaluate/cube_images.hpp"

namespace setsz {
namespace {

struct SpectrumColumn {
  char const* name;
  std::vector<double> CubeSpectra::*values;
  char const* description;
};
constexpr std::array columns{
    SpectrumColumn{"gas", &CubeSpectra::gas, "power of the gas"},
    SpectrumColumn{"predicted", &CubeSpectra::predicted, "power of the prediction"},
    SpectrumColumn{"benchmark", &CubeSpectra::benchmark, "power of the fitted GNFW profile"},
    SpectrumColumn{"residual", &CubeSpectra::residual, "power of prediction - gas"},
    SpectrumColumn{"benchmark_residual", &CubeSpectra::benchmark_residual,
                   "power of benchmark - gas"},
    SpectrumColumn{"crossed", &CubeSpectra::crossed, "cross power of prediction and gas"}};

/// The clusters at 25, 50, 75 and 100% of the ordering by mass.
std::vector<std::int64_t> quartiles(ClusterTable const& table, std::vector<std::int64_t> rows) {
  std::ranges::sort(rows, {}, [&](std::int64_t row) {
    return std::pair(table.clusters[row].m200c, table.clusters[row].id);
  });
  std::vector<std::int64_t> chosen;
  auto const last = std::ssize(rows) - 1;
  for (std::int64_t quarter = 1; quarter <= 4 && last >= 0; ++quarter)
    chosen.push_back(rows[(quarter * last + 2) / 4]);
  std::ranges::sort(chosen);
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

}  // namespace

FiguresWork::FiguresWork(ClusterTable const& table, std::vector<std::int64_t> const& rows)
    : table_(table), shown_(quartiles(table, rows)) {}

void FiguresWork::add(ShownCluster const& cluster) {
  auto const& lattice = cluster.lattice;
  n_voxels_ = lattice.n;
  rows_.push_back(cluster.row);
  edges_.push_back(lattice.edge_r200);
  auto const benchmark = profile_cube(lattice, cluster.benchmark);
  auto const spectra = cube_spectra(lattice, cluster.gas, cluster.predicted, benchmark);
  high_k_ratios_.push_back(high_k_ratio(spectra));
  for (std::size_t c = 0; c < columns.size(); ++c) {
    auto const& values = spectra.*columns[c].values;
    spectra_[c].insert(spectra_[c].end(), values.begin(), values.end());
  }
  if (!std::ranges::binary_search(shown_, cluster.row)) return;
  image_rows_.push_back(cluster.row);
  for (auto const cube : {cluster.gas, cluster.predicted, std::span<float const>(benchmark)}) {
    auto const images = cube_images(lattice, cube);
    images_.insert(images_.end(), images.begin(), images.end());
  }
}

void FiguresWork::write(Comm const& comm, std::string const& path) const {
  auto const n = comm.all_max(n_voxels_);  // a rank without clusters knows none
  auto const spread = [&](H5File& file, std::string const& group,
                          std::vector<std::int64_t> const& rows) {
    std::vector<std::int64_t> ids;
    std::vector<double> masses;
    for (auto const row : rows) {
      ids.push_back(table_.clusters[row].id);
      masses.push_back(table_.clusters[row].m200c);
    }
    file.write_spread(group + "/cluster", {.unit = "1", .description = "row of clusters.h5"}, rows);
    file.write_spread(group + "/id", {.unit = "1", .description = "id in the halo catalogue"}, ids);
    file.write_spread(group + "/m200c",
                      {.unit = "1e10 Msun/h", .h_power = -1, .description = "mass"}, masses);
  };
  auto file = H5File::create(comm, path);
  file.set_attribute("/", "format_version", std::int64_t{1});
  file.create_group("/spectra");
  spread(file, "/spectra", rows_);
  file.write_spread("/spectra/edge",
                    {.unit = "R200",
                     .description = "side of the cube; shell b of |k| (from 1 on) is centred on "
                                    "2 pi b/edge and 2 pi/edge wide"},
                    edges_);
  for (std::size_t c = 0; c < columns.size(); ++c)
    file.write_spread(std::string("/spectra/") + columns[c].name,
                      {.unit = "P200^2 R200^3",
                       .frame = "cluster",
                       .description = std::string(columns[c].description) +
                                      " within 2 R200, by cluster and shell of |k|"},
                      spectra_[c], {n / 2});
  file.create_group("/images");
  spread(file, "/images", image_rows_);
  file.write_spread("/images/projections",
                    {.unit = "P200 R200",
                     .frame = "cluster",
                     .description = "integrals within 2 R200, by cluster; gas, prediction, "
                                    "benchmark; along x, y, z; two axes"},
                    images_, {3, 3, n, n});
  file.close();
}

}  // namespace setsz
