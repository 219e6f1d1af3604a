// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

namespace setsz {

/// In what a map of the thermal SZ effect is given.
enum class SzUnit { uk_cmb, uk_rj, mjy_sr };

/// The change of the CMB for Compton y = 1, non-relativistic: temperature [uK_CMB], Rayleigh-Jeans
/// temperature [uK_RJ], or intensity [MJy/sr].
///
/// With x = h nu / (k T): dT/T = y (x coth(x/2) - 4); an intensity changes by dB/dT dT, a
/// Rayleigh-Jeans temperature is c^2 / (2 k nu^2) times that.
/// \source Sunyaev & Zel'dovich (1972); Carlstrom, Holder & Reese (2002), ARA&A 40, 643, equations
///         1 to 4. Constants: SI (2019); T = 2.7255 K, Fixsen (2009), ApJ 707, 916
double sz_response(SzUnit unit, double frequency_ghz);

/// TUNIT: "uK_CMB", "uK_RJ", "MJy/sr".
std::string_view name_of(SzUnit unit);

/// Temperature of the CMB [K].
inline constexpr double cmb_temperature_k = 2.7255;

}  // namespace setsz
