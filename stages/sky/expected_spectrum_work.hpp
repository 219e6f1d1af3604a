// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "stages/halos/halo_source.hpp"
#include "stages/sky/sky_beam_work.hpp"

namespace setsz {

/// At some multipoles.
struct ExpectedCl {
  std::vector<double> c_l;  ///< [unit of the field squared x sr]
  std::vector<double>
      beyond_box;  ///< its share of haloes whose boxes have no waves so long, 0 to 1
};

/// Collective: the spectrum that exactly the painted haloes have if their places do not depend on
/// each other (OneHaloSpectrum), whole, without what neighbours take. The same on any number of
/// ranks.
ExpectedCl one_halo_spectrum(Comm const& comm, std::span<HalosAndSkirts const> all,
                             Field const& field, std::span<std::int64_t const> multipoles);

/// Is it asked for, and C_l of the map?
bool expects_cl(SkyOptions const& options);
/// Collective: what sky.json has of it: "cl" with "expected", or nothing.
nlohmann::json expected_cl(Comm const& comm, SkyOptions const& options,
                           std::span<HalosAndSkirts const> all, Field const& field,
                           SkyBeam const& beam);

}  // namespace setsz
