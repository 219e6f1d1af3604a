// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/adaptive_cube.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "pipeline/base/random.hpp"
#include "stages/predict/work_items.hpp"

namespace setsz {
namespace {

using Field = std::function<double(Vec3 const&)>;

constexpr std::int64_t n = 64;
Vec3 const centre{0.06, -0.11, 0.03};  // of the profile, off the voxels

/// A cluster that is interpolated.
struct Interpolated {
  Interpolated(Field const& ratio, double tolerance, std::int64_t n_voxels = n,
               Vec3 const& middle = centre)
      : lattice{n_voxels, 5},
        voxels(voxels_to_predict(lattice)),
        reference(profile_at(lattice, voxels, gnfw_shape({}, 7e3, 0.7, 0), middle)),
        cube(lattice, voxels, reference, tolerance) {
    for (std::size_t v = 0; v < voxels.size(); ++v)
      full.push_back(reference[v] * ratio(position(voxels[v])));
    while (!cube.wanted().empty()) {
      std::vector<double> values;
      for (auto const place : cube.wanted()) values.push_back(full[place]);
      targets.insert(targets.end(), cube.wanted().begin(), cube.wanted().end());
      cube.add(values);
    }
    if (cube.is_too_fine()) return;
    for (std::size_t v = 0; v < voxels.size(); ++v) {
      auto const stencil = cube.stencil(static_cast<std::int64_t>(v));
      double value = 0;
      for (std::size_t i = 0; i < stencil.size; ++i) {
        EXPECT_GE(stencil.weight[i], 0);
        value += stencil.weight[i] * full[targets[stencil.index[i]]];
      }
      field.push_back(value);
    }
  }
  Vec3 position(std::int64_t voxel) const {
    auto const m = lattice.n;
    return lattice.centre_r200(voxel / (m * m), voxel / m % m, voxel % m);
  }
  double times_fewer() const { return real(voxels.size()) / real(targets.size()); }
  double rms_error() const {
    double error2 = 0, sum2 = 0;
    for (std::size_t v = 0; v < full.size(); ++v) {
      error2 += (field[v] - full[v]) * (field[v] - full[v]);
      sum2 += full[v] * full[v];
    }
    return std::sqrt(error2 / sum2);
  }
  double error_of_sum() const {
    double error = 0, sum = 0;
    for (std::size_t v = 0; v < full.size(); ++v) error += field[v] - full[v], sum += full[v];
    return error / sum;
  }

  CubeLattice lattice;
  std::vector<std::int32_t> voxels;
  std::vector<double> reference, full, field;
  AdaptiveCube cube;
  std::vector<std::int64_t> targets;
};

/// Varies over R200 and with a clump outside of the core, 0.15 R200 wide.
double wavy(Vec3 const& x) {
  Vec3 const from_clump = x - Vec3{-0.9, 0.5, 0.4};
  return 1 + 0.4 * std::sin(2 * x.x - 1) * std::cos(1.5 * x.y) + 0.2 * x.z +
         5 * std::exp(-dot(from_clump, from_clump) / (2 * 0.15 * 0.15));
}

TEST(AdaptiveCube, KeepsItsTwoBoundsWithFewTargets) {
  for (double const tolerance : {0.1, 0.05, 0.02, 0.01}) {
    Interpolated const result(wavy, tolerance);
    ASSERT_FALSE(result.cube.is_too_fine());
    EXPECT_LT(result.rms_error(), tolerance);
    EXPECT_LT(std::abs(result.error_of_sum()), 0.1 * tolerance);
    EXPECT_GT(result.times_fewer(), 500 * tolerance);
  }
}

TEST(AdaptiveCube, FinerTolerancesHaveSmallerErrorsAndMoreTargets) {
  Interpolated const coarse(wavy, 0.1), fine(wavy, 0.01);
  EXPECT_LT(fine.rms_error(), 0.3 * coarse.rms_error());
  EXPECT_GT(fine.targets.size(), coarse.targets.size());
}

TEST(AdaptiveCube, IsExactAtTargetsAndForTheReference) {
  Interpolated const result(wavy, 0.05), constant([](Vec3 const&) { return 1.7; }, 0.05);
  for (auto const place : result.targets) EXPECT_EQ(result.field[place], result.full[place]);
  for (std::size_t v = 0; v < constant.full.size(); ++v)
    EXPECT_NEAR(constant.field[v], constant.full[v], 1e-12 * constant.full[v]);
}

TEST(AdaptiveCube, TakesEachTargetOnce) {
  for (std::int64_t const size : {32, 48, 63, 64}) {
    Interpolated result(wavy, 0.05, size);
    std::ranges::sort(result.targets);
    EXPECT_EQ(std::ranges::adjacent_find(result.targets), result.targets.end());
    EXPECT_EQ(std::ssize(result.targets), result.cube.n_targets());
  }
}

// As networks do, whose mirrored prediction must be that of the mirrored cluster.
TEST(AdaptiveCube, AMirroredFieldHasMirroredTargets) {
  Interpolated const one(wavy, 0.03);
  auto const mirrored = [](Vec3 const& x) { return wavy({x.x, -x.y, x.z}); };
  Interpolated const other(mirrored, 0.03, n, {centre.x, -centre.y, centre.z});
  ASSERT_EQ(one.targets.size(), other.targets.size());
  for (std::size_t v = 0; v < one.voxels.size(); ++v) {
    std::int64_t const voxel = one.voxels[v], j = voxel / n % n;
    auto const twin = static_cast<std::int32_t>(voxel + (n - 1 - 2 * j) * n);
    auto const w = std::ranges::lower_bound(other.voxels, twin) - other.voxels.begin();
    ASSERT_NEAR(one.field[v], other.field[w], 1e-12 * one.field[v]);
  }
}

// Narrower than the coarsest cells, in the middle of one of their faces: no coarse target sees it.
TEST(AdaptiveCube, APeakInTheCoreIsNotMissed) {
  Vec3 const peak{0.25, 0.02, 0.33};
  auto const field = [&](Vec3 const& x) {
    return 1 + 4 * std::exp(-dot(x - peak, x - peak) / (2 * 0.1 * 0.1));
  };
  EXPECT_LT(Interpolated(field, 0.05).rms_error(), 0.05);
}

TEST(AdaptiveCube, ChoosesAllVoxelsWhereNothingIsSmoothOrNothingMayBeWrong) {
  Random random(1, Purpose::test);
  EXPECT_TRUE(
      Interpolated([&](Vec3 const&) { return 2 * random.uniform(); }, 0.002).cube.is_too_fine());
  EXPECT_TRUE(Interpolated(wavy, 0).cube.is_too_fine());
  EXPECT_TRUE(Interpolated(wavy, 0.05, 10).cube.is_too_fine());  // no cell is larger than a voxel
}

TEST(AdaptiveCube, AFieldOfZeroIsZero) {
  Interpolated const result([](Vec3 const&) { return 0; }, 0.05);
  EXPECT_GT(result.times_fewer(), 50);
  EXPECT_EQ(std::ranges::count(result.field, 0.0), std::ssize(result.full));
}

}  // namespace
}  // namespace setsz
