// SPDX-License-Identifier: BSD-3-Clause
#include "stages/catalog/headers_agree.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "stages/common/ratio_hint.hpp"

namespace setsz {

namespace {

struct Source {
  std::string name;
  double value;
};

std::string unit_hint(double ratio, double h) {
  auto const is = [&](double factor) { return std::abs(ratio / factor - 1) < 1e-3; };
  if (is(1000) || is(1e-3)) return " (the ratio is 1000: kpc instead of Mpc?)";
  if (is(h) || is(1 / h)) return " (the ratio is h: lengths with and without 1/h?)";
  return "";
}

void require_same(std::string_view quantity, Source const& found, Source const& expected,
                  double tolerance, double h) {
  double const scale = std::max(std::abs(found.value), std::abs(expected.value));
  bool const same = std::abs(found.value - expected.value) <= tolerance * scale;
  require(same, ExitCode::bad_data, quantity, " is ", found.value, " in ", found.name, " and ",
          expected.value, " in ", expected.name, " (they must agree to ", tolerance,
          "; set by cosmology.tolerance)", unit_hint(found.value / expected.value, h),
          ". Do these files belong to the same run and snapshot?");
}

/// A list of another resolution, or of the hydrodynamic run: the finder notes what it was given.
void check_particle_mass(std::optional<double> listed, std::string const& where,
                         SnapshotHeader const& header) {
  constexpr double tolerance = 0.01;
  double const expected = header.mass_table[type_of(ParticleKind::dark_matter)];
  if (!listed || *listed <= 0 || expected <= 0) return;
  double const ratio = *listed / expected;
  require(std::abs(ratio - 1) <= tolerance, ExitCode::bad_data, "the particle mass is ",
          *listed * 1e10, " Msun/h in ", where, " and ", expected * 1e10,
          " Msun/h in the gravity-only snapshot, a ratio of ", ratio,
          ratio_hint(ratio, header.cosmology.h), ". Do these files belong to the same run?");
}

}  // namespace

void require_headers_agree(HaloCatalogHeader const& catalog, std::string const& catalog_name,
                           SnapshotHeader const& dark_matter,
                           std::optional<SnapshotHeader> const& gas, Cosmology const& configured,
                           double tolerance) {
  std::string const in_catalog = concat("the halo catalogue '", catalog_name, "'");
  std::string const in_snapshot = "the gravity-only snapshot";
  std::string const in_gas = "the gas snapshot";
  std::string const in_configuration = "the section [cosmology]";
  auto const& found = dark_matter.cosmology;
  auto const check = [&](std::string_view quantity, Source const& a, Source const& b) {
    require_same(quantity, a, b, tolerance, configured.h);
  };
  check("Omega_m", {in_snapshot, found.omega_m}, {in_configuration, configured.omega_m});
  check("Omega_Lambda", {in_snapshot, found.omega_l}, {in_configuration, configured.omega_l});
  check("h", {in_snapshot, found.h}, {in_configuration, configured.h});

  auto const check_catalog = [&](std::string_view quantity, std::optional<double> value,
                                 double expected) {
    if (value) check(quantity, {in_catalog, *value}, {in_snapshot, expected});
  };
  check_catalog("the box size [Mpc/h]", catalog.box_mpch, dark_matter.box_ckpch / 1000);
  check_catalog("the scale factor a", catalog.a, dark_matter.a);
  constexpr double rounding = 0.02;  // "z = 0.5" of 0.503
  if (catalog.redshift)
    require_same("1 + redshift", {in_catalog, 1 + *catalog.redshift},
                 {in_snapshot, 1 / dark_matter.a}, std::max(tolerance, rounding), configured.h);
  check_catalog("Omega_m", catalog.omega_m, found.omega_m);
  check_catalog("Omega_Lambda", catalog.omega_l, found.omega_l);
  check_catalog("h", catalog.h, found.h);
  check_particle_mass(catalog.particle_mass, in_catalog, dark_matter);

  if (!gas) return;
  check("the box size [ckpc/h]", {in_gas, gas->box_ckpch}, {in_snapshot, dark_matter.box_ckpch});
  check("the scale factor a", {in_gas, gas->a}, {in_snapshot, dark_matter.a});
  check("Omega_m", {in_gas, gas->cosmology.omega_m}, {in_snapshot, found.omega_m});
  check("h", {in_gas, gas->cosmology.h}, {in_snapshot, found.h});
  if (gas->cosmology.omega_b > 0)  // 0 means that the header does not know it
    check("Omega_b", {in_gas, gas->cosmology.omega_b}, {in_configuration, configured.omega_b});
}

}  // namespace setsz
