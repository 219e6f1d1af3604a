// SPDX-License-Identifier: BSD-3-Clause
#include "stages/voxelize/gas_checks.hpp"

#include <algorithm>

#include "pipeline/base/text.hpp"

namespace setsz {

namespace {

double median(std::vector<double> values) {
  auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Simulations have 0.4 to 1 from groups to clusters. \source e.g. Weinberger et al. (2017), fig.
/// 10
constexpr double least_share = 0.3, most_share = 1.2;
/// A virialised halo has about 0.4: 0.52 (electrons) of 0.8 (thermal).
constexpr double least_pressure = 0.02, most_pressure = 8;

}  // namespace

std::string implausible_gas(GasFigures const& figures) {
  if (figures.cold_share >= 1)
    return "no gas cell of the snapshot has a pressure: StarFormationRate > 0 or ElectronAbundance "
           "= 0 in all of them, which leaves every cube empty; are these fields what they should "
           "be?";
  if (figures.baryon_share.empty()) return {};
  double const share = median(figures.baryon_share), pressure = median(figures.pressure);
  if (share < least_share || share > most_share)
    return concat(
        "the mass of the gas within R200 is ", share, " times Omega_b/Omega_m M200 (median of ",
        figures.baryon_share.size(), " clusters, expected ", least_share, " to ", most_share, "); ",
        share < least_share ? "do gas and halo catalogue belong to matched runs (the same initial "
                              "conditions and redshift)? Gas of another realisation lies elsewhere"
                            : "is the unit of Masses that of the header (h)?");
  if (pressure < least_pressure || pressure > most_pressure)
    return concat("the mean electron pressure within R200 is ", pressure, " P200 (median of ",
                  figures.pressure.size(), " clusters, expected about 0.4, at least ",
                  least_pressure, ", at most ", most_pressure,
                  "); is InternalEnergy in (km/s)^2 (not a temperature, not in (cm/s)^2), and "
                  "Density comoving?");
  return {};
}

}  // namespace setsz
