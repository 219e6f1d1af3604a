// SPDX-License-Identifier: BSD-3-Clause
// One halo a box, seen 8 to 11 boxes away: in the bare box its replicas are a lattice, whose C_l
// has peaks; turned tiles must have no more than the Poisson level of as many haloes, and less of
// it where waves are longer than the box, for each tile holds the halo once.
#include <gtest/gtest.h>
#include <healpix_cxx/healpix_base.h>

#include <cmath>
#include <numbers>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/sky/sky_spectrum.hpp"
#include "stages/sky/tiling.hpp"

namespace setsz {
namespace {

constexpr double box = 75000;
constexpr DistanceShell shell{8 * box, 11 * box};
constexpr std::int64_t nside = 64, l_max = 120;

struct Sky {
  std::vector<double> over_poisson;  ///< C_l over that of haloes in independent places
  double n_images = 0;
};

Sky sky_of_one_halo(Repetition const& repetition) {
  Tiling const tiling(box, {1000, 30000, 70000}, shell, repetition);
  T_Healpix_Base<int64> const pixels(nside, RING, SET_NSIDE);
  std::vector<double> map(static_cast<std::size_t>(pixels.Npix()));
  Sky sky;
  tiling.for_each_image({20000, 5000, 40000}, {0, tiling.n_replicas()},
                        [&](auto const&, Vec3 const& seen) {
                          map[pixels.vec2pix(vec3(seen.x, seen.y, seen.z))] += 1;
                          sky.n_images += 1;
                        });
  double const pixel_area = 4 * std::numbers::pi / real(map.size());
  for (double& value : map) value /= pixel_area;
  sky.over_poisson = angular_spectrum(map, nside, l_max);
  for (double& value : sky.over_poisson) value /= sky.n_images / (4 * std::numbers::pi);
  return sky;
}

struct Band {
  std::int64_t first, last;
  double modes() const { return real((last - first) * (last + first)); }
  double mean(std::vector<double> const& at_l) const {
    double sum = 0;
    for (auto l = first; l < last; ++l)
      sum += real(2 * l + 1) * at_l[static_cast<std::size_t>(l)] / modes();
    return sum;
  }
};

/// In bands beyond the box: C_l over the Poisson level, less what 3 sigma of a Gaussian sky of as
/// many haloes allow.
std::vector<double> excess_beyond_3_sigma(Repetition const& repetition) {
  constexpr std::int64_t l_min = 30, l_step = 6;
  auto const sky = sky_of_one_halo(repetition);
  std::vector<double> excess;
  for (auto l = l_min; l < l_max; l += l_step) {
    Band const band{l, l + l_step};
    excess.push_back(band.mean(sky.over_poisson) - 1 -
                     3 * std::sqrt(2 / band.modes() + 2 / sky.n_images));
  }
  return excess;
}

/// P_0 ... P_l_max
std::vector<double> legendre(double x) {
  std::vector<double> p{1, x};
  for (std::int64_t l = 2; l <= l_max; ++l)
    p.push_back((real(2 * l - 1) * x * p[l - 1] - real(l - 1) * p[l - 2]) / real(l));
  return p;
}

/// The same where each tile holds the halo once, at any of its points: what the mean over these
/// takes from the Poisson level is the sum over pairs of points of one tile. Tiles that the shell
/// cuts hold it by chance.
std::vector<double> wanted_over_poisson() {
  std::vector<double> wanted(l_max + 1, 0);
  double n_inside = 0;
  Random random(1, Purpose::test, 1);
  constexpr int reach = 12, side = 2 * reach + 1, pairs = 8;
  for (int at = 0; at < side * side * side * pairs; ++at) {
    int const tile = at / pairs;
    int const i = tile / (side * side) - reach, j = tile / side % side - reach,
              k = tile % side - reach;
    auto const anywhere = [&] {
      return box * Vec3{i - 0.5 + random.uniform(), j - 0.5 + random.uniform(),
                        k - 0.5 + random.uniform()};
    };
    Vec3 const one = anywhere(), other = anywhere();
    if (!shell.contains(norm(one))) continue;
    n_inside += 1;
    if (!shell.contains(norm(other))) continue;
    auto const p = legendre(dot(unit(one), unit(other)));
    for (std::size_t l = 0; l < p.size(); ++l) wanted[l] += p[l];
  }
  for (double& value : wanted) value = 1 - value / n_inside;
  return wanted;
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

TEST(ReplicaSpectrum, OfTurnedTilesLacksWavesThatAreLongerThanTheBox) {
  constexpr int n_seeds = 10;
  std::vector<double> found(l_max + 1, 0);
  for (std::uint64_t seed = 1; seed <= n_seeds; ++seed) {
    auto const sky = sky_of_one_halo({ReplicaRule::tiles, seed});
    for (std::size_t l = 0; l < found.size(); ++l) found[l] += sky.over_poisson[l] / n_seeds;
  }
  auto const wanted = wanted_over_poisson();
  for (auto const& band : {Band{2, 6}, Band{6, 10}, Band{10, 15}, Band{15, 20}, Band{20, 30},
                           Band{30, 45}, Band{45, 60}}) {
    double const mean = band.mean(wanted);
    double const pixel = 1 - std::pow(real(band.last) / real(4 * nside), 2) / 3;  // its window
    EXPECT_NEAR(band.mean(found) / mean, pixel, 3.5 * std::sqrt(2 / band.modes() / n_seeds) + 0.01)
        << "l " << band.first << " to " << band.last;
    std::cout << "l " << band.first << " to " << band.last << ": " << band.mean(found)
              << " of the Poisson level, wanted " << mean << '\n';
  }
  EXPECT_LT((Band{2, 10}.mean(wanted)), 0.25);  // 2 pi distance/box is 50 to 69
  EXPECT_GT((Band{60, 100}.mean(wanted)), 0.98);
}

/// With the haloes given, C_l scatters as their directions do: 2/modes less the pairs of a halo
/// with itself, which are always there. The scatter of their masses, the trispectrum, has no part
/// in it.
TEST(IndependentHaloes, ScatterOfClIsThatOfTheirDirections) {
  constexpr std::size_t n_halos = 12, l = 7;
  constexpr int n_skies = 4000;
  double y2 = 0, y4 = 0, mean = 0, variance = 0;
  std::vector<double> y;
  for (std::size_t i = 0; i < n_halos; ++i) {
    y.push_back(std::pow(0.8, real(i)));
    y2 += y[i] * y[i];
    y4 += std::pow(y[i], 4);
  }
  for (std::uint64_t sky = 0; sky < n_skies; ++sky) {
    Random random(2, Purpose::test, sky);
    std::vector<Vec3> directions;
    for (std::size_t i = 0; i < n_halos; ++i) {
      double const z = 2 * random.uniform() - 1, phi = 2 * std::numbers::pi * random.uniform();
      directions.push_back(
          {std::sqrt(1 - z * z) * std::cos(phi), std::sqrt(1 - z * z) * std::sin(phi), z});
    }
    double c_l = y2;  // over the Poisson level
    for (std::size_t i = 0; i < n_halos; ++i)
      for (std::size_t j = 0; j < i; ++j)
        c_l += 2 * y[i] * y[j] * legendre(dot(directions[i], directions[j]))[l];
    mean += c_l / y2 / n_skies;
    variance += std::pow(c_l / y2 - 1, 2) / n_skies;
  }
  double const gaussian = 2.0 / (2 * l + 1), wanted = gaussian * (1 - y4 / (y2 * y2));
  EXPECT_NEAR(mean, 1, 3.5 * std::sqrt(wanted / n_skies));
  EXPECT_NEAR(variance / wanted, 1, 0.12);
  EXPECT_LT(wanted / gaussian, 0.8);
}

}  // namespace
}  // namespace setsz
