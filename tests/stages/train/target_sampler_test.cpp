// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/target_sampler.hpp"
#include "pipeline/base/number.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

namespace setsz {
namespace {

CubeLattice const lattice{16, 5};
GnfwShape const shape = gnfw_shape({}, 1e4, 0.6774, 0);

double radius_of(std::int32_t voxel) {
  return norm(lattice.centre_r200(voxel / 256, voxel / 16 % 16, voxel % 16));
}

TEST(TargetSampler, BothWaysKnowTheSameVoxels) {
  TargetSampler const uniform(lattice, shape, TargetSampling::uniform),
      importance(lattice, shape, TargetSampling::importance);
  EXPECT_EQ(std::set(uniform.voxels().begin(), uniform.voxels().end()),
            std::set(importance.voxels().begin(), importance.voxels().end()));
  for (auto const voxel : uniform.voxels()) EXPECT_LT(radius_of(voxel), 2);
}

TEST(TargetSampler, UniformDrawsAreDistinctAndOfWeightOne) {
  TargetSampler const sampler(lattice, shape, TargetSampling::uniform);
  Random random(1, Purpose::test);
  std::set<std::int64_t> seen;
  for (auto const& draw : sampler.draw(200, random)) {
    EXPECT_TRUE(seen.insert(draw.index).second);
    EXPECT_EQ(draw.weight, 1);
  }
  EXPECT_EQ(seen.size(), 200);
}

TEST(TargetSampler, EveryVoxelComesAsOftenAsItsWeightSays) {
  TargetSampler const sampler(lattice, shape, TargetSampling::importance);
  auto const n_voxels = real(sampler.voxels().size());
  constexpr std::int64_t n = 40, repeats = 40000;
  std::map<std::int64_t, std::int64_t> counts;
  std::map<std::int64_t, double> weights;
  for (std::uint64_t repeat = 0; repeat < repeats; ++repeat) {
    Random random(1, Purpose::test, repeat);
    for (auto const& draw : sampler.draw(n, random)) {
      ++counts[draw.index];
      weights[draw.index] = real(draw.weight);
    }
  }
  ASSERT_EQ(counts.size(), sampler.voxels().size());  // none is left out
  double chi2 = 0;
  for (auto const& [index, count] : counts) {
    double const expected = real(n * repeats) / (n_voxels * weights[index]);
    chi2 += std::pow(real(count) - expected, 2) / expected;
    EXPECT_LE(weights[index], 2.0 + 1e-6);
  }
  EXPECT_LT(chi2, n_voxels + 5 * std::sqrt(2 * n_voxels));
}

// The loss of the benchmark against a field with a shifted centre: what the sample tells of the sum
// over all voxels.
TEST(TargetSampler, BothEstimateTheLossAndImportanceWithLessNoise) {
  Vec3 const centre{0.15, 0.1, 0};
  auto const error2 = [&](std::int32_t voxel) {
    Vec3 const r = lattice.centre_r200(voxel / 256, voxel / 16 % 16, voxel % 16);
    return std::pow(gnfw(shape, norm(r - centre)) - gnfw(shape, norm(r)), 2);
  };
  double truth = 0;
  TargetSampler const uniform(lattice, shape, TargetSampling::uniform),
      importance(lattice, shape, TargetSampling::importance);
  for (auto const voxel : uniform.voxels()) truth += error2(voxel) / real(uniform.voxels().size());
  auto const moments = [&](TargetSampler const& sampler) {
    constexpr int repeats = 4000, n = 64;
    double sum = 0, sum2 = 0;
    for (std::uint64_t repeat = 0; repeat < repeats; ++repeat) {
      Random random(2, Purpose::test, repeat);
      double loss = 0;
      for (auto const& draw : sampler.draw(n, random))
        loss += real(draw.weight) * error2(sampler.voxels()[draw.index]) / n;
      sum += loss / repeats, sum2 += loss * loss / repeats;
    }
    return std::pair(sum, std::sqrt((sum2 - sum * sum) / repeats));
  };
  auto const [mean_u, sigma_u] = moments(uniform);
  auto const [mean_i, sigma_i] = moments(importance);
  EXPECT_NEAR(mean_u, truth, 5 * sigma_u);
  EXPECT_NEAR(mean_i, truth, 5 * sigma_i);
  EXPECT_LT(sigma_i, sigma_u / 3);
}

TEST(TargetSampler, GivesEveryVoxelOnceWhereNoMoreAreWanted) {
  TargetSampler const sampler(lattice, shape, TargetSampling::importance);
  Random random(1, Purpose::test);
  std::set<std::int64_t> seen;
  for (auto const& draw : sampler.draw(100000, random)) {
    EXPECT_TRUE(seen.insert(draw.index).second);
    EXPECT_EQ(draw.weight, 1);
  }
  EXPECT_EQ(seen.size(), sampler.voxels().size());
}

}  // namespace
}  // namespace setsz
