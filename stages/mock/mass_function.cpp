// SPDX-License-Identifier: BSD-3-Clause
#include "stages/mock/mass_function.hpp"

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {

namespace {

/// Number density above each of the masses of a fine logarithmic grid, up to the last one.
struct Cumulative {
  std::vector<double> log_mass;
  std::vector<double> above;  ///< descending
};

Cumulative cumulative(double mass_min, double mass_max, double redshift) {
  constexpr int n_steps = 2000;
  double const low = std::log(mass_min), step = (std::log(mass_max) - low) / n_steps;
  auto const value = [&](double log_mass) { return halo_abundance(std::exp(log_mass), redshift); };
  Cumulative table;
  table.log_mass.resize(n_steps + 1);
  table.above.resize(n_steps + 1, 0);
  for (int i = 0; i <= n_steps; ++i) table.log_mass[i] = low + i * step;
  for (std::size_t i = n_steps; i-- > 0;) {
    double const x = table.log_mass[i];
    table.above[i] = table.above[i + 1] +
                     boost::math::quadrature::gauss<double, 3>::integrate(value, x, x + step);
  }
  return table;
}

}  // namespace

double halo_abundance(double m200c_msunh, double redshift) {
  constexpr double phi = 7.02e-5, alpha = 0.8392, beta = 0.5436;
  double const m_star = 1.1814e14 * std::pow(1 + redshift, -2.963);
  double const x = m200c_msunh / m_star;
  return phi * std::pow(1 + redshift, 2.602) * std::pow(x, -alpha) * std::exp(-std::pow(x, beta));
}

double halo_number_density(double mass_min_msunh, double mass_max_msunh, double redshift) {
  return cumulative(mass_min_msunh, mass_max_msunh, redshift).above.front();
}

std::vector<double> sample_masses(std::int64_t n, double mass_min_msunh, double mass_max_msunh,
                                  double redshift, std::uint64_t seed) {
  auto const table = cumulative(mass_min_msunh, mass_max_msunh, redshift);
  std::vector<double> masses;
  for (std::int64_t k = 0; k < n; ++k) {
    Random random(seed, Purpose::mock_halo, static_cast<std::uint64_t>(k), 1);
    double const above = table.above.front() * (real(k) + random.uniform()) / real(n);
    // The first grid point whose number above is no larger; `above` descends with mass.
    auto const place = std::lower_bound(table.above.begin() + 1, table.above.end() - 1, above,
                                        [](double entry, double wanted) { return entry > wanted; });
    auto const i = static_cast<std::size_t>(place - table.above.begin());
    double const f = (table.above[i - 1] - above) / (table.above[i - 1] - table.above[i]);
    masses.push_back(
        std::exp(table.log_mass[i - 1] + f * (table.log_mass[i] - table.log_mass[i - 1])));
  }
  return masses;
}

}  // namespace setsz
