// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "io/h5.hpp"

// Shapes of datasets, and rows of them; what the h5_*.cpp files share.
namespace setsz::h5 {

using Shape = std::vector<hsize_t>;

/// Of a dataset (or of an attribute's space); empty for a single number.
Shape shape_of_space(hid_t space);
Shape shape_of_dataset(hid_t dataset);

/// The product of all extents but the first.
std::int64_t values_per_row(Shape const& shape);

H5<H5Sclose> make_space(Shape const& shape);

/// Selects rows of a dataset, and makes the space in memory that goes with them. It has the same
/// shape as in the file: else HDF5 maps chunks element by element.
H5<H5Sclose> select_rows(hid_t file_space, Shape const& shape, Range rows);

}  // namespace setsz::h5
