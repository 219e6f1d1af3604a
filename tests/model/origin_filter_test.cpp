// SPDX-License-Identifier: BSD-3-Clause
#include "model/origin_filter.hpp"

#include <gtest/gtest.h>

#include "pipeline/base/number.hpp"
#include "tests/model/random_batch.hpp"

namespace setsz {
namespace {

std::vector<CentreSample> planted(std::int64_t n, std::vector<double> const& truth, double noise) {
  Random random(5, Purpose::test);
  std::vector<CentreSample> samples;
  for (std::int64_t i = 0; i < n; ++i) {
    CentreSample sample;
    for (std::size_t b = 0; b < truth.size(); ++b) {  // shells differ in size, as real ones do
      sample.shells.push_back(testing::random_vector(random, 0.01 * real(b + 1)));
      sample.centre += truth[b] * sample.shells.back();
    }
    sample.centre += testing::random_vector(random, noise);
    samples.push_back(sample);
  }
  return samples;
}

TEST(OriginFilter, FindsPlantedCoefficients) {
  std::vector<double> const truth{3, -1, 0.5, 0, 2};
  auto const exact = fit_origin_filter(planted(200, truth, 1e-6));
  // The weakest ridge, 1% of the data, shrinks coefficients by about 1% / (1/3 + 1%) x 1/3.
  for (std::size_t b = 0; b < truth.size(); ++b) EXPECT_NEAR(exact[b], truth[b], 0.05) << b;
}

TEST(OriginFilter, PredictsClustersThatItHasNotSeenAndStaysZeroWithoutASignal) {
  std::vector<double> const truth{3, -1, 0.5, 0, 2};
  auto const samples = planted(300, truth, 0.05);
  auto const filter = fit_origin_filter(std::span(samples).first(100));
  double before = 0, after = 0;
  for (auto const& [shells, centre] : std::span(samples).subspan(100)) {
    before += norm2(centre);
    after += norm2(centre - filtered_centre(filter, shells));
  }
  double const noise = 3 * 0.05 * 0.05 * 200;
  EXPECT_LT(after, 1.15 * noise);
  EXPECT_GT(before, 1.5 * noise);

  auto const none = fit_origin_filter(planted(100, std::vector<double>(5, 0), 0.05));
  double size = 0;
  for (double const c : none) size += c * c * 1e-4;
  EXPECT_LT(std::sqrt(size), 0.03);  // far below the noise
}

TEST(OriginFilter, LeavesOutTheShellsThatCostNoiseOnly) {
  auto const clumpless = fit_origin_filter(planted(60, {0, 0, 0, 3, -1, 0.5}, 0.05));
  auto const all_matter = fit_origin_filter(planted(60, {3, -1, 0.5, 0, 0, 0}, 0.05));
  auto const both = fit_origin_filter(planted(60, {3, -1, 0.5, 3, -1, 0.5}, 0.05));
  for (std::size_t b = 0; b < 3; ++b) {
    EXPECT_EQ(clumpless[b], 0) << b;
    EXPECT_EQ(all_matter[3 + b], 0) << b;
    EXPECT_NE(clumpless[3 + b] * all_matter[b] * both[b] * both[3 + b], 0) << b;
  }
}

TEST(OriginFilter, TurnsAndMirrorsWithTheClusters) {
  auto samples = planted(50, {3, -1, 0.5}, 0.02);
  auto const before = fit_origin_filter(samples);
  auto const mirror = [](Vec3 const& v) { return Vec3{v.y, v.x, -v.z}; };
  for (auto& [shells, centre] : samples) {
    for (auto& shell : shells) shell = mirror(shell);
    centre = mirror(centre);
  }
  auto const after = fit_origin_filter(samples);
  for (std::size_t b = 0; b < before.size(); ++b) EXPECT_NEAR(after[b], before[b], 1e-10);
}

TEST(OriginFilter, AFewClustersTellNothing) {
  EXPECT_EQ(fit_origin_filter(planted(2, {3, -1}, 0)), std::vector<double>(2, 0));
  EXPECT_TRUE(fit_origin_filter({}).empty());
}

}  // namespace
}  // namespace setsz
