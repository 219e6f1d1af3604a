// SPDX-License-Identifier: BSD-3-Clause
#include "stages/fit/radial_sums.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/number.hpp"
#include "stages/common/overlap.hpp"

namespace setsz {

double RadialSums::total_pressure() const {
  double total = 0;
  for (double const p : pressure) total += p;
  return total;
}

RadialSums radial_sums(CubeLattice const& lattice, std::span<float const> pressure) {
  auto const n_shells = static_cast<std::size_t>(lattice.n_shells(score_radius_r200));
  RadialSums sums{.lattice = lattice,
                  .count = std::vector<double>(n_shells, 0),
                  .pressure = std::vector<double>(n_shells, 0)};
  std::vector<double> squares(n_shells, 0);
  lattice.each_within(score_radius_r200, [&](std::size_t voxel, std::size_t shell) {
    double const p = real(pressure[voxel]);
    sums.count[shell] += 1;
    sums.pressure[shell] += p;
    squares[shell] += p * p;
  });
  for (std::size_t shell = 0; shell < n_shells; ++shell) {
    sums.n_voxels += sums.count[shell];
    sums.pressure2 += squares[shell];
  }
  return sums;
}

double spherical_loss(RadialSums const& sums, std::span<double const> model) {
  double sum = sums.pressure2;
  for (std::size_t shell = 0; shell < model.size(); ++shell)
    sum += model[shell] * (sums.count[shell] * model[shell] - 2 * sums.pressure[shell]);
  return std::max(0.0, sum / sums.n_voxels);  // rounding can leave a perfect model below 0
}

std::vector<double> gnfw_at_shells(GnfwShape const& shape, RadialSums const& sums) {
  std::vector<double> model(sums.count.size());
  for (std::size_t shell = 0; shell < model.size(); ++shell)
    model[shell] = gnfw(shape, sums.lattice.shell_radius_r200(static_cast<std::int64_t>(shell)));
  return model;
}

std::int64_t n_radii(CubeLattice const& lattice) {
  // A voxel of the last shell must not reach across the last but one radius.
  auto const n = static_cast<std::int64_t>(score_radius_r200 / (1.25 * lattice.voxel_r200()));
  return std::clamp<std::int64_t>(n, 1, most_radii);
}

std::vector<std::vector<double>> shares_within(CubeLattice const& lattice, std::int64_t n_radii) {
  auto const n_shells = static_cast<std::size_t>(lattice.n_shells(score_radius_r200));
  std::vector<std::int64_t> shell_of(lattice.n_cells(), -1);
  std::vector<double> count(n_shells, 0);
  lattice.each_within(score_radius_r200, [&](std::size_t voxel, std::size_t shell) {
    shell_of[voxel] = static_cast<std::int64_t>(shell);
    count[shell] += 1;
  });
  std::vector<std::vector<double>> shares(n_radii, std::vector<double>(n_shells, 0));
  BallOverlap overlap(lattice.n);
  double const middle = real(lattice.n) / 2;
  for (std::size_t k = 0; k + 1 < shares.size(); ++k) {
    double const radius = score_radius_r200 * real(k + 1) / real(n_radii);
    for (auto const& share : overlap({middle, middle, middle}, radius / lattice.voxel_r200())) {
      auto const shell = shell_of[share.voxel];
      if (shell >= 0) shares[k][shell] += share.volume / count[shell];
    }
  }
  for (std::size_t shell = 0; shell < n_shells; ++shell) shares.back()[shell] = 1;
  return shares;
}

std::vector<double> pressure_within(RadialSums const& sums,
                                    std::vector<std::vector<double>> const& shares) {
  double const voxel = std::pow(sums.lattice.voxel_r200(), 3);
  std::vector<double> within;
  for (auto const& share : shares) {
    double total = 0;
    for (std::size_t shell = 0; shell < share.size(); ++shell)
      total += share[shell] * sums.pressure[shell];
    within.push_back(voxel * total);
  }
  return within;
}

}  // namespace setsz
