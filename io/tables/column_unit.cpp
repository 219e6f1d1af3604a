// SPDX-License-Identifier: BSD-3-Clause
#include "io/tables/column_unit.hpp"

#include <algorithm>
#include <charconv>

#include "pipeline/base/text.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {
namespace {

struct Unit {
  std::string_view name;  ///< lower case, without blanks
  Dimension dimension;
  double in_code;
  int h_power;  ///< of what must be multiplied: 1 where the unit lacks /h
};

constexpr Unit known[] = {
    {"deg", Dimension::angle, units::degree, 0},
    {"degree", Dimension::angle, units::degree, 0},
    {"degrees", Dimension::angle, units::degree, 0},
    {"arcmin", Dimension::angle, units::arcmin, 0},
    {"arcsec", Dimension::angle, units::arcmin / 60, 0},
    {"rad", Dimension::angle, 1, 0},
    {"radian", Dimension::angle, 1, 0},
    {"radians", Dimension::angle, 1, 0},
    {"mpc", Dimension::length, 1000, 1},
    {"mpc/h", Dimension::length, 1000, 0},
    {"kpc", Dimension::length, 1, 1},
    {"kpc/h", Dimension::length, 1, 0},
    {"msun", Dimension::mass, 1e-10, 1},
    {"msun/h", Dimension::mass, 1e-10, 0},
    {"m_sun", Dimension::mass, 1e-10, 1},
    {"m_sun/h", Dimension::mass, 1e-10, 0},
    {"solmass", Dimension::mass, 1e-10, 1},
    {"solmass/h", Dimension::mass, 1e-10, 0},
    {"km/s", Dimension::velocity, 1, 0},
    {"kms-1", Dimension::velocity, 1, 0},
    {"kms^-1", Dimension::velocity, 1, 0},
    {"m/s", Dimension::velocity, 1e-3, 0},
};

std::optional<double> unit_named(Dimension dimension, std::string_view name, double h) {
  if (dimension == Dimension::length && name.starts_with('c')) name.remove_prefix(1);
  auto const found = std::find_if(std::begin(known), std::end(known), [&](Unit const& one) {
    return one.dimension == dimension && one.name == name;
  });
  if (found == std::end(known)) return {};
  return found->in_code * (found->h_power > 0 ? h : 1);
}

/// "msun/hmpc/hkm/s": every way to cut it into a mass, a length and a velocity is tried.
std::optional<double> product_named(std::string_view name, double h) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    auto const mass = unit_named(Dimension::mass, name.substr(0, i), h);
    for (std::size_t k = i; mass && k < name.size(); ++k) {
      auto const length = unit_named(Dimension::length, name.substr(i, k - i), h);
      auto const velocity = unit_named(Dimension::velocity, name.substr(k), h);
      if (length && velocity) return *mass * *length * *velocity;
    }
  }
  return {};
}

}  // namespace

std::optional<double> unit_in_code(Dimension dimension, std::string_view unit, double h) {
  auto text = lowercase(unit);
  std::erase_if(text, [](char c) { return c == ' ' || c == '*' || c == '(' || c == ')'; });
  double factor = 1;
  std::string_view name = text;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), factor);
  if (error == std::errc()) name.remove_prefix(end - text.data());
  if (dimension == Dimension::none)
    return name.empty() || name == "1" ? std::optional(1.0) : std::nullopt;
  auto const found = dimension == Dimension::angular_momentum ? product_named(name, h)
                                                              : unit_named(dimension, name, h);
  return found ? std::optional(factor * *found) : std::nullopt;
}

std::string_view units_of(Dimension dimension) {
  switch (dimension) {
    case Dimension::none:
      return "none";
    case Dimension::angle:
      return "deg, rad, arcmin, arcsec";
    case Dimension::length:
      return "Mpc, Mpc/h, kpc, kpc/h (comoving)";
    case Dimension::velocity:
      return "km/s, m/s";
    case Dimension::angular_momentum:
      return "Msun/h Mpc/h km/s";
    case Dimension::mass:
      break;
  }
  return "Msun, Msun/h, 1e10 Msun/h";
}

}  // namespace setsz
