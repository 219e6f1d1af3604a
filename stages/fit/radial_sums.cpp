// SPDX-License-Identifier: BSD-3-Clause
#include "stages/fit/radial_sums.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"

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
    double const p = static_cast<double>(pressure[voxel]);
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

std::int64_t finest_bins(CubeLattice const& lattice) {
  auto const bins = static_cast<std::int64_t>(score_radius_r200 / (1.25 * lattice.voxel_r200()));
  return std::clamp<std::int64_t>(bins, 1, 20);
}

std::vector<double> bin_means(RadialSums const& sums, std::int64_t n_bins) {
  std::vector<double> mean(static_cast<std::size_t>(n_bins), 0), count(mean.size(), 0);
  for (std::size_t shell = 0; shell < sums.count.size(); ++shell) {
    double const r = sums.lattice.shell_radius_r200(static_cast<std::int64_t>(shell));
    auto const bin =
        std::min(mean.size() - 1,
                 static_cast<std::size_t>(r / score_radius_r200 * static_cast<double>(n_bins)));
    mean[bin] += sums.pressure[shell];
    count[bin] += sums.count[shell];
  }
  for (std::size_t bin = 0; bin < mean.size(); ++bin) {
    require(count[bin] > 0, ExitCode::internal, "radial bin ", bin, " of ", n_bins,
            " holds no voxel centre");
    mean[bin] /= count[bin];
  }
  return mean;
}

}  // namespace setsz
