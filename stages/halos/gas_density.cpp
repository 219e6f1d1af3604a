// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/gas_density.hpp"

#include <array>
#include <cmath>
#include <numbers>

#include "pipeline/base/units.hpp"

namespace setsz {
namespace {

constexpr double proton_gram = 1.67262192369e-24;  // CODATA 2018
constexpr double cmb_uk = 2.7255e6;                // Fixsen (2009), ApJ 707, 916
/// Gas mass per electron [proton masses].
constexpr double mass_per_electron = 2 / (1 + units::hydrogen_fraction);

/// A (M200c / 1e14 Msun)^a (1 + z)^s
struct Scaling {
  double a, mass_power, redshift_power;
  double at(double mass_1e14msun, double redshift) const {
    return a * std::pow(mass_1e14msun, mass_power) * std::pow(1 + redshift, redshift_power);
  }
};
struct Battaglia2016 {
  Scaling rho_0, alpha, beta;
};
constexpr Battaglia2016 agn = {{4e3, 0.29, -0.66}, {0.88, -0.03, 0.19}, {3.83, 0.04, -0.025}};
constexpr Battaglia2016 shock = {{1.9e4, 0.09, -0.95}, {0.70, -0.017, 0.27}, {4.43, 0.005, 0.037}};

/// rho_0 y^gamma (1 + y^alpha)^(-(beta + gamma)/alpha), y = x/xc: beta is the slope far outside.
/// (In the paper's equation A1 the sign of the second gamma is a misprint.)
template <Battaglia2016 const& numbers>
GnfwShape battaglia(double m200c_1e10msunh, double h, double redshift) {
  constexpr double xc = 0.5, gamma = -0.2;
  double const mass_1e14msun = m200c_1e10msunh * 1e-4 / h;
  double const alpha = numbers.alpha.at(mass_1e14msun, redshift);
  return {.p0 = numbers.rho_0.at(mass_1e14msun, redshift),
          .xc = xc,
          .beta = (numbers.beta.at(mass_1e14msun, redshift) + gamma) / alpha,
          .gamma = gamma,
          .alpha = alpha};
}

constexpr std::array<PublishedDensity, 2> table = {{
    {"battaglia2016", "Battaglia (2016), JCAP 08, 058, equation A1, table 2: AGN feedback",
     battaglia<agn>},
    {"battaglia2016_shock", "the same: shock heating", battaglia<shock>},
}};

/// Comoving. \pre mass and radius are M200c and R200c
double critical_density(BoxHalo const& halo) {
  return halo.mass / (200 * 4 * std::numbers::pi / 3 * std::pow(halo.r200, 3));
}

/// sigma_T / (m_p per electron) times a physical column: rho_phys dl_phys = a^-3 rho x a dl.
double optical_depth(double column, double a, double h) {
  double const gram_cm2 =
      1e10 * units::gram_per_msun / h / (units::cm_per_kpc / h * (units::cm_per_kpc / h));
  return units::sigma_thomson_cm2 / (mass_per_electron * proton_gram) * gram_cm2 * column / (a * a);
}

constexpr Field tau = {.name = "tau",
                       .title = "optical depth",
                       .product = "tau",
                       .column = "TAU",
                       .unit = "",
                       .density_name = "density",
                       .density_title = "gas density",
                       .density_unit = "1e10 Msun/h (ckpc/h)^-3",
                       .density_a_power = -3,
                       .density_h_power = 2,
                       .is_pressure = false,
                       .quantum_sr = 1e-20,  // a whole sky holds some 1e-2 sr
                       .of_halo = critical_density,
                       .integral = optical_depth};

constexpr Field ksz = {.name = "ksz",
                       .title = "kinetic SZ",
                       .product = "ksz",
                       .column = "KSZ",
                       .unit = "uK_CMB",
                       .density_name = "momentum",
                       .density_title = "momentum density along the line of sight, times -T_CMB/c",
                       .density_unit = "1e10 Msun/h (ckpc/h)^-3 uK",
                       .density_a_power = -3,
                       .density_h_power = 2,
                       .is_pressure = false,
                       .quantum_sr = 1e-17,
                       .of_halo =
                           [](BoxHalo const& halo) {
                             double const away = dot(halo.velocity, unit(halo.position));
                             return -critical_density(halo) * away / units::light_speed_kms *
                                    cmb_uk;
                           },
                       .integral = optical_depth};

}  // namespace

std::span<PublishedDensity const> density_table() { return table; }

PublishedDensity const* published_density(std::string_view name) {
  for (auto const& density : table)
    if (density.name == name) return &density;
  return nullptr;
}

std::string published_density_names() {
  std::string names;
  for (auto const& density : table)
    names += (names.empty() ? "" : ", ") + std::string(density.name);
  return names;
}

Field const& optical_depth_field() { return tau; }
Field const& kinetic_sz_field() { return ksz; }

}  // namespace setsz
