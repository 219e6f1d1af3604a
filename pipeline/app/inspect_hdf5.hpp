// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/h5.hpp"

namespace setsz {

/// Prints the tree of an HDF5 file: groups, datasets with type, shape and unit, attributes; links
/// that lead nowhere are named.
/// \param values  also the range of every dataset of numbers, and how many are no numbers
void show_hdf5(H5File const& file, bool values);

}  // namespace setsz
