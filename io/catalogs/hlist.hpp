// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/catalogs/format.hpp"

namespace setsz {

/// hlist_*.list of consistent-trees: names with their column numbers, pid, Rockstar's units.
///
/// Its scripts call the main mass Mvir unless they are told otherwise; Rockstar's own name of it is
/// that of the column NAME_all, and holds.
/// \source Behroozi et al. 2013, ApJ 763, 18; README of consistent-trees
CatalogFormat hlist_format();

}  // namespace setsz
