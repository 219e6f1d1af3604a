// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/flux_fit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

/// Clusters of 1e13 to 1e15 with Y ~ M^(5/3), of which a network finds a part.
template <class Part>
std::vector<FluxSample> clusters(std::int64_t n, double scatter, std::uint64_t seed, Part part) {
  std::vector<FluxSample> samples;
  Random random(seed, Purpose::test);
  for (std::int64_t i = 0; i < n; ++i) {
    double const mass = 1000 * std::pow(100, random.uniform());
    double const y = std::pow(mass, 5. / 3) * std::exp(scatter * random.normal());
    double const y_pred = part(mass) * std::pow(mass, 5. / 3);
    samples.push_back({.m200c = mass, .y_pred = y_pred, .y_outer = y_pred / 2, .y_gas = y});
  }
  return samples;
}

TEST(FluxFit, RecoversAConstantBiasExactly) {
  auto const samples = clusters(50, 0, 1, [](double) { return 0.8; });
  auto const correction = fit_flux_correction(samples, 3);
  ASSERT_EQ(correction.bins.size(), 3U);
  for (auto const& bin : correction.bins) EXPECT_NEAR(bin.strength, 0.5, 1e-11);
  EXPECT_NEAR(flux_ratio(samples, {}), 0.8, 1e-12);
  EXPECT_NEAR(flux_ratio(samples, correction), 1, 1e-11);
}

TEST(FluxFit, HeavyClustersCountAsSeveral) {
  auto const shy = [](double) { return 0.8; };
  auto const bold = [](double) { return 1.0; };
  auto weighted = clusters(30, 0.1, 7, shy), copied = weighted;
  auto const few = clusters(10, 0.1, 8, bold);
  for (auto sample : few) {
    for (int copy = 0; copy < 3; ++copy) copied.push_back(sample);
    sample.weight = 3;
    weighted.push_back(sample);
  }
  // One bin: its edges do not depend on the number of copies.
  EXPECT_NEAR(fit_flux_correction(weighted, 1).bins[0].strength,
              fit_flux_correction(copied, 1).bins[0].strength, 1e-12);
}

TEST(FluxFit, CutsByMassIntoEqualNumbersAndRecordsThem) {
  auto const samples = clusters(10, 0, 2, [](double) { return 1; });
  std::vector<double> masses;
  for (auto const& sample : samples) masses.push_back(sample.m200c);
  std::sort(masses.begin(), masses.end());
  auto const correction = fit_flux_correction(samples, 3);
  EXPECT_EQ(correction.bins[0].n, 3);
  EXPECT_EQ(correction.bins[0].n + correction.bins[1].n + correction.bins[2].n, 10);
  EXPECT_EQ(correction.bins[0].mass_low, masses[0]);
  EXPECT_EQ(correction.bins[0].mass_high, masses[2]);
  EXPECT_EQ(correction.bins[2].mass_high, masses[9]);
  EXPECT_NEAR(correction.bins[0].ln_mass,
              (std::log(masses[0]) + std::log(masses[1]) + std::log(masses[2])) / 3, 1e-12);
}

TEST(FluxFit, InEachBinTheClustersGetTheFluxOfTheirGas) {
  auto const part = [](double mass) { return mass < 3000 ? 1.05 : mass < 2e4 ? 0.8 : 0.93; };
  auto samples = clusters(120, 0.3, 6, part);
  auto const correction = fit_flux_correction(samples, 3);
  std::sort(samples.begin(), samples.end(),
            [](auto const& a, auto const& b) { return a.m200c < b.m200c; });
  for (std::size_t third = 0; third < 3; ++third)
    EXPECT_NEAR(flux_ratio(std::span(samples).subspan(40 * third, 40), correction), 1, 1e-9);
}

TEST(FluxFit, RecoversABiasThatFollowsTheMassOnOtherClusters) {
  // Falls from 0.95 at 1e13 to 0.8 at 1e15, with 20% of scatter in each cluster's gas.
  auto const part = [](double mass) { return 0.95 - 0.15 * std::log(mass / 1000) / std::log(100); };
  auto const correction = fit_flux_correction(clusters(2000, 0.2, 3, part), 3);
  auto others = clusters(20000, 0.2, 4, part);
  std::sort(others.begin(), others.end(),
            [](auto const& a, auto const& b) { return a.m200c < b.m200c; });
  for (std::size_t third = 0; third < 3; ++third) {
    std::span const some(others.data() + third * others.size() / 3, others.size() / 3);
    EXPECT_LT(flux_ratio(some, {}), 0.92);
    EXPECT_NEAR(flux_ratio(some, correction), 1, 0.015);
  }
}

TEST(FluxFit, NoStrengthLeavesItsRange) {
  auto const bright = clusters(30, 0, 9, [](double) { return 2; });
  for (auto const& bin : fit_flux_correction(bright, 3).bins) EXPECT_EQ(bin.strength, weakest_flux);
  auto const faint = clusters(30, 0, 9, [](double) { return 0.3; });
  for (auto const& bin : fit_flux_correction(faint, 3).bins)
    EXPECT_EQ(bin.strength, strongest_flux);
}

TEST(FluxFit, NoBinsCorrectNothing) {
  auto const samples = clusters(10, 0, 2, [](double) { return 0.5; });
  EXPECT_TRUE(fit_flux_correction(samples, 0).bins.empty());
  EXPECT_NEAR(flux_ratio(samples, fit_flux_correction(samples, 0)), 0.5, 1e-12);
}

TEST(FluxFit, ClustersOfOneMassAreOneBin) {
  std::vector<FluxSample> const samples(6, {.m200c = 1e4, .y_pred = 2, .y_outer = 1, .y_gas = 3.5});
  auto const correction = fit_flux_correction(samples, 3);
  ASSERT_EQ(correction.bins.size(), 1U);
  EXPECT_EQ(correction.bins[0].n, 6);
  EXPECT_NEAR(correction.bins[0].strength, 1.5, 1e-11);
}

TEST(FluxFit, RefusesANetworkWithoutFlux) {
  auto samples = clusters(9, 0, 5, [](double) { return 0; });
  EXPECT_THROW(fit_flux_correction(samples, 3), Error);
  samples[0].y_pred = NAN;
  EXPECT_THROW(fit_flux_correction(samples, 3), Error);
}

}  // namespace
}  // namespace setsz
