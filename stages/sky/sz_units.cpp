// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sz_units.hpp"

#include <cmath>

namespace setsz {
namespace {

constexpr double planck_js = 6.62607015e-34, boltzmann_jk = 1.380649e-23, light_ms = 299792458;
constexpr double hertz_per_ghz = 1e9, uk_per_k = 1e6;
constexpr double mjy_sr = 1e-20;  ///< [W m^-2 Hz^-1 sr^-1]

}  // namespace

double sz_response(SzUnit unit, double frequency_ghz) {
  double const nu = frequency_ghz * hertz_per_ghz;
  double const x = planck_js * nu / (boltzmann_jk * cmb_temperature_k);
  double const temperature_k = cmb_temperature_k * (x / std::tanh(x / 2) - 4);
  if (unit == SzUnit::uk_cmb) return uk_per_k * temperature_k;
  // x^2 e^x / (e^x - 1)^2, from dB/dT = 2 k nu^2/c^2 times it.
  double const planck = x * x / std::pow(2 * std::sinh(x / 2), 2);
  if (unit == SzUnit::uk_rj) return uk_per_k * temperature_k * planck;
  double const per_kelvin = 2 * boltzmann_jk * nu * nu / (light_ms * light_ms) * planck;
  return temperature_k * per_kelvin / mjy_sr;
}

std::string_view name_of(SzUnit unit) {
  switch (unit) {
    case SzUnit::uk_cmb:
      return "uK_CMB";
    case SzUnit::uk_rj:
      return "uK_RJ";
    case SzUnit::mjy_sr:
      break;
  }
  return "MJy/sr";
}

}  // namespace setsz
