// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/catalogs/format.hpp"

namespace setsz {

/// AHF's *_halos: lengths in ckpc/h, masses in Msun/h, hosts by hostHalo. The mass is that of the
/// overdensity AHF ran with (its radius is compared with the one that [catalog] mass_definition
/// implies); J comes from the direction L and the spin parameter lambda, Xoff is com_offset.
/// \source Knollmann & Knebe 2009, ApJS 182, 608; documentation of AHF 1.0
CatalogFormat ahf_format();

}  // namespace setsz
