// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/tables/table_file.hpp"

namespace setsz {

/// A binary table of a FITS file: the one with columns of haloes (two such: Error(bad_data)), else
/// the first. Columns of one number a row, TUNIT is their unit; keys may stand in the primary
/// header.
TableFormat fits_table_format();

}  // namespace setsz
