// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/cluster_sets.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/number.hpp"
#include "stages/halos/skirt_set.hpp"

namespace setsz {

CubeClusters::CubeClusters(SnapshotClusters const& clusters,
                           std::vector<std::string> const& predictions, ProductPath const& product)
    : clusters_(clusters) {
  auto const& table = clusters_.table;
  auto const n_folds = std::ssize(predictions);
  require(table.n_folds == n_folds || n_folds == 1, ExitCode::config, "clusters.h5 has ",
          table.n_folds, " folds, but [catalog] folds = ", n_folds);
  for (auto const& prediction : predictions) files_.emplace_back(product(prediction));
  for (std::int64_t row = 0; row < table.size(); ++row) {
    std::int64_t fold = 0;
    while (fold + 1 < n_folds && table.split_of(row, fold) != Split::testing) ++fold;
    require(files_[fold].find(row).has_value(), ExitCode::bad_data, "'", predictions[fold],
            "' has no cluster ", table.clusters[row].id, " (row ", row,
            "); set [predict] clusters = all, or paint with source = gnfw");
    fold_of_.push_back(fold);
  }
  densities_ = clusters_.family(clusters_.density, network_reach_r200);
}

std::pair<double, double> CubeClusters::flux_factors() const {
  std::vector<double> factors;
  for (std::int64_t row = 0; row < n_rows(); ++row)
    factors.push_back(file_of(row).flux_factor(*file_of(row).find(row)));
  if (factors.empty()) return {1, 1};
  auto const [low, high] = std::minmax_element(factors.begin(), factors.end());
  return {*low, *high};
}

std::int64_t CubeClusters::n_outside_training() const {
  constexpr char const* dataset = "/outside_training";
  std::int64_t n = 0;
  for (auto const& file : files_) {
    if (!file.file().exists(dataset)) continue;
    auto const bits = file.file().read_all<std::uint8_t>(dataset);
    n += std::ssize(bits) - std::ranges::count(bits, 0);
  }
  return n;
}

std::vector<std::int64_t> CubeClusters::mass_disagrees() const {
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < n_rows(); ++row)
    if (file_of(row).mass_disagrees(*file_of(row).find(row))) rows.push_back(row);
  return rows;
}

std::vector<BoxHalo> CubeClusters::read(Range rows) const {
  std::vector<BoxHalo> halos;
  for (std::int64_t row = rows.first; row < rows.last; ++row) {
    // A voxel is painted whole if its centre lies in the sphere.
    auto const& file = file_of(row);
    double const voxel = file.edge_ckpch(*file.find(row)) / real(file.n_voxels());
    halos.push_back(clusters_.halo(row, network_reach_r200 * clusters_.table.clusters[row].r200c +
                                            std::sqrt(3.0) / 2 * voxel));
  }
  return halos;
}

HaloGas CubeClusters::gas_of(BoxHalo const& halo, Field const& field) const {
  if (!field.is_pressure)
    return {ProfileGas{&*densities_, halo.mass, halo.r200}, clusters_.claims_on_cluster(halo)};
  auto const& file = file_of(halo.row);
  std::int64_t const cube = *file.find(halo.row);
  auto const values = file.read(cube);
  for (float const value : values)
    require(std::isfinite(value), ExitCode::bad_data, "'", file.file().path(),
            "': the cube of row ", halo.row, " holds ", value);
  return {SparseCube(values, file.n_voxels(), file.edge_ckpch(cube)),
          clusters_.claims_on_cluster(halo)};
}

double CubeClusters::edge_pressure(std::int64_t row, Profile const& shape) const {
  auto const& file = file_of(row);
  std::int64_t const cube = *file.find(row);
  auto const values = file.read(cube);
  auto const halo = clusters_.halo(row, network_reach_r200);
  auto const claims = clusters_.claims_on_cluster(halo);
  CubeLattice const lattice{file.n_voxels(), file.edge_ckpch(cube) / halo.r200};
  double gas = 0, expected = 0;
  for (std::int64_t i = 0, voxel = 0; i < lattice.n; ++i)
    for (std::int64_t j = 0; j < lattice.n; ++j)
      for (std::int64_t k = 0; k < lattice.n; ++k, ++voxel) {
        Vec3 const centre = lattice.centre_r200(i, j, k);
        double const x = norm(centre);
        if (x < skirt_anchor_r200 || x >= network_reach_r200) continue;
        if (claims.taken(halo.r200 * centre)) continue;
        gas += real(values[voxel]);
        expected += shape(halo.mass, x);
      }
  return expected > 0 ? gas / expected : 0;
}

ProfileClusters::ProfileClusters(SnapshotClusters const& clusters, Profile const& profile)
    : clusters_(clusters),
      pressures_(clusters.family(profile, network_reach_r200)),
      densities_(clusters.family(clusters.density, network_reach_r200)) {}

std::vector<BoxHalo> ProfileClusters::read(Range rows) const {
  std::vector<BoxHalo> halos;
  for (std::int64_t row = rows.first; row < rows.last; ++row)
    halos.push_back(clusters_.halo(row, network_reach_r200 * clusters_.table.clusters[row].r200c));
  return halos;
}

HaloGas ProfileClusters::gas_of(BoxHalo const& halo, Field const& field) const {
  auto const& family = field.is_pressure ? pressures_ : densities_;
  return {ProfileGas{&*family, halo.mass, halo.r200}, clusters_.claims_on_cluster(halo)};
}

}  // namespace setsz
