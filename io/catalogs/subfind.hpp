// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/catalogs/format.hpp"

namespace setsz {

/// Groups of FOF and SUBFIND in HDF5: IllustrisTNG's group catalogues and GADGET-4's
/// fof_subhalo_tab. Spherical overdensity masses and GroupPos of every group; velocity, spin and
/// dispersion of its central subhalo (GroupVel/a where it has none). Groups are hosts; the id is
/// the number of the group in all files. \source
/// https://www.tng-project.org/data/docs/specifications
CatalogFormat subfind_format();

}  // namespace setsz
