// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/ratio_hint.hpp"

#include <cmath>
#include <vector>

#include "pipeline/base/text.hpp"

namespace setsz {

std::string ratio_hint(double ratio, double h, double baryon_fraction, double tolerance) {
  struct Cause {
    double factor;
    std::string text;
  };
  double const fb = baryon_fraction;
  std::vector<Cause> causes{{1e10, "1e10: Msun/h in place of 1e10 Msun/h?"},
                            {1e-10, "1e-10: 1e10 Msun/h in place of Msun/h?"},
                            {1000, "1000: kpc in place of Mpc?"},
                            {1e-3, "1/1000: Mpc in place of kpc?"},
                            {1e9, "1000^3: kpc in place of Mpc?"},
                            {1e-9, "1/1000^3: Mpc in place of kpc?"},
                            {h, "h: a unit with h in place of one without?"},
                            {1 / h, "1/h: a unit without h in place of one with 1/h?"},
                            {h * h * h, "h^3: lengths without h in place of those with 1/h?"},
                            {1 / (h * h * h), "1/h^3: lengths without 1/h?"}};
  if (fb > 0) {
    causes.push_back({1 - fb, "1 - Omega_b/Omega_m: the dark matter of a hydrodynamic run?"});
    causes.push_back({1 / (1 - fb), "1/(1 - Omega_b/Omega_m): a gravity-only run?"});
    causes.push_back({fb, "Omega_b/Omega_m: gas in place of all matter?"});
    causes.push_back({1 / fb, "Omega_m/Omega_b: all matter in place of the gas?"});
  }
  for (int n = 1; n <= 9; ++n) {
    auto const factor = std::pow(2.0, n);
    causes.push_back(
        {1 / factor, concat("1/2^", n, ": a part of the particles, or another resolution?")});
    causes.push_back({factor, concat("2^", n, ": particles listed twice, or another resolution?")});
  }
  for (auto const& [factor, text] : causes)
    if (std::abs(ratio / factor - 1) < tolerance) return concat(" (the ratio is about ", text, ")");
  return {};
}

}  // namespace setsz
