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
/// Cells of a mesh fill the box; SPH of 0.5 to 0.8 Mpc/h per particle has 0.67 to 0.71 (its kernels
/// overlap), and never more than 1.
constexpr double least_filled = 0.4, most_filled = 1.25;
/// Electrons of hot gas: 1.158 without metals, to 1.2 with them.
constexpr double least_electrons = 1.05, most_electrons = 1.3;
/// Codes have 30 to 300.
constexpr double fewest_neighbours = 3, most_neighbours = 3000;

std::string density_hint(double ratio, double h, double a) {
  struct Cause {
    double factor;
    std::string_view text;
  };
  Cause const causes[]{{1 / (h * h), "1/h^2: a density without h in place of one with h^2?"},
                       {h * h, "h^2: a unit without h?"},
                       {a * a * a, "a^3: a physical density in place of a comoving one?"},
                       {1 / (a * a * a), "1/a^3: is the density comoving?"},
                       {1e-10, "1e-10: Msun in place of 1e10 Msun?"},
                       {1e10, "1e10: 1e10 Msun in place of Msun?"},
                       {1e9, "1e9: Mpc in place of kpc?"},
                       {1e-9, "1e-9: kpc in place of Mpc?"},
                       {1e-3, "1/1000"},
                       {1e3, "1000"}};
  // SPH has 0.7 of what a mesh has.
  for (double const full : {1.0, 0.7})
    for (auto const& [factor, text] : causes)
      if (std::abs(ratio / full / factor - 1) < 0.08) return concat("; the ratio is about ", text);
  return "; which unit is it in?";
}

}  // namespace

std::string implausible_fields(GasFigures const& figures, double h, double a) {
  double const filled = figures.filled, electrons = figures.hot_electrons;
  if (!(filled > least_filled && filled < most_filled))
    return concat("mass/density of all gas cells adds up to ", filled,
                  " times the volume of the box (expected 1 of a mesh, about 0.7 of SPH, ",
                  least_filled, " to ", most_filled, "): is Density that of Masses and Coordinates",
                  density_hint(filled, h, a));
  if (!(electrons > least_electrons && electrons < most_electrons))
    return concat("gas above 10^6 K has ", electrons,
                  " electrons per hydrogen atom on average (ElectronAbundance; 1.158 where it is "
                  "fully ionised, expected ",
                  least_electrons, " to ", most_electrons,
                  "); is it per something else, or was a part of it not written?");
  if (figures.neighbours < fewest_neighbours || figures.neighbours > most_neighbours)
    return concat("the balls of SmoothingLength hold ", figures.neighbours,
                  " times the mass of their particle (geometric mean, expected 30 to 300); is it "
                  "the radius of the kernel, in the unit of Coordinates?");
  return {};
}

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
