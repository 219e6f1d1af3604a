// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/halo_model.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "model/gnfw.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

/// That of the published numbers below.
constexpr Cosmology cosmology{0.31, 0.69, 0.049, 0.68};

LinearPower const& power() {
  static LinearPower const linear(cosmology, 0.967, 0.81);
  return linear;
}

double battaglia(double mass, double redshift, double x) {
  return gnfw(battaglia2012(Battaglia2012::agn_200, mass, cosmology.h, redshift, 4), x);
}

HaloModel model(HaloModel::Limits const& limits) { return {cosmology, power(), limits, battaglia}; }

TEST(LinearPower, IsNormalisedAndItsSlopeIsThatOfSigma) {
  EXPECT_NEAR(power().sigma(8, 0).value, 0.81, 1e-9);
  for (double const radius : {0.3, 2.0, 20.0}) {
    double const step = 1e-3;
    double const above = power().sigma(radius * std::exp(step), 0.5).value;
    double const below = power().sigma(radius * std::exp(-step), 0.5).value;
    EXPECT_NEAR(power().sigma(radius, 0.5).slope, -std::log(above / below) / (2 * step), 1e-4);
  }
}

TEST(LinearPower, GrowsAsTheScaleFactorInMatterAlone) {
  LinearPower const einstein({1, 0, 0.05, 0.7}, 1, 0.8);
  for (double const z : {0.5, 3.0}) EXPECT_NEAR(einstein.growth(z), 1 / (1 + z), 1e-6);
  // Carroll, Press & Turner (1992), equation 29: their fit, good to 2%.
  auto const fit = [](double om, double ol) {
    return 2.5 * om / (std::pow(om, 4.0 / 7) - ol + (1 + om / 2) * (1 + ol / 70));
  };
  double const e2 = std::pow(cosmology.expansion(1), 2);
  EXPECT_NEAR(power().growth(1), fit(0.31 * 8 / e2, 0.69 / e2) / fit(0.31, 0.69) / 2, 0.01);
}

TEST(HaloModel, CountsThePublishedNumbersOfHaloes) {
  // shared design notes, sky: 2.0e6 clusters with M200m > 5e13 and 7.7e8 haloes > 1e12 Msun/h on
  // the full sky, within 15%.
  EXPECT_NEAR(model({5e3, 1e6, 0.005, 5}).n_halos() / 2.0e6, 1, 0.15);
  EXPECT_NEAR(model({1e2, 1e6, 0.005, 5}).n_halos() / 7.7e8, 1, 0.15);
}

TEST(HaloModel, HasTheKnownMeanAndSpectrumOfY) {
  // The same notes, M > 1e11, 4 R200c: mean y 1.37e-6; 1e12 D_l of one halo at l = 300 ... 10000.
  auto const all = model({10, 1e6, 0.005, 5});
  EXPECT_NEAR(all.mean_y() / 1.37e-6, 1, 0.15);
  std::vector<double> const l{300, 500, 1000, 2000, 3000, 4000, 6000, 10000};
  std::vector<double> const known{0.274, 0.424, 0.709, 1.00, 1.095, 1.096, 0.990, 0.722};
  auto const spectra = all.spectra(l);
  for (std::size_t i = 0; i < l.size(); ++i) {
    double const d = 1e12 * l[i] * (l[i] + 1) / (2 * std::numbers::pi) * spectra.one_halo[i];
    EXPECT_NEAR(d / known[i], 1, 0.15) << l[i];
  }
  // Clustering adds some percent at l = 3000 and more on large scales.
  EXPECT_LT(spectra.two_halo[4] / spectra.one_halo[4], 0.15);
  EXPECT_GT(spectra.two_halo[0] / spectra.one_halo[0], spectra.two_halo[4] / spectra.one_halo[4]);
}

TEST(HaloModel, LimitsOfMassAndRedshiftAddUp) {
  auto const whole = model({1e4, 1e5, 0.05, 1});
  double const parts = model({1e4, 3e4, 0.05, 1}).mean_y() + model({3e4, 1e5, 0.05, 0.4}).mean_y() +
                       model({3e4, 1e5, 0.4, 1}).mean_y();
  EXPECT_NEAR(parts / whole.mean_y(), 1, 1e-6);
}

TEST(HaloModel, OfPointsIsShotNoise) {
  // On scales above all haloes C_l is the mean of Y^2 per area, and its connected covariance that
  // of Y^4: with one mass and one shell, n Y^2/4 pi and n (Y^2/4 pi)^2.
  auto const few = model({1e4, 1.001e4, 1, 1.001});
  double const n = few.n_halos(), y = few.mean_y() * 4 * std::numbers::pi / n;
  std::vector<double> const l{1};
  auto const spectra = few.spectra(l);
  EXPECT_NEAR(spectra.one_halo[0] / (n * y * y / (4 * std::numbers::pi)), 1, 1e-5);
  EXPECT_NEAR(spectra.connected[0] / (n * std::pow(y * y / (4 * std::numbers::pi), 2)), 1, 1e-5);
  EXPECT_NEAR(few.mean_y_variance() / (n * std::pow(y / (4 * std::numbers::pi), 2)), 1, 1e-5);
}

}  // namespace
}  // namespace setsz
