// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/field.hpp"

#include <array>
#include <cmath>
#include <numbers>
#include <string>

#include "pipeline/base/error.hpp"
#include "pipeline/base/name_list.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {
namespace {

constexpr double proton_gram = 1.67262192369e-24;  // CODATA 2018
constexpr double cmb_uk = 2.7255e6;                // Fixsen (2009), ApJ 707, 916
/// Gas mass per electron [proton masses].
constexpr double mass_per_electron = 2 / (1 + units::hydrogen_fraction);

/// Comoving. \pre mass and radius are M200c and R200c
double critical_density(BoxHalo const& halo) {
  return halo.mass / (200 * 4 * std::numbers::pi / 3 * std::pow(halo.r200, 3));
}

/// sigma_T / (m_p per electron) times a physical column: rho_phys dl_phys = a^-3 rho x a dl.
double optical_depth(double column, double a, double h) {
  double const gram_cm2 =
      1e10 * units::gram_per_msun / h / (units::cm_per_kpc / h * (units::cm_per_kpc / h));
  return units::sigma_thomson_cm2 / (mass_per_electron * proton_gram) * gram_cm2 * column / (a * a);
}

constexpr std::array<Field, 3> table = {{
    {.name = "y",
     .title = "Compton y",
     .product = "compton_y",
     .column = "COMPTON_Y",
     .unit = "",
     .density_name = "pressure",
     .density_title = "electron pressure",
     .density_unit = "1e10 Msun/h (km/s)^2 (ckpc/h)^-3",
     .density_a_power = -3,
     .density_h_power = 2,
     .is_pressure = true,
     .needs_velocity = false,
     .quantum_sr = 1e-22,  // a whole sky holds some 1e-5 sr, a small halo 1e-14 sr
     .of_halo = [](BoxHalo const& halo, double) { return halo.strength * halo.p200; },
     .integral = [](double column, double a, double h) { return units::compton_y(column, a, h); }},
    {.name = "tau",
     .title = "optical depth",
     .product = "tau",
     .column = "TAU",
     .unit = "",
     .density_name = "density",
     .density_title = "gas density",
     .density_unit = "1e10 Msun/h (ckpc/h)^-3",
     .density_a_power = -3,
     .density_h_power = 2,
     .is_pressure = false,
     .needs_velocity = false,
     .quantum_sr = 1e-20,  // a whole sky holds some 1e-2 sr
     .of_halo = [](BoxHalo const& halo, double) { return critical_density(halo); },
     .integral = optical_depth},
    {.name = "ksz",
     .title = "kinetic SZ",
     .product = "ksz",
     .column = "KSZ",
     .unit = "uK_CMB",
     .density_name = "momentum",
     .density_title = "momentum density along the line of sight, times -T_CMB/c",
     .density_unit = "1e10 Msun/h (ckpc/h)^-3 uK",
     .density_a_power = -3,
     .density_h_power = 2,
     .is_pressure = false,
     .needs_velocity = true,
     .quantum_sr = 1e-17,
     .of_halo =
         [](BoxHalo const& halo, double away_kms) {
           return -critical_density(halo) * away_kms / units::light_speed_kms * cmb_uk;
         },
     .integral = optical_depth},
}};

}  // namespace

std::span<Field const> field_table() { return table; }

double weight_on_sky(Field const& field, BoxHalo const& halo, double away_kms, double a, double h) {
  require(!field.needs_velocity || std::isfinite(away_kms), ExitCode::bad_data, "the halo in row ",
          halo.row, " of its table (id ", halo.id, ") has no velocity, which the map of ",
          field.product, " needs; remove ", field.product,
          " from [sky] fields, or take a catalogue with velocities");
  return field.integral(field.of_halo(halo, away_kms), a, h);
}

Field const& field_of_product(std::string_view product) {
  for (auto const& field : table)
    if (field.product == product) return field;
  fail(ExitCode::config, "[sky] fields: '", product, "' is not a field; choose among ",
       name_list(table, &Field::product));
}

}  // namespace setsz
