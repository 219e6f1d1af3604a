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

/// A matrix by rows, shape (rows, columns), as a packed one.
AlignedFloats packed(PanelLayout const& layout, std::span<float const> matrix,
                     std::int64_t columns);
/// The same of its transpose.
AlignedFloats packed_transpose(PanelLayout const& layout, std::span<float const> matrix,
                               std::int64_t columns);
/// Back to a matrix by rows. \param depth  rows of the packed one, which may have more
std::vector<float> unpacked(PanelLayout const& layout, std::span<float const> packed,
                            std::int64_t depth, std::int64_t rows, std::int64_t columns);

/// Rows of floats into a block; whole tiles, filled up with zeros.
void rows_to_block(PanelLayout const& layout, float const* rows, std::int64_t n_rows,
                   std::int64_t columns, float* block);
void block_to_rows(PanelLayout const& layout, float const* block, std::int64_t n_rows,
                   std::int64_t columns, float* rows);
/// Multiplies the rows of a block by those of another.
void multiply_rows(PanelLayout const& layout, float const* factor, std::int64_t n_rows,
                   std::int64_t columns, float* block);
/// Zeros the rows between the last and the end of its tile.
void clear_behind(PanelLayout const& layout, std::int64_t n_rows, std::int64_t columns,
                  float* block);

}  // namespace setsz
