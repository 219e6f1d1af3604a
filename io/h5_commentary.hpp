// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

namespace setsz::h5 {

/// What the unit of a dataset is once the powers of a and h are applied: without "/h", and with
/// proper lengths ("1e10 Msun km^2 s^-2 kpc^-3" of "1e10 Msun/h (km/s)^2 (ckpc/h)^-3").
struct PhysicalUnit {
  std::string text;  ///< as astropy.units.Unit parses it
  double cgs;        ///< g, cm, s, radian
};
/// Nothing for relative units ("P200", "R200").
std::optional<PhysicalUnit> physical_unit(std::string const& unit);

/// JSON about code, configuration and product, for the attribute of that name of every file that
/// is created from now on; empty: none.
extern std::string provenance;

/// Attributes that add nothing to what a product holds, and that its content hash leaves out: what
/// follows from the unit, and the provenance.
bool is_commentary(std::string const& attribute);

}  // namespace setsz::h5
