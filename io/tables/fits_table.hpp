// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/tables/table_file.hpp"

namespace setsz {

/// The first binary table of a FITS file; columns of one number a row, TUNIT is their unit.
TableFormat fits_table_format();

}  // namespace setsz
