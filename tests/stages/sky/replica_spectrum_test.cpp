// SPDX-License-Identifier: BSD-3-Clause
// One halo a box, seen 8 to 11 boxes away: in the bare box its replicas are a lattice, whose C_l
// has peaks; turned tiles must have no more than the Poisson level of as many haloes.
#include <gtest/gtest.h>
#include <healpix_cxx/healpix_base.h>

#include <cmath>
#include <numbers>

#include "pipeline/base/number.hpp"
#include "stages/sky/sky_spectrum.hpp"
#include "stages/sky/tiling.hpp"

namespace setsz {
namespace {

constexpr double box = 75000;
constexpr std::int64_t nside = 64, l_min = 30, l_max = 120, l_step = 6;

/// C_l over the Poisson level in bands of l_step from l_min on, less what 3 sigma of a Gaussian sky
/// of as many haloes allow.
std::vector<double> excess_beyond_3_sigma(Repetition const& repetition) {
  Tiling const tiling(box, {1000, 30000, 70000}, {8 * box, 11 * box}, repetition);
  T_Healpix_Base<int64> const pixels(nside, RING, SET_NSIDE);
  std::vector<double> map(static_cast<std::size_t>(pixels.Npix()));
  double n = 0;
  tiling.for_each_image({20000, 5000, 40000}, {0, tiling.n_replicas()},
                        [&](auto const&, Vec3 const& seen) {
                          map[pixels.vec2pix(vec3(seen.x, seen.y, seen.z))] += 1;
                          n += 1;
                        });
  double const pixel_area = 4 * std::numbers::pi / real(map.size());
  for (double& value : map) value /= pixel_area;
  auto const spectrum = angular_spectrum(map, nside, l_max);
  std::vector<double> excess;
  for (auto first = l_min; first < l_max; first += l_step) {
    double sum = 0, modes = 0;
    for (auto l = first; l < first + l_step; ++l) {
      sum += real(2 * l + 1) * spectrum[l];
      modes += real(2 * l + 1);
    }
    double const poisson = n / (4 * std::numbers::pi);
    excess.push_back(sum / modes / poisson - 1 - 3 * std::sqrt(2 / modes + 2 / n));
  }
  return excess;
}

TEST(ReplicaSpectrum, OfTurnedTilesIsAtMostPoisson) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed)
    for (double const excess : excess_beyond_3_sigma({ReplicaRule::tiles, seed}))
      EXPECT_LT(excess, 0) << "seed " << seed;
}

TEST(ReplicaSpectrum, OfABoxThatRepeatsItselfHasPeaks) {
  EXPECT_GT(std::ranges::max(excess_beyond_3_sigma({ReplicaRule::bare, 1})), 1);
  // Turning whole shells does not help: the lattice of a shell across the sky stays.
  EXPECT_GT(std::ranges::max(excess_beyond_3_sigma({ReplicaRule::shells, 1})), 0.4);
}

}  // namespace
}  // namespace setsz
