// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshots/h5_stated_units.hpp"

#include <cmath>

#include "pipeline/base/units.hpp"

namespace setsz {

namespace {

struct Statement {
  char const *factor, *a_power, *h_power;
};
constexpr Statement statements[]{
    {"to_cgs", "a_scaling", "h_scaling"},
    {"Conversion factor to CGS (not including cosmological corrections)", "a-scale exponent",
     "h-scale exponent"}};

/// What a number of setsz means in physical cgs; 0: not compared.
double physical_cgs(ParticleField field, double a, double h) {
  constexpr double gram = 1e10 * units::gram_per_msun;
  switch (field) {
    case ParticleField::position:
      return units::cm_per_kpc * a / h;
    case ParticleField::velocity:
      return units::cm_per_km;
    case ParticleField::mass:
      return gram / h;
    case ParticleField::density:
      return gram / h / std::pow(units::cm_per_kpc * a / h, 3);
    case ParticleField::internal_energy:
      return units::cm_per_km * units::cm_per_km;
    default:
      return 0;
  }
}

}  // namespace

void check_stated_unit(H5File const& file, H5Field const& field, ParticleField what,
                       SnapshotHeader const& header) {
  double const a = header.a, h = header.cosmology.h;
  double const used = field.factor * physical_cgs(what, a, h);
  auto const& dataset = field.dataset;
  if (!(used > 0) || field.is_temperature || dataset.ends_with("/IntCoordinates")) return;
  for (auto const& [factor, a_power, h_power] : statements) {
    auto const number = [&](char const* name) {
      if (!file.has_attribute(dataset, name)) return std::nan("");
      auto const values = file.attribute_list<double>(dataset, name);
      return values.empty() ? std::nan("") : values[0];
    };
    double const to_cgs = number(factor), of_a = number(a_power), of_h = number(h_power);
    double const stated = to_cgs * std::pow(a, of_a) * std::pow(h, of_h);
    if (!(stated > 0)) continue;  // not there, or the 0 of AREPO
    require(std::abs(stated / used - 1) < 0.01, ExitCode::bad_data, "'", file.path(),
            "': ", dataset, " says that its unit is ", stated, " in physical cgs (", factor, " = ",
            to_cgs, ", ", a_power, " = ", of_a, ", ", h_power, " = ", of_h,
            "); by the units of the header and the format it is ", used, ", ", stated / used,
            " times less. Correct the one that is wrong, or delete these attributes");
  }
}

}  // namespace setsz
