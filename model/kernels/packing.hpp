// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/kernels/layer_kernels.hpp"

namespace setsz {

/// Memory in which vectors never cross the border of a cache line.
template <class T>
struct CacheLineAllocator {
  using value_type = T;
  CacheLineAllocator() = default;
  template <class U>
  CacheLineAllocator(CacheLineAllocator<U> const&) {}
  T* allocate(std::size_t n) {
    return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{64}));
  }
  void deallocate(T* p, std::size_t) { ::operator delete (p, std::align_val_t{64}); }
  bool operator==(CacheLineAllocator const&) const { return true; }
};
using AlignedFloats = std::vector<float, CacheLineAllocator<float>>;

/// The transpose of a matrix by rows, shape (rows, columns), as a packed one; in the memory of what
/// was there.
void pack_transpose(PanelLayout const& layout, std::span<float const> matrix, std::int64_t columns,
                    AlignedFloats& packed);
/// The transpose of a packed matrix (depth, columns): packed, or by rows.
void transpose_packed(PanelLayout const& layout, AlignedFloats const& packed, std::int64_t depth,
                      std::int64_t columns, AlignedFloats& result);
std::vector<float> unpacked_transpose(PanelLayout const& layout, AlignedFloats const& packed,
                                      std::int64_t depth, std::int64_t columns);
/// One row of a packed matrix of so many rows.
void unpack_row(PanelLayout const& layout, std::span<float const> packed, std::int64_t depth,
                std::int64_t row, std::span<float> result);

/// Rows of floats into a block; whole tiles, filled up with zeros.
/// \param stride  from a row to the next
void rows_to_block(PanelLayout const& layout, float const* rows, std::int64_t stride,
                   std::int64_t n_rows, std::int64_t columns, float* block);
void block_to_rows(PanelLayout const& layout, float const* block, std::int64_t n_rows,
                   std::int64_t columns, float* rows);
/// Multiplies the rows of a block by those of another.
void multiply_rows(PanelLayout const& layout, float const* factor, std::int64_t n_rows,
                   std::int64_t columns, float* block);
/// Zeros the rows between the last and the end of its tile.
void clear_behind(PanelLayout const& layout, std::int64_t n_rows, std::int64_t columns,
                  float* block);

}  // namespace setsz
