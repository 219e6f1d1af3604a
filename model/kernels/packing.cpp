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

/// A part of a matrix by rows.
struct Part {
  float const* first;
  std::int64_t rows, columns;
  std::int64_t stride;  ///< from a row to the next
};

typedef float Four __attribute__((vector_size(16)));
typedef float FourInMemory __attribute__((vector_size(16), aligned(4), may_alias));

/// 4 x 4 numbers.
void transpose_square(float const* from, std::int64_t from_stride, float* to,
                      std::int64_t to_stride) {
  auto const row = [&](std::int64_t i) -> Four {
    return *reinterpret_cast<FourInMemory const*>(from + i * from_stride);
  };
  auto const store = [&](std::int64_t i, Four column) {
    *reinterpret_cast<FourInMemory*>(to + i * to_stride) = column;
  };
  Four const a = row(0), b = row(1), c = row(2), d = row(3);
  Four const ab01 = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  Four const ab23 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  Four const cd01 = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  Four const cd23 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  store(0, __builtin_shufflevector(ab01, cd01, 0, 1, 4, 5));
  store(1, __builtin_shufflevector(ab01, cd01, 2, 3, 6, 7));
  store(2, __builtin_shufflevector(ab23, cd23, 0, 1, 4, 5));
  store(3, __builtin_shufflevector(ab23, cd23, 2, 3, 6, 7));
}

/// Into rows of `width` numbers, zero behind those of the part.
void transpose(Part const& part, float* to, std::int64_t width) {
  auto const whole_rows = part.rows / 4 * 4, whole_columns = part.columns / 4 * 4;
  auto const number = [&](std::int64_t i, std::int64_t k) {
    return i < part.rows ? part.first[i * part.stride + k] : 0.0F;
  };
  for (std::int64_t i = 0; i < whole_rows; i += 4) {
    for (std::int64_t k = 0; k < whole_columns; k += 4)
      transpose_square(part.first + i * part.stride + k, part.stride, to + k * width + i, width);
    for (std::int64_t k = whole_columns; k < part.columns; ++k)
      for (std::int64_t j = i; j < i + 4; ++j) to[k * width + j] = number(j, k);
  }
  for (std::int64_t k = 0; whole_rows < width && k < part.columns; ++k)
    for (std::int64_t i = whole_rows; i < width; ++i) to[k * width + i] = number(i, k);
}

}  // namespace

void pack_transpose(PanelLayout const& layout, std::span<float const> matrix, std::int64_t columns,
                    AlignedFloats& packed) {
  auto const rows = std::ssize(matrix) / columns;
  packed.resize(layout.packed_size(columns, rows));
  for_each_panel(layout, rows, [&](auto first, auto n, auto width) {
    transpose({matrix.data() + first * columns, n, columns, columns},
              packed.data() + first * columns, width);
  });
}

void transpose_packed(PanelLayout const& layout, AlignedFloats const& packed, std::int64_t depth,
                      std::int64_t columns, AlignedFloats& result) {
  result.resize(layout.packed_size(columns, depth));
  for_each_panel(layout, columns, [&](auto column, auto n_columns, auto width) {
    float const* const panel = packed.data() + column * depth;
    for_each_panel(layout, depth, [&](auto row, auto n_rows, auto result_width) {
      transpose({panel + row * width, n_rows, n_columns, width},
                result.data() + row * columns + column * result_width, result_width);
    });
  });
}

std::vector<float> unpacked_transpose(PanelLayout const& layout, AlignedFloats const& packed,
                                      std::int64_t depth, std::int64_t columns) {
  std::vector<float> rows(depth * columns);
  for_each_panel(layout, columns, [&](auto column, auto n, auto width) {
    transpose({packed.data() + column * depth, depth, n, width}, rows.data() + column * depth,
              depth);
  });
  return rows;
}

void unpack_row(PanelLayout const& layout, std::span<float const> packed, std::int64_t depth,
                std::int64_t row, std::span<float> result) {
  for_each_panel(layout, std::ssize(result), [&](auto first, auto n, auto width) {
    std::copy_n(packed.begin() + first * depth + row * width, n, result.begin() + first);
  });
}

void rows_to_block(PanelLayout const& layout, float const* rows, std::int64_t stride,
                   std::int64_t n_rows, std::int64_t columns, float* block) {
  for_each_panel(layout, columns, [&](auto first, auto n, auto width) {
    for (std::int64_t row = 0; row < n_rows; ++row) {
      float* const to = block + layout.in_block(row, first);
      std::copy_n(rows + row * stride + first, n, to);
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
