// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/thinning.hpp"

#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

constexpr double rounding = 1e-4;  // of a mass that a user types

void require_coarser(double wanted_mass, double mass) {
  require(mass <= wanted_mass * (1 + rounding), ExitCode::config,
          "[extract] particle_mass = ", wanted_mass * 1e10,
          " Msun/h is below the mass of a dark matter particle in the snapshot, ", mass * 1e10,
          " Msun/h; a simulation can only be made coarser: give a larger mass, or 0 for all "
          "particles");
}

}  // namespace

Thinning::Thinning(double wanted_mass, double simulation_mass)
    : wanted_mass_(wanted_mass), simulation_mass_(simulation_mass) {
  if (!is_active()) return;
  require_coarser(wanted_mass, simulation_mass);
  if (simulation_mass >= wanted_mass * (1 - rounding)) wanted_mass_ = 0;
}

bool Thinning::draws(std::uint64_t key, double mass) const {
  require_coarser(wanted_mass_, mass);
  return mass >= wanted_mass_ || real(key) * 0x1p-64 < mass / wanted_mass_;
}

double Thinning::noise(double mass) const {
  if (!is_active()) return 0;
  // Binomial. Where masses differ, the kept fraction is not known: at most the noise of Poisson.
  return std::sqrt((1 - simulation_mass_ / wanted_mass_) * wanted_mass_ / mass);
}

}  // namespace setsz
