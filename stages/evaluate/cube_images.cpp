// SPDX-License-Identifier: BSD-3-Clause
#include "stages/evaluate/cube_images.hpp"

namespace setsz {

std::vector<float> cube_images(CubeLattice const& lattice, std::span<float const> cube) {
  auto const n = static_cast<std::size_t>(lattice.n);
  std::vector<double> sums(3 * n * n, 0);
  lattice.each_within(score_radius_r200, [&](std::size_t voxel, std::size_t) {
    std::size_t const i = voxel / (n * n), j = voxel / n % n, k = voxel % n;
    double const value = real(cube[voxel]) * lattice.voxel_r200();
    sums[j * n + k] += value;
    sums[(n + i) * n + k] += value;
    sums[(2 * n + i) * n + j] += value;
  });
  std::vector<float> images;
  for (double const sum : sums) images.push_back(single(sum));
  return images;
}

std::vector<float> profile_cube(CubeLattice const& lattice, GnfwShape const& profile) {
  std::vector<float> of_shell;
  for (std::int64_t s = 0; s < lattice.n_shells(score_radius_r200); ++s)
    of_shell.push_back(single(gnfw(profile, lattice.shell_radius_r200(s))));
  std::vector<float> cube(lattice.n_cells(), 0);
  lattice.each_within(score_radius_r200,
                      [&](std::size_t voxel, std::size_t s) { cube[voxel] = of_shell[s]; });
  return cube;
}

}  // namespace setsz
