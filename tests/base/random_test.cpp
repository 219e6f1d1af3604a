// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace setsz {
namespace {

using Block = std::array<std::uint32_t, 4>;

/// \source Random123 1.14, tests/kat_vectors, lines "philox4x32 10"
TEST(Philox, EqualsTheKnownAnswerVectorsOfRandom123) {
  constexpr std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({ones, ones, ones, ones}, {ones, ones}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, IsAFunctionOfSeedPurposeAndIndices) {
  std::set<std::uint64_t> first;
  for (std::uint64_t seed : {0, 1}) {
    for (auto purpose : {Purpose::test, Purpose::weights}) {
      for (std::uint64_t a : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 40}) {
        for (std::uint64_t b : {0, 1}) {
          EXPECT_EQ(Random(seed, purpose, a, b).bits64(), Random(seed, purpose, a, b).bits64());
          first.insert(Random(seed, purpose, a, b).bits64());
        }
      }
    }
  }
  EXPECT_EQ(first.size(), 24U);
}

TEST(Random, UniformHasMeanVarianceAndRange) {
  Random random(3, Purpose::test);
  double sum = 0, squares = 0;
  int const n = 200000;
  for (int i = 0; i < n; ++i) {
    double const u = random.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    squares += u * u;
  }
  EXPECT_NEAR(sum / n, 0.5, 5 * std::sqrt(1.0 / 12 / n));
  EXPECT_NEAR(squares / n, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / n));
}

TEST(Random, NormalHasTheFirstFourMoments) {
  Random random(4, Purpose::test);
  double m1 = 0, m2 = 0, m3 = 0, m4 = 0;
  int const n = 200000;
  for (int i = 0; i < n; ++i) {
    double const x = random.normal();
    m1 += x;
    m2 += x * x;
    m3 += x * x * x;
    m4 += x * x * x * x;
  }
  EXPECT_NEAR(m1 / n, 0, 5 * std::sqrt(1.0 / n));
  EXPECT_NEAR(m2 / n, 1, 5 * std::sqrt(2.0 / n));
  EXPECT_NEAR(m3 / n, 0, 5 * std::sqrt(15.0 / n));
  EXPECT_NEAR(m4 / n, 3, 5 * std::sqrt(96.0 / n));
}

TEST(Random, BelowIsUniformOnItsIntegers) {
  Random random(5, Purpose::test);
  std::vector<double> counts(7, 0.0);
  int const n = 70000;
  for (int i = 0; i < n; ++i) ++counts[random.below(7)];
  double chi2 = 0;
  for (double const count : counts) chi2 += (count - n / 7.0) * (count - n / 7.0) / (n / 7.0);
  EXPECT_LT(chi2, 22.5);  // 6 degrees of freedom: probability 0.001
  EXPECT_EQ(random.below(1), 0U);
  for (int i = 0; i < 100; ++i) {
    std::uint64_t const large = (std::uint64_t{1} << 63) + 5;
    EXPECT_LT(random.below(large), large);
  }
}

TEST(Hash64, IsBijectiveInTheSmallAndFlipsHalfTheBits) {
  std::set<std::uint64_t> seen;
  double flips = 0;
  for (std::uint64_t i = 0; i < 4096; ++i) {
    seen.insert(hash64(1, i));
    flips += __builtin_popcountll(hash64(1, i) ^ hash64(1, i ^ (std::uint64_t{1} << (i % 64))));
  }
  EXPECT_EQ(seen.size(), 4096U);
  EXPECT_NEAR(flips / 4096, 32, 0.5);
}

}  // namespace
}  // namespace setsz
