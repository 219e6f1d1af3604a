// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "pipeline/base/cosmology.hpp"

namespace setsz {

/// The allowed core radii of fitted profiles [R200], r -> r + core.
inline constexpr double smallest_gnfw_core = 1e-3;
inline constexpr double largest_gnfw_core = 0.5;
/// That of published profiles [R200]: they have none, and this one only keeps them finite at the
/// centre (4e-6 of their integral; 1e-3 R200 would take 0.4%).
inline constexpr double published_gnfw_core = 1e-6;

/// How the profile depends on mass and redshift: each of P0, xc, beta is
/// A (M200c / 1e14 Msun)^a (1 + z)^slope. Mind Msun, not Msun/h.
///
/// The core is one number for all masses and redshifts, in units of R200 and not of xc: there it
/// would cut up to a third of the integrated pressure of small clusters.
///
/// The defaults, a fit to IllustrisTNG, start every fit.
/// \source form: Battaglia et al. (2012), ApJ 758, 75, equations 10 and 11
struct GnfwParameters {
  double A_P0 = 2.560, a_P0 = 0.5705;
  double A_xc = 5.293, a_xc = -0.8130;
  double A_beta = 22.17, a_beta = -0.6282;
  double slope_P0 = 0, slope_xc = 0, slope_beta = 0;
  double core = smallest_gnfw_core;  ///< [R200]

  bool operator==(GnfwParameters const&) const = default;
};
/// {"A_P0": ..., "slope_beta": ..., "core": ...}; missing slopes are 0, a missing core is the
/// smallest, anything else missing throws.
void to_json(nlohmann::json& json, GnfwParameters const& parameters);
void from_json(nlohmann::json const& json, GnfwParameters& parameters);

/// The profile of one halo: p(r)/P200 = p0 y^gamma (1 + y^alpha)^-beta, y = (r/R200 + core)/xc.
struct GnfwShape {
  double p0;
  double xc;
  double beta;
  double gamma = -0.3;
  double alpha = 1;
  double core = smallest_gnfw_core;
};

/// \param m200c_1e10msunh  [1e10 Msun/h]
GnfwShape gnfw_shape(GnfwParameters const& parameters, double m200c_1e10msunh, double h,
                     double redshift);

/// Electron pressure in units of P200 at r/R200 >= 0.
double gnfw(GnfwShape const& shape, double r_over_r200);

/// The pressure and its derivatives by the logarithms of the shape's numbers; that by ln p0 is the
/// pressure itself. \pre alpha = 1
struct GnfwSlopes {
  double value, by_ln_xc, by_ln_beta, by_ln_core;
};
GnfwSlopes gnfw_slopes(GnfwShape const& shape, double r_over_r200);

/// Integral of 4 pi x^2 p(x) over x = r/R200 from 0 to `x_max`: the sum of P V within a sphere in
/// units of P200 R200^3. Relative accuracy 1e-10.
double gnfw_volume_integral(GnfwShape const& shape, double x_max);

/// Published calibrations of Battaglia et al. (2012), table 1, as ELECTRON pressure (their thermal
/// one x 0.5177).
enum class Battaglia2012 {
  agn_200,    ///< AGN feedback, overdensity 200 critical
  shock_200,  ///< shock heating only, overdensity 200 critical
  agn_500     ///< AGN feedback, overdensity 500 critical: radii and pressures are converted
};
/// The tables whose own overdensity is 200. \pre not agn_500
GnfwParameters battaglia2012_parameters(Battaglia2012 calibration);
/// The electron pressure profile in units of R200c and P200, any of the three tables.
/// \param concentration  c200c of the NFW profile that converts R500c to R200c (agn_500 only)
GnfwShape battaglia2012(Battaglia2012 calibration, double m200c_1e10msunh, double h,
                        double redshift, double concentration);

/// The universal profile of X-ray clusters, in units of R200c and of P200 of `cosmology`. M500c is
/// the mass that the NFW halo holds; divide by (1 - b) outside for a hydrostatic mass bias.
/// \source Arnaud et al. (2010), A&A 517, A92, equations 11 to 13 (slope 2/3 + 0.12)
GnfwShape arnaud2010(Cosmology const& cosmology, double redshift, double m200c_1e10msunh,
                     double concentration);

/// Mean concentration c200c of an NFW halo.
/// \source Duffy et al. (2008), MNRAS 390, L64, table 1, full sample
double duffy_concentration(double m200c_1e10msunh, double redshift);
/// R500c / R200c of an NFW halo of concentration c200c.
double r500_over_r200(double concentration);

}  // namespace setsz
