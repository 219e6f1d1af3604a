// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/tables/table_file.hpp"

namespace setsz {

/// Datasets of equal length at the root of an HDF5 file, or in its group /halos: one column each,
/// with the attribute `unit` or `units`. One of shape (N, 3) is three columns, NAME_x, NAME_y and
/// NAME_z; of `position` x, y and z. Of another length than most, text and such: left_out().
TableFormat h5_table_format();

}  // namespace setsz
