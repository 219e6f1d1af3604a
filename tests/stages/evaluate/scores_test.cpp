// SPDX-License-Identifier: BSD-3-Clause
#include "stages/evaluate/scores.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/fit/radial_sums.hpp"

namespace setsz {
namespace {

CubeLattice const lattice{16, 5};
GnfwShape const shape{3, 0.6, 4};

std::vector<float> noise(std::uint64_t seed) {
  Random random(seed, Purpose::test);
  std::vector<float> values(lattice.n_cells());
  for (auto& value : values) value = single(std::exp(random.normal()));
  return values;
}

TEST(CompareCubes, LossIsTheMeanSquareOverVoxelsWithinTwoRadii) {
  auto const predicted = noise(1), gas = noise(2);
  double sum = 0, sum_gas = 0, count = 0;
  std::size_t voxel = 0;
  for (std::int64_t i = 0; i < 16; ++i)
    for (std::int64_t j = 0; j < 16; ++j)
      for (std::int64_t k = 0; k < 16; ++k, ++voxel) {
        if (norm(lattice.centre_r200(i, j, k)) >= 2) continue;
        auto const p = real(predicted[voxel]);
        auto const t = real(gas[voxel]);
        sum += (p - t) * (p - t);
        sum_gas += t;
        count += 1;
      }
  auto const result = compare_cubes(lattice, predicted, gas, shape, 5);
  EXPECT_NEAR(result.loss, sum / count, 1e-12);
  EXPECT_NEAR(result.sum_gas, sum_gas, 1e-9);
}

TEST(CompareCubes, APredictionThatIsTheBenchmarkHasItsLossAndCurves) {
  std::vector<float> predicted(lattice.n_cells(), 0);
  lattice.each_within(3, [&](std::size_t voxel, std::size_t s) {
    double const r = lattice.shell_radius_r200(static_cast<std::int64_t>(s));
    predicted[voxel] = single(gnfw(shape, r));
  });
  auto const gas = noise(3);
  auto const sums = radial_sums(lattice, gas);
  auto const result = compare_cubes(lattice, predicted, gas, shape, 5);
  EXPECT_NEAR(result.loss / spherical_loss(sums, gnfw_at_shells(shape, sums)), 1, 1e-6);
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_NEAR(result.curves.predicted[i], result.curves.benchmark[i], 1e-6);
  EXPECT_EQ(result.curves.predicted_count, result.curves.benchmark_count);
  EXPECT_EQ(std::accumulate(result.curves.predicted_count.begin(),
                            result.curves.predicted_count.end(), 0.0),
            sums.n_voxels);
}

TEST(CompareCubes, EveryVoxelWithinTwoRadiiCountsAndNoOther) {
  auto const gas = noise(2);
  auto predicted = noise(1);
  double const before = compare_cubes(lattice, predicted, gas, shape, 5).loss;
  std::int64_t n_inside = 0;
  for (std::int64_t voxel = 0; voxel < lattice.n_cells(); ++voxel) {
    bool const inside = norm(lattice.centre_r200(voxel / 256, voxel / 16 % 16, voxel % 16)) < 2;
    n_inside += inside;
    float const kept = predicted[voxel];
    predicted[voxel] += 10;
    EXPECT_EQ(compare_cubes(lattice, predicted, gas, shape, 5).loss != before, inside);
    predicted[voxel] = kept;
  }
  EXPECT_EQ(compare_cubes(lattice, predicted, gas, shape, 5).n_voxels, n_inside);
}

TEST(CompareCubes, TheUncorrectedLossIsThatOfThePredictionWithoutItsCorrection) {
  auto const gas = noise(2), raw = noise(1);
  auto corrected = raw;
  for (std::int64_t v = 0; v < lattice.n_cells(); ++v) {
    double const r3 = std::pow(norm(lattice.centre_r200(v / 256, v / 16 % 16, v % 16)), 3);
    corrected[v] *= single(1 + 0.5 * r3 / (1 + r3));
  }
  auto const result = compare_cubes(lattice, corrected, gas, shape, 5, 0.5);
  EXPECT_NEAR(result.loss_uncorrected, compare_cubes(lattice, raw, gas, shape, 5).loss, 1e-6);
  EXPECT_GT(result.loss, 1.05 * result.loss_uncorrected);
}

TEST(CompareWithMean, TheSharesAddUpToTheLossOfTheMean) {
  auto const gas = noise(2);
  std::vector<std::vector<float>> const members{noise(11), noise(12), noise(13)};
  std::vector<float> mean(gas.size(), 0);
  for (auto const& member : members)
    for (std::size_t v = 0; v < mean.size(); ++v) mean[v] += member[v] / 3;
  auto const loss_with = [&](std::vector<double> const& weights) {
    std::vector<float> cube(gas.size(), 0);
    for (std::size_t v = 0; v < cube.size(); ++v)
      for (std::size_t m = 0; m < members.size(); ++m)
        cube[v] += single(weights[m] * real(members[m][v]));
    return compare_cubes(lattice, cube, gas, shape, 5).loss;
  };
  double const loss = loss_with({1. / 3, 1. / 3, 1. / 3});
  double shared = 0;
  std::vector<SeedScore> scores;
  for (auto const& member : members) {
    scores.push_back(compare_with_mean(lattice, member, mean, gas));
    EXPECT_NEAR(scores.back().loss, compare_cubes(lattice, member, gas, shape, 5).loss, 1e-12);
    shared += scores.back().shared / 3;
  }
  EXPECT_NEAR(shared, loss, 1e-6);
  // Twice the share is the slope of the loss in the weight of a member.
  double const step = 1e-2;
  double const up = loss_with({1. / 3 + step, 1. / 3 - step, 1. / 3});
  double const down = loss_with({1. / 3 - step, 1. / 3 + step, 1. / 3});
  EXPECT_NEAR((up - down) / (2 * step), 2 * (scores[0].shared - scores[1].shared), 1e-4);
}

}  // namespace
}  // namespace setsz
