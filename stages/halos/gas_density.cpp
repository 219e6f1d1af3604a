// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/gas_density.hpp"

#include <array>
#include <cmath>

#include "pipeline/base/name_list.hpp"

namespace setsz {
namespace {

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
          .alpha = alpha,
          .core = published_gnfw_core};
}

constexpr std::array<PublishedDensity, 2> table = {{
    {"battaglia2016", "Battaglia (2016), JCAP 08, 058, equation A1, table 2: AGN feedback",
     battaglia<agn>},
    {"battaglia2016_shock", "the same: shock heating", battaglia<shock>},
}};

}  // namespace

std::span<PublishedDensity const> density_table() { return table; }

PublishedDensity const* published_density(std::string_view name) {
  for (auto const& density : table)
    if (density.name == name) return &density;
  return nullptr;
}

std::string published_density_names() { return name_list(table, &PublishedDensity::name); }

}  // namespace setsz
