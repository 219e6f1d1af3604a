// SPDX-License-Identifier: BSD-3-Clause
#include "model/kernels/packing.hpp"

#include <algorithm>

namespace setsz {

namespace {

/// Calls `f(first column, columns, width in memory)` for each panel of a packed matrix.
template <class Function>
void for_each_panel(PanelLayout const& layout, std::int64_t columns, Function const& f) {
  for (std::int64_t first = 0; first < columns; first += layout.panel) {
    auto const n = std::min(layout.panel, columns - first);
    f(first, n, layout.padded(n));
  }
}

}  // namespace

AlignedFloats packed(PanelLayout const& layout, std::span<float const> matrix,
                     std::int64_t columns) {
  auto const rows = std::ssize(matrix) / columns;
  AlignedFloats result(layout.packed_size(rows, columns));
  for_each_panel(layout, columns, [&](auto first, auto n, auto width) {
    for (std::int64_t row = 0; row < rows; ++row)
      std::copy_n(matrix.begin() + row * columns + first, n,
                  result.begin() + first * rows + row * width);
  });
  return result;
}

AlignedFloats packed_transpose(PanelLayout const& layout, std::span<float const> matrix,
                               std::int64_t columns) {
  auto const rows = std::ssize(matrix) / columns;
  AlignedFloats result(layout.packed_size(columns, rows));
  for_each_panel(layout, rows, [&](auto first, auto n, auto width) {
    for (std::int64_t i = 0; i < n; ++i) {
      float const* const from = matrix.data() + (first + i) * columns;
      float* const to = result.data() + first * columns + i;
      for (std::int64_t k = 0; k < columns; ++k) to[k * width] = from[k];
    }
  });
  return result;
}

std::vector<float> unpacked(PanelLayout const& layout, std::span<float const> packed,
                            std::int64_t depth, std::int64_t rows, std::int64_t columns) {
  std::vector<float> result(rows * columns);
  for_each_panel(layout, columns, [&](auto first, auto n, auto width) {
    for (std::int64_t row = 0; row < rows; ++row)
      std::copy_n(packed.begin() + first * depth + row * width, n,
                  result.begin() + row * columns + first);
  });
  return result;
}

void rows_to_block(PanelLayout const& layout, float const* rows, std::int64_t n_rows,
                   std::int64_t columns, float* block) {
  for_each_panel(layout, columns, [&](auto first, auto n, auto width) {
    for (std::int64_t row = 0; row < n_rows; ++row) {
      float* const to = block + layout.in_block(row, first);
      std::copy_n(rows + row * columns + first, n, to);
      std::fill_n(to + n, width - n, 0.0F);
    }
  });
  clear_behind(layout, n_rows, columns, block);
}

void block_to_rows(PanelLayout const& layout, float const* block, std::int64_t n_rows,
                   std::int64_t columns, float* rows) {
  for_each_panel(layout, columns, [&](auto first, auto n, auto) {
    for (std::int64_t row = 0; row < n_rows; ++row)
      std::copy_n(block + layout.in_block(row, first), n, rows + row * columns + first);
  });
}

void multiply_rows(PanelLayout const& layout, float const* factor, std::int64_t n_rows,
                   std::int64_t columns, float* block) {
  for_each_panel(layout, columns, [&](auto first, auto, auto) {
    auto const from = layout.in_block(0, first), to = layout.in_block(n_rows, first);
    for (std::int64_t i = from; i < to; ++i) block[i] *= factor[i];
  });
}

void clear_behind(PanelLayout const& layout, std::int64_t n_rows, std::int64_t columns,
                  float* block) {
  for_each_panel(layout, columns, [&](auto first, auto, auto width) {
    for (std::int64_t row = n_rows; row < layout.padded_rows(n_rows); ++row)
      std::fill_n(block + layout.in_block(row, first), width, 0.0F);
  });
}

}  // namespace setsz
