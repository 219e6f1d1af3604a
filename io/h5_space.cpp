// SPDX-License-Identifier: BSD-3-Clause
#include "io/h5_space.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

namespace setsz::h5 {

Shape shape_of_space(hid_t space) {
  Shape shape(std::max(H5Sget_simple_extent_ndims(space), 0));
  if (!shape.empty()) H5Sget_simple_extent_dims(space, shape.data(), nullptr);
  return shape;
}

Shape shape_of_dataset(hid_t dataset) {
  H5<H5Sclose> const space(H5Dget_space(dataset), "read a shape");
  return shape_of_space(space.get());
}

std::int64_t values_per_row(Shape const& shape) {
  if (shape.empty()) return 1;
  return std::accumulate(shape.begin() + 1, shape.end(), std::int64_t{1}, std::multiplies<>());
}

H5<H5Sclose> make_space(Shape const& shape) {
  return {H5Screate_simple(int(shape.size()), shape.data(), nullptr), "make a dataspace"};
}

H5<H5Sclose> select_rows(hid_t file_space, Shape const& shape, Range rows) {
  Shape start(shape.size(), 0), count = shape;
  start[0] = rows.first;
  count[0] = rows.size();
  auto memory = make_space(count);
  if (rows.size() > 0) {
    H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
  } else {
    H5Sselect_none(file_space);
    H5Sselect_none(memory.get());
  }
  return memory;
}

}  // namespace setsz::h5
