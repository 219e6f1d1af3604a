// SPDX-License-Identifier: BSD-3-Clause
#include "model/gnfw.hpp"

#include <array>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "pipeline/base/error.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

using boost::math::quadrature::gauss;

namespace {

/// Battaglia et al. (2012), table 1: thermal pressure, {P0, xc, beta} x {A, mass slope, z slope}.
struct ThermalTable {
  std::array<double, 3> p0, xc, beta;
};
constexpr ThermalTable agn_200{
    {18.1, 0.154, -0.758}, {0.497, -0.00865, 0.731}, {4.35, 0.0393, 0.415}};
constexpr ThermalTable shock_200{
    {20.7, -0.074, -0.743}, {0.438, 0.011, 1.01}, {3.82, 0.0375, 0.535}};
constexpr ThermalTable agn_500{
    {7.49, 0.226, -0.957}, {0.710, -0.0833, 0.853}, {4.19, 0.0480, 0.615}};

GnfwParameters electron_parameters(ThermalTable const& t) {
  double const electron = units::electron_pressure_fraction_ionised;
  return {.A_P0 = electron * t.p0[0],
          .a_P0 = t.p0[1],
          .A_xc = t.xc[0],
          .a_xc = t.xc[1],
          .A_beta = t.beta[0],
          .a_beta = t.beta[1],
          .slope_P0 = t.p0[2],
          .slope_xc = t.xc[2],
          .slope_beta = t.beta[2],
          .core = published_gnfw_core};
}

/// Physical pressure of 1 code unit [keV cm^-3].
double kev_cm3_per_code(double h) {
  double const kpch = units::cm_per_kpc / h;
  return 1e10 * units::gram_per_msun / h * units::cm_per_km * units::cm_per_km /
         (kpch * kpch * kpch) / units::erg_per_kev;
}

double nfw_mass(double x) { return std::log1p(x) - x / (1 + x); }

}  // namespace

void to_json(nlohmann::json& json, GnfwParameters const& p) {
  json = {{"A_P0", p.A_P0},         {"a_P0", p.a_P0},         {"A_xc", p.A_xc},
          {"a_xc", p.a_xc},         {"A_beta", p.A_beta},     {"a_beta", p.a_beta},
          {"slope_P0", p.slope_P0}, {"slope_xc", p.slope_xc}, {"slope_beta", p.slope_beta},
          {"core", p.core}};
}

void from_json(nlohmann::json const& json, GnfwParameters& p) {
  json.at("A_P0").get_to(p.A_P0);
  json.at("a_P0").get_to(p.a_P0);
  json.at("A_xc").get_to(p.A_xc);
  json.at("a_xc").get_to(p.a_xc);
  json.at("A_beta").get_to(p.A_beta);
  json.at("a_beta").get_to(p.a_beta);
  p.slope_P0 = json.value("slope_P0", 0.0);
  p.slope_xc = json.value("slope_xc", 0.0);
  p.slope_beta = json.value("slope_beta", 0.0);
  p.core = json.value("core", smallest_gnfw_core);
}

GnfwShape gnfw_shape(GnfwParameters const& p, double m200c_1e10msunh, double h, double redshift) {
  double const mass = m200c_1e10msunh * 1e10 / h / 1e14;  // [1e14 Msun]
  auto const scaled = [&](double amplitude, double mass_slope, double redshift_slope) {
    return amplitude * std::pow(mass, mass_slope) * std::pow(1 + redshift, redshift_slope);
  };
  return {.p0 = scaled(p.A_P0, p.a_P0, p.slope_P0),
          .xc = scaled(p.A_xc, p.a_xc, p.slope_xc),
          .beta = scaled(p.A_beta, p.a_beta, p.slope_beta),
          .core = p.core};
}

double gnfw(GnfwShape const& shape, double r_over_r200) {
  double const y = (r_over_r200 + shape.core) / shape.xc;
  double const outer = shape.alpha == 1 ? y : std::pow(y, shape.alpha);
  return shape.p0 * std::exp(shape.gamma * std::log(y) - shape.beta * std::log1p(outer));
}

GnfwSlopes gnfw_slopes(GnfwShape const& shape, double r_over_r200) {
  double const x = r_over_r200 + shape.core, y = x / shape.xc;
  double const p = gnfw(shape, r_over_r200);
  double const by_ln_y = p * (shape.gamma - shape.beta * y / (1 + y));
  return {p, -by_ln_y, -p * shape.beta * std::log1p(y), by_ln_y * shape.core / x};
}

double gnfw_volume_integral(GnfwShape const& shape, double x_max) {
  // x = core (e^t - 1) spreads the steep centre; Gauss-Legendre of 8 points in panels of t.
  constexpr int n_panels = 24;
  double const width = std::log1p(x_max / shape.core) / n_panels;
  auto const integrand = [&](double t) {
    double const x = shape.core * std::expm1(t);
    return 4 * std::numbers::pi * x * x * gnfw(shape, x) * (x + shape.core);
  };
  double sum = 0;
  for (int panel = 0; panel < n_panels; ++panel)
    sum += gauss<double, 8>::integrate(integrand, panel * width, (panel + 1) * width);
  return sum;
}

GnfwParameters battaglia2012_parameters(Battaglia2012 calibration) {
  require(calibration != Battaglia2012::agn_500, ExitCode::internal,
          "Battaglia (2012), overdensity 500, has no parameters in units of R200");
  return electron_parameters(calibration == Battaglia2012::agn_200 ? agn_200 : shock_200);
}

GnfwShape battaglia2012(Battaglia2012 calibration, double m200c_1e10msunh, double h,
                        double redshift, double concentration) {
  if (calibration != Battaglia2012::agn_500)
    return gnfw_shape(battaglia2012_parameters(calibration), m200c_1e10msunh, h, redshift);
  // The mass in their scalings is M200 in every column of the table; r and P are in units of R500
  // and P500 = 500 G M500 rho_crit f_b / (2 R500), M500 = M200 x 2.5 (R500/R200)^3.
  GnfwShape shape = gnfw_shape(electron_parameters(agn_500), m200c_1e10msunh, h, redshift);
  double const radius = r500_over_r200(concentration);
  shape.xc *= radius;
  shape.p0 *= 2.5 * 2.5 * radius * radius;
  return shape;
}

GnfwShape arnaud2010(Cosmology const& cosmology, double redshift, double m200c_1e10msunh,
                     double concentration) {
  double const radius = r500_over_r200(concentration);
  double const h70 = cosmology.h / 0.7;
  double const m500_msun = m200c_1e10msunh * 2.5 * radius * radius * radius * 1e10 / cosmology.h;
  double const p500_kev_cm3 = 1.65e-3 * std::pow(cosmology.expansion(redshift), 8.0 / 3) *
                              std::pow(m500_msun * h70 / 3e14, 2.0 / 3 + 0.12) * h70 * h70;
  double const a = 1 / (1 + redshift);
  double const p200_code = halo_scales(cosmology, redshift, m200c_1e10msunh).p200_code;
  double const p200_kev_cm3 = p200_code / (a * a * a) * kev_cm3_per_code(cosmology.h);
  constexpr double c500 = 1.177, gamma = 0.3081, alpha = 1.0510, beta = 5.4905;
  return {.p0 = 8.403 * std::pow(h70, -1.5) * p500_kev_cm3 / p200_kev_cm3,
          .xc = radius / c500,
          .beta = (beta - gamma) / alpha,
          .gamma = -gamma,
          .alpha = alpha,
          .core = published_gnfw_core};
}

double duffy_concentration(double m200c_1e10msunh, double redshift) {
  return 5.71 * std::pow(m200c_1e10msunh * 1e10 / 2e12, -0.084) * std::pow(1 + redshift, -0.47);
}

double r500_over_r200(double concentration) {
  double low = 0.1, high = 1;  // mean density falls outwards: one root
  for (int i = 0; i < 60; ++i) {
    double const x = (low + high) / 2;
    double const density = nfw_mass(concentration * x) / (nfw_mass(concentration) * x * x * x);
    (density > 2.5 ? low : high) = x;
  }
  return (low + high) / 2;
}

}  // namespace setsz
