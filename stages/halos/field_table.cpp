// SPDX-License-Identifier: BSD-3-Clause
#include <array>

#include "pipeline/base/units.hpp"
#include "stages/halos/field.hpp"

namespace setsz {
namespace {

constexpr std::array<Field, 1> table = {{
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
     .quantum_sr = 1e-22,  // a whole sky holds some 1e-5 sr, a small halo 1e-14 sr
     .of_halo = [](BoxHalo const& halo) { return halo.p200; },
     .integral = [](double column, double a, double h) { return units::compton_y(column, a, h); }},
}};

}  // namespace

std::span<Field const> field_table() { return table; }

}  // namespace setsz
