// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Included by sources that are compiled for their instructions: the rule of vector_kernels.hpp.

#include <cstdint>

#include "model/kernels/layer_kernels.hpp"

namespace setsz {

namespace {

/// The forward pass of prediction by products of tiles: 16 rows x 32 columns of bfloat16 times 32 x
/// 16, added to 16 x 16 floats.
///
/// A number is the sum of `parts` bfloat16 of 8 bits, each the rounding of what those before it
/// leave, and a product is the sum of the products a_i b_j with i + j < parts: with two parts to
/// some 1e-6. Rows are centred before they are split: the folded weights have rows of zero mean, so
/// that this changes nothing but the rounding.
///
/// \tparam Tiles  eight registers: load, multiply (c += a b), store; from construction to the end
/// \tparam Rounding  `split<parts>(a, b, to, stride)`: 32 floats, two vectors, to their parts
template <class Tiles, class Rounding, int parts>
class TileKernels {
 public:
  static TileForward table() { return {packed_size, scratch_size, pack, forward}; }

 private:
  using Index = std::int64_t;
  typedef float Vector __attribute__((vector_size(64)));
  typedef float InMemory __attribute__((vector_size(64), aligned(4), may_alias));
  static constexpr Index lanes = 16, panel = 3 * lanes;  // of the blocks, as with AVX-512
  static constexpr Index tile = 256;                     // words of 32 bits
  static constexpr Index step = 32;                      // rows, columns and depth at a time
  static constexpr Index step_tiles = 2 * parts * tile;  // words of a step

  static Vector load(float const* from) { return *reinterpret_cast<InMemory const*>(from); }
  static void store(float* to, Vector vector) { *reinterpret_cast<InMemory*>(to) = vector; }
  static Index steps(Index n) { return (n + step - 1) / step; }
  static Index smaller(Index a, Index b) { return a < b ? a : b; }

  static Index packed_size(Index depth, Index columns) {
    return step_tiles * steps(depth) * steps(columns);
  }
  static Index scratch_size(Index depth) { return step_tiles * steps(depth); }

  /// 32 numbers to the place of a row of a tile, and of the same tile of the other parts.
  static void split(Vector a, Vector b, float* to) {
    Rounding::template split<parts>(a, b, to, 2 * tile);
  }

  /// For each 32 columns and each 32 of depth: part by part, the left 16, then the right. A word
  /// holds two numbers that follow each other in depth: columns of words, which are rows first.
  static void pack(float const* weights, Index depth, Index columns, float* packed) {
    alignas(64) float across[step_tiles];
    for (Index column = 0; column < columns; column += step)
      for (Index k = 0; k < depth; k += step, packed += step_tiles) {
        for (Index j = 0; j < step; ++j) {
          float row[step] = {};
          for (Index i = 0; column + j < columns && i < smaller(step, depth - k); ++i)
            row[i] = weights[(column + j) * depth + k + i];
          split(load(row), load(row + lanes), across + j * lanes);
        }
        for (Index t = 0; t < step_tiles; t += tile)
          for (Index i = 0; i < lanes; ++i)
            for (Index j = 0; j < lanes; ++j)  // bits, whatever number they would be
              __builtin_memcpy(packed + t + i * lanes + j, across + t + j * lanes + i,
                               sizeof(float));
      }
  }

  /// For each 32 of depth: part by part, the upper 16 rows, then the lower. Rows behind the last
  /// keep what they had: they touch no other row.
  static void split_rows(BlockProduct const& p, float const* mean, Index row, float* scratch) {
    Index const n = smaller(step, p.rows - row);
    for (Index k = 0; k < p.depth; k += step, scratch += step_tiles) {
      float const* const left = at(p.block, row, k);
      bool const has_right = k + lanes < p.depth;
      float const* const right = at(p.block, row, k + lanes);
      for (Index i = 0; i < n; ++i) {
        Vector const centre = mean[row + i] - Vector{};
        Vector const a = load(left + i * panel) - centre;
        Vector const b = has_right ? load(right + i * panel) - centre : Vector{};
        split(a, b, scratch + i * lanes);
      }
    }
  }

  template <class Number>
  static Number* at(Number* block, Index row, Index column) {
    return block + column / panel * panel * block_rows + row * panel + column % panel;
  }

  /// Registers 0 to 3: the sums of two by two tiles; 4, 5: rows; 6, 7: weights.
  static void accumulate(Tiles& tiles, float const* rows, float const* weights, Index depth) {
    tiles.template clear<0>();
    tiles.template clear<1>();
    tiles.template clear<2>();
    tiles.template clear<3>();
    for (Index k = 0; k < depth; k += step, rows += step_tiles, weights += step_tiles) {
      for (int a = 0; a < parts; ++a) {
        load_rows(tiles, rows + a * 2 * tile);
        for (int b = parts - 1 - a; b >= 0; --b) {
          load_weights(tiles, weights + b * 2 * tile);
          multiply(tiles);
        }
      }
    }
  }
  static void load_rows(Tiles& tiles, float const* rows) {
    tiles.template load<4>(rows);
    tiles.template load<5>(rows + tile);
  }
  static void load_weights(Tiles& tiles, float const* weights) {
    tiles.template load<6>(weights);
    tiles.template load<7>(weights + tile);
  }
  static void multiply(Tiles& tiles) {
    tiles.template multiply<0, 4, 6>();
    tiles.template multiply<1, 4, 7>();
    tiles.template multiply<2, 5, 6>();
    tiles.template multiply<3, 5, 7>();
  }

  /// The activation of 16 columns. \param sums  two tiles: 32 rows
  static void finish(ForwardLayer const& layer, float const* upper, float const* lower, Index row,
                     Index column) {
    if (column >= layer.product.columns) return;
    Vector const bias = load(layer.bias + column), slope = layer.slope - Vector{};
    float* const out = at(layer.output, row, column);
    Index const n = smaller(step, layer.product.rows - row);
    for (Index i = 0; i < n; ++i) {
      float const* const sums = (i < lanes ? upper : lower - tile) + i * lanes;
      Vector const y = layer.scale[row + i] * load(sums) + bias;
      Vector const below = slope * y;
      store(out + i * panel, y > below ? y : below);
    }
  }

  static void forward(ForwardLayer const& layer, float const* mean, float* scratch) {
    auto const& p = layer.product;
    Tiles tiles;
    for (Index row = 0; row < p.rows; row += step) {
      split_rows(p, mean, row, scratch);
      float const* weights = p.packed;
      for (Index column = 0; column < p.columns; column += step) {
        accumulate(tiles, scratch, weights, p.depth);
        weights += step_tiles * steps(p.depth);
        alignas(64) float sums[4 * tile];
        tiles.template store<0>(sums);
        tiles.template store<1>(sums + tile);
        tiles.template store<2>(sums + 2 * tile);
        tiles.template store<3>(sums + 3 * tile);
        finish(layer, sums, sums + 2 * tile, row, column);
        finish(layer, sums + tile, sums + 3 * tile, row, column + lanes);
      }
    }
  }
};

template <class Tiles, class Rounding>
TileForward tile_forward(Arithmetic arithmetic) {
  return arithmetic == Arithmetic::bfloat16 ? TileKernels<Tiles, Rounding, 1>::table()
                                            : TileKernels<Tiles, Rounding, 2>::table();
}

}  // namespace

}  // namespace setsz
