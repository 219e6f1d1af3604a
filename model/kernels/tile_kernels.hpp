// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Included by sources that are compiled for their instructions: the rule of vector_kernels.hpp.

#include <cstdint>

#include "model/kernels/layer_kernels.hpp"
#include "model/kernels/totals.hpp"

namespace setsz {

namespace {

/// The forward pass of prediction by products of tiles: 16 rows x 32 columns of bfloat16 times 32 x
/// 16, added to 16 x 16 floats.
///
/// A number is the sum of `parts` bfloat16 of 8 bits, each the rounding of what those before it
/// leave, and a product is the sum of the products a_i b_j with i + j < parts: with two parts to
/// some 1e-6. Between layers rows are kept in parts only. They are split where they are computed,
/// less a centre that each row has: the folded weights have rows of zero mean, so that this changes
/// nothing but the rounding.
///
/// \tparam Tiles  eight registers: load, multiply (c += a b), store; from construction to the end
/// \tparam Rounding  `split<parts>(a, b, to, stride)`: 32 floats, two vectors, to their parts
template <class Tiles, class Rounding, int parts>
class TileKernels {
 public:
  static TileForward table() {
    return {packed_size, rows_size, pack, prepare, forward, forward_hidden};
  }

 private:
  using Index = std::int64_t;
  typedef float Vector __attribute__((vector_size(64)));
  typedef float InMemory __attribute__((vector_size(64), aligned(4), may_alias));
  static constexpr Index lanes = 16, panel = 3 * lanes;  // of the blocks, as with AVX-512
  static constexpr Index tile = 256;                     // words of 32 bits
  static constexpr Index step = 32;                      // rows, columns and depth at a time
  static constexpr Index step_tiles = 2 * tile * parts;  // words of a step
  static constexpr Index few = 8;                        // rows that go on their way at a time
  static constexpr Index together = 4;                   // of them, whose numbers fit in registers

  typedef std::int32_t Indices __attribute__((vector_size(64)));
  static constexpr Indices lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

  static Vector load(float const* from) { return *reinterpret_cast<InMemory const*>(from); }
  static void store(float* to, Vector vector) { *reinterpret_cast<InMemory*>(to) = vector; }
  static Index steps(Index n) { return (n + step - 1) / step; }
  static Index smaller(Index a, Index b) { return a < b ? a : b; }

  static Index packed_size(Index depth, Index columns) {
    return step_tiles * steps(depth) * steps(columns);
  }
  static Index rows_size(Index columns) {
    return step_tiles * steps(columns) * (block_rows / step);
  }

  /// 32 numbers to the place of a row of a tile, and of the same tile of the other parts.
  static void split(Vector a, Vector b, float* to) {
    Rounding::template split<parts>(a, b, to, 2 * tile);
  }
  /// For numbers from outside: rounding keeps this NaN, but not every one.
  static Vector clean(Vector x) { return x == x ? x : Vector{} + __builtin_nanf(""); }

  /// For each 32 columns and each 32 of depth: part by part, the left 16, then the right. A word
  /// holds two numbers of the same row of weights, in the order of `split`: columns of words, which
  /// are rows first.
  static void pack(float const* weights, Index depth, Index columns, float* packed) {
    alignas(64) float across[step_tiles];
    for (Index column = 0; column < columns; column += step)
      for (Index k = 0; k < depth; k += step, packed += step_tiles) {
        for (Index j = 0; j < step; ++j) {
          float row[step] = {};
          for (Index i = 0; column + j < columns && i < smaller(step, depth - k); ++i)
            row[i] = weights[(column + j) * depth + k + i];
          split(clean(load(row)), clean(load(row + lanes)), across + j * lanes);
        }
        for (Index t = 0; t < step_tiles; t += tile)
          for (Index i = 0; i < lanes; ++i)
            for (Index j = 0; j < lanes; ++j)  // bits, whatever number they would be
              __builtin_memcpy(packed + t + i * lanes + j, across + t + j * lanes + i,
                               sizeof(float));
      }
  }

  /// Split rows. For each 32 rows and each 32 columns: part by part, the upper 16 rows, then the
  /// lower. Rows behind the last may hold anything: they touch no other row.
  static float* at(float* split, Index columns, Index row, Index column) {
    return split + (row / step * steps(columns) + column / step) * step_tiles + row % step * lanes;
  }

  static void prepare(float const* rows, Index n_rows, Index columns, float* prepared) {
    float const* const end = rows + n_rows * columns;
    for (Index row = 0; row < n_rows; ++row, rows += columns)
      for (Index column = 0; column < columns; column += step)
        split(numbers(rows + column, columns - column, end),
              numbers(rows + column + lanes, columns - column - lanes, end),
              at(prepared, columns, row, column));
  }
  /// 16 numbers from outside, from the n-th on zeros. \param end  of memory that may be read
  static Vector numbers(float const* from, Index n, float const* end) {
    if (n <= 0) return Vector{};
    if (n >= lanes) return clean(load(from));
    if (end - from >= lanes)
      return lane < static_cast<std::int32_t>(n) ? clean(load(from)) : Vector{};
    float x[lanes] = {};
    for (Index j = 0; j < n; ++j) x[j] = from[j];
    return clean(load(x));
  }

  /// Calls `between()` after the products of each step of the depth.
  /// Registers 0 to 3: the sums of two by two tiles; 4, 5: rows; 6, 7: weights.
  template <class Between>
  static void accumulate(Tiles& tiles, float const* rows, float const* weights, Index depth,
                         Between const& between) {
    tiles.template clear<0>();
    tiles.template clear<1>();
    tiles.template clear<2>();
    tiles.template clear<3>();
    for (Index k = 0; k < depth; k += step, rows += step_tiles, weights += step_tiles) {
      for (int a = 0; a < parts; ++a) {
        tiles.template load<4>(rows + 2 * tile * a);
        tiles.template load<5>(rows + 2 * tile * a + tile);
        for (int b = parts - 1 - a; b >= 0; --b) {
          tiles.template load<6>(weights + 2 * tile * b);
          tiles.template load<7>(weights + 2 * tile * b + tile);
          tiles.template multiply<0, 4, 6>();
          tiles.template multiply<1, 4, 7>();
          tiles.template multiply<2, 5, 6>();
          tiles.template multiply<3, 5, 7>();
        }
      }
      between();
    }
  }

  /// The activations of 32 columns: leaky(scale_i x sum_ij + bias_j).
  struct Activation {
    Vector left_bias, right_bias, slope;

    Activation(ForwardLayer const& layer, Index column)
        : left_bias(clean(load(layer.bias + column))),
          right_bias(column + lanes < layer.product.columns
                         ? clean(load(layer.bias + column + lanes))
                         : Vector{}),
          slope(layer.slope - Vector{}) {}
    Vector left(float const* sums, float scale) const {
      return leaky(scale * load(sums) + left_bias);
    }
    Vector right(float const* sums, float scale) const {
      return leaky(scale * load(sums + lanes) + right_bias);
    }
    Vector leaky(Vector y) const {
      Vector const below = slope * y;
      return y > below ? y : below;
    }
  };

  /// The way of the last layer's rows into a block.
  struct ToBlock {
    ForwardLayer const& layer;

    void operator()(float const* sums, Index row, Index column) const {
      Activation const z(layer, column);
      float* const left = in_block(row, column);
      for (Index i = 0; i < few; ++i)
        store(left + i * panel, z.left(sums + i * step, layer.scale[row + i]));
      if (column + lanes >= layer.product.columns) return;
      float* const right = in_block(row, column + lanes);
      for (Index i = 0; i < few; ++i)
        store(right + i * panel, z.right(sums + i * step, layer.scale[row + i]));
    }
    float* in_block(Index row, Index column) const {
      return layer.output + column / panel * panel * block_rows + row * panel + column % panel;
    }
  };

  /// The way of a hidden layer's rows to the products of the next, and their deviations. The centre
  /// of a row is the mean of its first 16 numbers, m of n: it differs from the mean of all by at
  /// most sqrt((n - m)/m) deviations, so that neither parts nor deviations lose bits.
  struct ToNextLayer {
    ForwardLayer const& layer;
    float* rstd;
    Vector sum[step], squares[step];  ///< of what is left of rows
    float centre[step];

    Vector first_mask, left_mask, right_mask;  ///< of the first 16 columns and of the last 32

    ToNextLayer(ForwardLayer const& of, float* deviations)
        : layer(of),
          rstd(deviations),
          first_mask(mask(0)),
          left_mask(mask((of.product.columns - 1) / step * step)),
          right_mask(mask((of.product.columns - 1) / step * step + lanes)) {}

    void operator()(float const* sums, Index row, Index column) {
      Activation const z(layer, column);
      if (column == 0) start(z, sums, row);
      if (column + step <= layer.product.columns)
        add(z, sums, row, column, [](Vector x, Vector) { return x; });
      else
        add(z, sums, row, column, [](Vector x, Vector of_columns) { return of_columns * x; });
      if (column + step >= layer.product.columns) finish(row);
    }
    /// 1 for columns of the layer, 0 behind them.
    Vector mask(Index column) const {
      auto const n = static_cast<std::int32_t>(layer.product.columns - column);
      return lane < n ? Vector{} + 1 : Vector{};
    }
    void start(Activation const& z, float const* sums, Index row) {
      Vector first[few];
      for (Index i = 0; i < few; ++i) {
        first[i] = first_mask * z.left(sums + i * step, layer.scale[row + i]);
        sum[row % step + i] = squares[row % step + i] = Vector{};
      }
      float* const to = centre + row % step;
      totals<few>(first, to);
      float const weight = 1 / static_cast<float>(smaller(lanes, layer.product.columns));
      for (Index i = 0; i < few; ++i) to[i] *= weight;
    }
    template <class Masked>
    void add(Activation const& z, float const* sums, Index row, Index column,
             Masked const& masked) {
      float* const out = at(layer.output, layer.product.columns, row, column);
      Vector *const sum_of = sum + row % step, *const squares_of = squares + row % step;
      float const *const centre_of = centre + row % step, *const scale_of = layer.scale + row;
      for (Index first = 0; first < few; first += together) {
        Vector a[together], b[together];
#pragma GCC unroll 4
        for (Index i = 0; i < together; ++i) {
          a[i] = z.left(sums + (first + i) * step, scale_of[first + i]);
          b[i] = z.right(sums + (first + i) * step, scale_of[first + i]);
        }
#pragma GCC unroll 4
        for (Index i = 0; i < together; ++i) {
          a[i] = masked(a[i] - centre_of[first + i], left_mask);
          b[i] = masked(b[i] - centre_of[first + i], right_mask);
        }
#pragma GCC unroll 4
        for (Index i = 0; i < together; ++i) {
          sum_of[first + i] += a[i] + b[i];
          squares_of[first + i] += a[i] * a[i] + b[i] * b[i];
        }
#pragma GCC unroll 4
        for (Index i = 0; i < together; ++i) split(a[i], b[i], out + (first + i) * lanes);
      }
    }
    void finish(Index row) const {
      auto const n = static_cast<float>(layer.product.columns);
      float mean[few], square[few];
      totals<few>(sum + row % step, mean);
      totals<few>(squares + row % step, square);
      for (Index i = 0; i < few; ++i) {
        mean[i] /= n;
        float const variance = square[i] / n - mean[i] * mean[i];  // below zero by rounding
        rstd[row + i] = 1 / __builtin_sqrtf((variance < 0 ? 0 : variance) + norm_epsilon);
      }
    }
  };

  /// 32 x 32 sums that `way` takes on, a few rows at a time.
  struct Sums {
    alignas(64) float at[step * step];
    Index row = 0, column = 0, n_rows = 0, done = 0;

    template <class Way>
    bool advance(Way& way) {
      if (done >= n_rows) return false;
      way(at + done * step, row + done, column);
      done += few;
      return true;
    }
  };

  /// While tiles are multiplied, which leaves the other units of a processor idle, the sums of the
  /// step before go on their way.
  template <class Way>
  static void forward_by(ForwardLayer const& layer, Way&& way) {
    auto const& p = layer.product;
    Tiles tiles;
    Sums of[2];
    Sums *now = of, *before = of + 1;
    for (Index row = 0; row < p.rows; row += step) {
      float const* const rows = p.block + row * step_tiles / step * steps(p.depth);
      float const* weights = p.packed;
      for (Index column = 0; column < p.columns; column += step) {
        accumulate(tiles, rows, weights, p.depth, [&] { before->advance(way); });
        while (before->advance(way)) {
        }
        weights += step_tiles * steps(p.depth);
        tiles.template store<0>(now->at, step);
        tiles.template store<1>(now->at + lanes, step);
        tiles.template store<2>(now->at + lanes * step, step);
        tiles.template store<3>(now->at + lanes * step + lanes, step);
        now->row = row, now->column = column, now->done = 0;
        now->n_rows = smaller(step, p.rows - row);
        Sums* const next = before;
        before = now, now = next;
      }
    }
    while (before->advance(way)) {
    }
  }

  static void forward(ForwardLayer const& layer) { forward_by(layer, ToBlock{layer}); }
  static void forward_hidden(ForwardLayer const& layer, float* rstd) {
    forward_by(layer, ToNextLayer(layer, rstd));
  }
};

template <class Tiles, class Rounding>
TileForward tile_forward(Arithmetic arithmetic) {
  return arithmetic == Arithmetic::bfloat16 ? TileKernels<Tiles, Rounding, 1>::table()
                                            : TileKernels<Tiles, Rounding, 2>::table();
}

}  // namespace

}  // namespace setsz
