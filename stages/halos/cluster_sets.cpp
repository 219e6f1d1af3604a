// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/cluster_sets.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/number.hpp"
#include "stages/halos/skirt_set.hpp"

namespace setsz {

std::vector<std::string> CubeChoice::products() const {
  std::vector<std::string> all;
  for (auto const& sample : predictions) all.insert(all.end(), sample.begin(), sample.end());
  return all;
}

void CubeChoice::draw_for(HaloImage& image) const {
  if (draw) image.halo.sample = draw->sample_of(image.halo.id, image.cell);
}

CubeClusters::CubeClusters(SnapshotClusters const& clusters, CubeChoice choice,
                           ProductPath const& product)
    : clusters_(clusters), choice_(std::move(choice)) {
  for (auto const& sample : choice_.predictions) {
    auto& files = files_.emplace_back();
    for (auto const& prediction : sample) files.emplace_back(product(prediction));
  }
  find_folds();
  check_samples();
  densities_ = clusters_.family(clusters_.density, network_reach_r200);
}

void CubeClusters::find_folds() {
  auto const& table = clusters_.table;
  auto const n_folds = std::ssize(files_.front());
  require(table.n_folds == n_folds || n_folds == 1, ExitCode::config, "clusters.h5 has ",
          table.n_folds, " folds, but [catalog] folds = ", n_folds);
  for (std::int64_t row = 0; row < table.size(); ++row) {
    std::int64_t fold = 0;
    while (fold + 1 < n_folds && table.split_of(row, fold) != Split::testing) ++fold;
    for (std::size_t sample = 0; sample < files_.size(); ++sample)
      require(files_[sample][fold].find(row).has_value(), ExitCode::bad_data, "'",
              choice_.predictions[sample][fold], "' has no cluster ", table.clusters[row].id,
              " (row ", row, "); set [predict] clusters = all, or paint with source = gnfw");
    fold_of_.push_back(fold);
  }
}

void CubeClusters::check_samples() const {
  for (std::size_t sample = 0; sample < files_.size(); ++sample)
    for (std::size_t fold = 0; fold < files_[sample].size(); ++fold) {
      auto const &file = files_[sample][fold], &first = files_.front()[fold];
      require(file.n_voxels() == first.n_voxels(), ExitCode::bad_data, "'",
              choice_.predictions[sample][fold], "' has cubes of ", file.n_voxels(),
              " voxels a side, but '", choice_.predictions.front()[fold], "' of ", first.n_voxels(),
              "; make both again");
    }
}

std::pair<double, double> CubeClusters::flux_factors() const {
  std::vector<double> factors;
  for (std::int64_t row = 0; row < n_rows(); ++row)
    for (std::int64_t sample = 1; sample <= n_samples(); ++sample) {
      auto const& file = file_of(row, sample);
      factors.push_back(file.flux_factor(*file.find(row)));
    }
  if (factors.empty()) return {1, 1};
  auto const [low, high] = std::minmax_element(factors.begin(), factors.end());
  return {*low, *high};
}

std::int64_t CubeClusters::n_outside_training() const {
  constexpr char const* dataset = "/outside_training";
  std::int64_t n = 0;
  for (auto const& file : files_.front()) {  // the same for all samples
    if (!file.file().exists(dataset)) continue;
    auto const bits = file.file().read_all<std::uint8_t>(dataset);
    n += std::ssize(bits) - std::ranges::count(bits, 0);
  }
  return n;
}

std::vector<std::int64_t> CubeClusters::mass_disagrees() const {
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < n_rows(); ++row) {
    auto const& file = file_of(row, 0);  // the same for all samples
    if (file.mass_disagrees(*file.find(row))) rows.push_back(row);
  }
  return rows;
}

std::vector<BoxHalo> CubeClusters::read(Range rows) const {
  std::vector<BoxHalo> halos;
  for (std::int64_t row = rows.first; row < rows.last; ++row) {
    // A voxel is painted whole if its centre lies in the sphere.
    auto const& file = file_of(row, 0);
    double const voxel = file.edge_ckpch(*file.find(row)) / real(file.n_voxels());
    halos.push_back(clusters_.halo(row, network_reach_r200 * clusters_.table.clusters[row].r200c +
                                            std::sqrt(3.0) / 2 * voxel));
  }
  return halos;
}

HaloGas CubeClusters::gas_of(BoxHalo const& halo, Field const& field) const {
  if (!field.is_pressure)
    return {ProfileGas{&*densities_, halo.mass, halo.r200}, clusters_.claims_on_cluster(halo)};
  auto const& file = file_of(halo.row, halo.sample);
  std::int64_t const cube = *file.find(halo.row);
  auto values = file.read(cube);
  for (float const value : values)
    require(std::isfinite(value), ExitCode::bad_data, "'", file.file().path(),
            "': the cube of row ", halo.row, " holds ", value);
  return {SparseCube(std::move(values), file.n_voxels(), file.edge_ckpch(cube)),
          clusters_.claims_on_cluster(halo)};
}

double CubeClusters::edge_pressure(std::int64_t row, std::int64_t sample,
                                   Profile const& shape) const {
  auto const& file = file_of(row, sample);
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
