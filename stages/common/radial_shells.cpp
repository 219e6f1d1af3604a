// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/radial_shells.hpp"

#include <cmath>

namespace setsz {

RadialShells::RadialShells(CubeLattice const& lattice, std::int64_t n_shells)
    : lattice_(lattice), volume_(n_shells, 0), count_(n_shells, 0) {
  std::int64_t const n = lattice.n, end = lattice.n_shells(score_radius_r200);
  first_.reserve(lattice.n_cells() + 1);
  first_.push_back(0);
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t k = 0; k < n; ++k) {
        if (lattice.shell(i, j, k) < end) add_voxel(lattice.centre_r200(i, j, k));
        first_.push_back(std::ssize(shares_));
      }
}

void RadialShells::add_voxel(Vec3 const& centre_r200) {
  constexpr std::int64_t n = subvoxels_per_edge;
  double const step = lattice_.voxel_r200() / n, half = lattice_.voxel_r200() / 2;
  Vec3 const corner{centre_r200.x - half, centre_r200.y - half, centre_r200.z - half};
  double const shells_per_r200 = real(n_shells()) / score_radius_r200;
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t k = 0; k < n; ++k) {
        double const x = corner.x + (real(i) + 0.5) * step;
        double const y = corner.y + (real(j) + 0.5) * step;
        double const z = corner.z + (real(k) + 0.5) * step;
        auto const shell =
            static_cast<std::int64_t>(std::sqrt(x * x + y * y + z * z) * shells_per_r200);
        if (shell < n_shells()) ++count_[shell];
      }
  for (std::int64_t shell = 0; shell < n_shells(); ++shell) {
    if (count_[shell] == 0) continue;
    double const part = real(count_[shell]) / (n * n * n);
    shares_.push_back({static_cast<std::int32_t>(shell), part});
    volume_[shell] += part;
    count_[shell] = 0;
  }
}

std::vector<double> RadialShells::edges() const {
  std::vector<double> edges;
  for (std::int64_t i = 0; i <= n_shells(); ++i)
    edges.push_back(score_radius_r200 * real(i) / real(n_shells()));
  return edges;
}

std::vector<double> RadialShells::means(std::span<float const> cube) const {
  std::vector<double> means(n_shells(), 0);
  for (std::int64_t voxel = 0; voxel < std::ssize(cube); ++voxel)
    for (auto const& [shell, part] : shares(voxel)) means[shell] += part * real(cube[voxel]);
  for (std::int64_t shell = 0; shell < n_shells(); ++shell)
    if (volume_[shell] > 0) means[shell] /= volume_[shell];
  return means;
}

}  // namespace setsz
