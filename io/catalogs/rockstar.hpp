// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/catalogs/format.hpp"

namespace setsz {

/// Rockstar's `out_N.list` (with or without PID; output of find_parents) and `halos_*.ascii`.
///
/// Columns are taken by name from the first line through an alias table per file kind. A header
/// whose names and rows disagree in number is an Error(bad_data) that says which names find_parents
/// leaves behind (unless the layout is the one such a find_parents writes, known by its version
/// line and counts). \source Behroozi et al. 2013, ApJ 762, 109; README of Rockstar 0.99.9-RC3
CatalogFormat rockstar_format();

/// The mass in lists of Rockstar and consistent-trees: "M200c".
char const* rockstar_mass_name(MassDefinition definition);

}  // namespace setsz
