// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sz_units.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace setsz {
namespace {

TEST(SzUnits, HaveTheKnownNumbers) {
  // D^tSZ(143 GHz) = 8.04e12 uK^2 x D^yy (published conversions of SPT and ACT).
  EXPECT_NEAR(std::pow(sz_response(SzUnit::uk_cmb, 143), 2) / 8.04e12, 1, 2e-3);
  // Rayleigh-Jeans end: dT = -2 y T.
  EXPECT_NEAR(sz_response(SzUnit::uk_cmb, 0.01) / (-2e6 * cmb_temperature_k), 1, 1e-6);
  EXPECT_NEAR(sz_response(SzUnit::uk_rj, 0.01) / (-2e6 * cmb_temperature_k), 1, 1e-6);
  // The null: x = 3.8300, 217.5 GHz.
  EXPECT_NEAR(sz_response(SzUnit::uk_cmb, 217.5), 0, 2e3);
  EXPECT_LT(sz_response(SzUnit::uk_cmb, 217.0), 0);
  EXPECT_GT(sz_response(SzUnit::uk_cmb, 218.0), 0);
}

TEST(SzUnits, OfIntensityAreTheKnownSpectralShape) {
  // dI = y I0 x^4 e^x / (e^x - 1)^2 (x coth(x/2) - 4), I0 = 270.33 MJy/sr for 2.725 K
  // (Carlstrom, Holder & Reese 2002).
  for (double const ghz : {90.0, 150.0, 353.0}) {
    double const x = ghz / 56.790;  // k T/h for 2.7255 K
    double const shape =
        std::pow(x, 4) * std::exp(x) / std::pow(std::expm1(x), 2) * (x / std::tanh(x / 2) - 4);
    EXPECT_NEAR(sz_response(SzUnit::mjy_sr, ghz) / (270.33 * shape), 1, 2e-3) << ghz;
  }
}

TEST(SzUnits, ThermodynamicAndRayleighJeansDifferByThePlanckFactor) {
  // uK_RJ per uK_CMB at 353 GHz, x = 6.216: x^2 e^x/(e^x - 1)^2 = 0.07749.
  EXPECT_NEAR(sz_response(SzUnit::uk_rj, 353) / sz_response(SzUnit::uk_cmb, 353), 0.07749, 1e-4);
}

}  // namespace
}  // namespace setsz
