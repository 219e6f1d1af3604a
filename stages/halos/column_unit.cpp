// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/column_unit.hpp"

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
};

}  // namespace

std::optional<double> unit_in_code(Dimension dimension, std::string_view unit, double h) {
  auto text = lowercase(unit);
  std::erase_if(text, [](char c) { return c == ' ' || c == '*'; });
  double factor = 1;
  std::string_view name = text;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), factor);
  if (error == std::errc()) name.remove_prefix(end - text.data());
  if (dimension == Dimension::none)
    return name.empty() || name == "1" ? std::optional(1.0) : std::nullopt;
  if (dimension == Dimension::length && name.starts_with('c')) name.remove_prefix(1);
  auto const found = std::find_if(std::begin(known), std::end(known), [&](Unit const& one) {
    return one.dimension == dimension && one.name == name;
  });
  if (found == std::end(known)) return {};
  return factor * found->in_code * (found->h_power > 0 ? h : 1);
}

std::string_view units_of(Dimension dimension) {
  switch (dimension) {
    case Dimension::none:
      return "none";
    case Dimension::angle:
      return "deg, rad, arcmin, arcsec";
    case Dimension::length:
      return "Mpc, Mpc/h, kpc, kpc/h (comoving)";
    case Dimension::mass:
      break;
  }
  return "Msun, Msun/h, 1e10 Msun/h";
}

}  // namespace setsz
