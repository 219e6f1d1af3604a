// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <numbers>

/// Every constant and unit conversion of setsz, in one place.
///
/// Code units: length comoving kpc/h, mass 1e10 Msun/h, velocity physical peculiar km/s, pressure
/// COMOVING in 1e10 Msun/h (km/s)^2 (ckpc/h)^-3, that is P_code = a^3 P_physical.
namespace setsz::units {

/// [Msun/h] in a unit of mass.
inline constexpr double msunh_per_code = 1e10;
/// Newton's constant [kpc (km/s)^2 / 1e10 Msun]; h cancels for kpc/h and Msun/h. \source TNG/GADGET
inline constexpr double gravity = 4.30091e4;
/// Critical density today [(1e10 Msun/h) / (Mpc/h)^3]. \source 3 H0^2 / (8 pi G)
inline constexpr double rho_crit_0_mpc = 27.7536627;
/// The same [(1e10 Msun/h) / (kpc/h)^3].
inline constexpr double rho_crit_0 = rho_crit_0_mpc * 1e-9;
/// Thomson cross-section [cm^2]. \source CODATA 2018
inline constexpr double sigma_thomson_cm2 = 6.6524587321e-25;
/// Electron rest energy [keV]. \source CODATA 2018
inline constexpr double electron_rest_kev = 510.99895;
inline constexpr double erg_per_kev = 1.602176634e-9;
/// Hydrogen mass fraction and adiabatic index of the gas. \source IllustrisTNG data specification
inline constexpr double hydrogen_fraction = 0.76;
inline constexpr double gas_gamma = 5.0 / 3.0;
/// cm in a kpc, g in a solar mass. \source IAU 2015 resolution B2 and B3
inline constexpr double cm_per_kpc = 3.0856775814913673e21;
inline constexpr double gram_per_msun = 1.98841e33;
inline constexpr double cm_per_km = 1e5;
/// Speed of light [km/s].
inline constexpr double light_speed_kms = 299792.458;

/// (sigma_T / m_e c^2) x pressure x length, for a physical pressure of 1 code unit over a physical
/// length of 1 kpc/h: y per [1e10 Msun/h (km/s)^2 (kpc/h)^-3 x kpc/h]. About 1.1495e-8 for
/// h=0.6774.
constexpr double compton_y_per_code(double h) {
  double const pressure_cgs = 1e10 * gram_per_msun / h * cm_per_km * cm_per_km /
                              (cm_per_kpc / h * (cm_per_kpc / h) * (cm_per_kpc / h));
  return sigma_thomson_cm2 / (electron_rest_kev * erg_per_kev) * pressure_cgs * cm_per_kpc / h;
}

/// The Compton y of a comoving code pressure integrated over a comoving length [ckpc/h]:
/// P_phys dl_phys = a^-3 P_code x a dl.
constexpr double compton_y(double pressure_code_times_ckpch, double a, double h) {
  return compton_y_per_code(h) * pressure_code_times_ckpch / (a * a);
}

/// Electron pressure over thermal gas pressure for x electrons per hydrogen atom.
/// \source mean molecular weight mu = 4/(1 + 3 X_H + 4 X_H x), n_e = X_H x rho / m_p
constexpr double electron_pressure_fraction(double electron_abundance) {
  constexpr double x_h = hydrogen_fraction;
  return 4 * x_h * electron_abundance / (1 + 3 * x_h + 4 * x_h * electron_abundance);
}

/// The same for a fully ionised gas: (2 + 2 X_H)/(3 + 5 X_H) = 0.5177.
inline constexpr double electron_pressure_fraction_ionised =
    (2 + 2 * hydrogen_fraction) / (3 + 5 * hydrogen_fraction);

inline constexpr double degree = std::numbers::pi / 180;
inline constexpr double arcmin = degree / 60;

}  // namespace setsz::units
