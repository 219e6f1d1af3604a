// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/thinning.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

constexpr std::int64_t n_ids = 200000;

TEST(Thinning, KeepsAFractionThatIsTheRatioOfTheMasses) {
  for (double const wanted : {4.1, 5.0, 8.0, 40.0, 4000.0}) {
    Thinning const thinning(wanted, 4);
    EXPECT_EQ(thinning.common_mass(), wanted);
    std::int64_t n = 0;
    for (std::uint64_t id = 0; id < n_ids; ++id) n += thinning.keeps(hash64(1, id), 4);
    double const p = 4 / wanted, expected = p * real(n_ids);
    EXPECT_NEAR(real(n), expected, 5 * std::sqrt(expected * (1 - p))) << wanted;
  }
}

TEST(Thinning, KeepsHeavyParticlesMoreOftenWhereMassesDiffer) {
  Thinning const thinning(10, 0);
  EXPECT_EQ(thinning.common_mass(), 10);
  for (double const mass : {1.0, 5.0, 10.0}) {
    std::int64_t n = 0;
    for (std::uint64_t id = 0; id < n_ids; ++id) n += thinning.keeps(hash64(3, id), mass);
    double const p = mass / 10, expected = p * real(n_ids);
    EXPECT_NEAR(real(n), expected, 5 * std::sqrt(expected * (1 - p))) << mass;
  }
}

TEST(Thinning, KeepsForALargerMassOnlyWhatASmallerOneKeeps) {
  Thinning const fine(8, 4), coarse(20, 4);
  std::int64_t n_coarse = 0;
  for (std::uint64_t id = 0; id < n_ids; ++id) {
    std::uint64_t const key = hash64(1, id);
    if (!coarse.keeps(key, 4)) continue;
    ++n_coarse;
    ASSERT_TRUE(fine.keeps(key, 4)) << id;
  }
  EXPECT_GT(n_coarse, 0);
}

TEST(Thinning, DrawsOtherParticlesForAnotherSeed) {
  Thinning const thinning(8, 4);
  std::int64_t n_both = 0;
  for (std::uint64_t id = 0; id < n_ids; ++id)
    n_both += thinning.keeps(hash64(1, id), 4) && thinning.keeps(hash64(2, id), 4);
  EXPECT_NEAR(real(n_both), 0.25 * n_ids, 5 * std::sqrt(0.25 * 0.75 * n_ids));
}

TEST(Thinning, LeavesTheSimulationAsItIsAtItsOwnMass) {
  for (double const wanted : {0.0, 4.0, 3.9997, 4.0003}) {
    Thinning const thinning(wanted, 4);
    EXPECT_FALSE(thinning.is_active()) << wanted;
    EXPECT_EQ(thinning.common_mass(), 4);
    EXPECT_TRUE(thinning.keeps(~std::uint64_t{0}, 4));
    EXPECT_EQ(thinning.noise(100), 0);
  }
  EXPECT_EQ(Thinning(0, 0).common_mass(), 0);
  EXPECT_TRUE(Thinning(10, 0).keeps(~std::uint64_t{0}, 10));
}

TEST(Thinning, TellsTheNoiseOfTheKeptMass) {
  constexpr std::uint64_t n_regions = 2000, n_in_region = 100;
  Thinning const thinning(10, 4);
  double sum2 = 0;
  for (std::uint64_t region = 0; region < n_regions; ++region) {
    double mass = 0;
    for (std::uint64_t i = 0; i < n_in_region; ++i)
      if (thinning.keeps(hash64(5, region * n_in_region + i), 4)) mass += thinning.common_mass();
    sum2 += std::pow(mass / 400 - 1, 2);
  }
  double const measured = std::sqrt(sum2 / n_regions);
  // A standard deviation of n values is known to 1/sqrt(2 n) of itself.
  EXPECT_NEAR(thinning.noise(400) / measured, 1, 5 / std::sqrt(2 * n_regions));
  EXPECT_DOUBLE_EQ(Thinning(10, 0).noise(400), std::sqrt(10. / 400));  // no binomial factor
}

TEST(Thinning, RefusesAMassBelowThatOfTheSimulationWithBoth) {
  for (auto const& text : {test::error_of([] { Thinning(3.5, 4); }),
                           test::error_of([] { Thinning(3.5, 0).keeps(0, 4); })}) {
    EXPECT_TRUE(test::contains(text, "78"));
    EXPECT_TRUE(test::contains(text, "3.5e+10 Msun/h"));
    EXPECT_TRUE(test::contains(text, "4e+10 Msun/h"));
  }
}

}  // namespace
}  // namespace setsz
