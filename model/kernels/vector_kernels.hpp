// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Included by one source for each instruction set, which is compiled for it: all is in an unnamed
// namespace, and nothing here calls an inline function of another header. Otherwise the linker
// could keep the copy of one source for the whole program, and an older processor would meet
// instructions that it does not have.

#include <cstdint>

#include "model/kernels/layer_kernels.hpp"
#include "model/kernels/totals.hpp"

namespace setsz {

namespace {

/// The kernels for vectors of `lanes` floats. A tile is `tile_rows` rows of up to three vectors: as
/// many sums as registers hold, so that each number read is used several times.
template <int lanes, int tile_rows>
class VectorKernels {
 public:
  static LayerKernels table() {
    return {{lanes, tile_rows, panel},
            forward,
            statistics,
            multiply_block,
            backward,
            through_activation,
            add_weight_gradient,
            norm_and_drop,
            through_norm_and_drop,
            fold_norm,
            add_pool,
            spread_pool,
            {}};
  }

 private:
  using Index = std::int64_t;
  typedef float Vector __attribute__((vector_size(lanes * 4)));
  typedef float InMemory __attribute__((vector_size(lanes * 4), aligned(4), may_alias));
  static constexpr Index panel = 3 * lanes;
  static_assert(block_rows % tile_rows == 0 && panel % tile_rows == 0);

  template <int vectors>
  struct Tile {
    Vector at[tile_rows][vectors] = {};
  };

  static Vector load(float const* from) { return *reinterpret_cast<InMemory const*>(from); }
  static void store(float* to, Vector vector) { *reinterpret_cast<InMemory*>(to) = vector; }
  static Index smaller(Index a, Index b) { return a < b ? a : b; }

  /// tile_rv += sum over k < n of a(r, k) b(k, v): the loop in which all time is spent.
  template <int vectors, Index a_row, Index a_step, Index b_step>
  static void accumulate(Tile<vectors>& tile, float const* a, float const* b, Index n) {
    for (Index k = 0; k < n; ++k, a += a_step, b += b_step) {
      Vector row[vectors];
#pragma GCC unroll 3
      for (int v = 0; v < vectors; ++v) row[v] = load(b + v * lanes);
#pragma GCC unroll 8
      for (int r = 0; r < tile_rows; ++r) {
        float const x = a[r * a_row];
#pragma GCC unroll 3
        for (int v = 0; v < vectors; ++v) tile.at[r][v] += x * row[v];
      }
    }
  }

  /// Calls `f(column, number of vectors as a type)` for each panel.
  template <class Function>
  static void for_each_panel(Index columns, Function const& f) {
    for (Index column = 0; column < columns; column += panel) {
      Index const left = columns - column;
      if (left > 2 * lanes)
        f.template operator()<3>(column);
      else if (left > lanes)
        f.template operator()<2>(column);
      else
        f.template operator()<1>(column);
    }
  }

  /// Calls `finish(tile, row, column)` for each tile of the product.
  template <class Finish>
  static void multiply(BlockProduct const& p, Finish const& finish) {
    for_each_panel(p.columns, [&]<int vectors>(Index column) {
      for (Index row = 0; row < p.rows; row += tile_rows) {
        Tile<vectors> tile;
        float const* b = p.packed + column * p.depth;
        for (Index k = 0; k < p.depth; k += panel) {
          Index const n = smaller(panel, p.depth - k);
          accumulate<vectors, panel, 1, vectors * lanes>(
              tile, p.block + k * block_rows + row * panel, b, n);
          b += n * vectors * lanes;
        }
        finish(tile, row, column);
      }
    });
  }

  static void forward(ForwardLayer const& layer) {
    multiply(layer.product, [&]<int vectors>(Tile<vectors> const& tile, Index row, Index column) {
      float* const out = layer.output + column * block_rows + row * panel;
#pragma GCC unroll 8
      for (int r = 0; r < tile_rows; ++r)
#pragma GCC unroll 3
        for (int v = 0; v < vectors; ++v) {
          Vector const y =
              layer.scale[row + r] * tile.at[r][v] + load(layer.bias + column + v * lanes);
          Vector const below = layer.slope * y;
          store(out + r * panel + v * lanes, y > below ? y : below);
        }
    });
  }

  static void multiply_block(BlockProduct const& p, float* result) {
    multiply(p, [&]<int vectors>(Tile<vectors> const& tile, Index row, Index column) {
      float* const out = result + column * block_rows + row * panel;
      for (int r = 0; r < tile_rows; ++r)
        for (int v = 0; v < vectors; ++v) store(out + r * panel + v * lanes, tile.at[r][v]);
    });
  }

  /// Calls `f(place in a block of the tile that begins at `row`, column, mask)` for each column of
  /// vectors; the mask is 1 for columns of the block, 0 behind them.
  template <class Function>
  static void for_each_vector(Index row, Index columns, Function const& f) {
    float mask[lanes];
    for (int i = 0; i < lanes; ++i) mask[i] = 1;
    for (Index first = 0; first < columns; first += panel)
      for (Index column = first; column < smaller(first + panel, columns); column += lanes) {
        if (column + lanes > columns)
          for (int i = 0; i < lanes; ++i) mask[i] = column + i < columns ? 1 : 0;
        f(first * block_rows + row * panel + (column - first), column, load(mask));
      }
  }

  static void statistics(RowStatistics const& s) {
    auto const n = static_cast<float>(s.columns);
    for (Index row = 0; row < s.rows; row += tile_rows) {
      Vector sum[tile_rows] = {}, mean[tile_rows], squares[tile_rows] = {};
      for_each_vector(row, s.columns, [&](Index place, Index, Vector) {
        for (int r = 0; r < tile_rows; ++r) sum[r] += load(s.block + place + r * panel);
      });
      float of_row[tile_rows];
      totals<tile_rows>(sum, of_row);
      for (int r = 0; r < tile_rows; ++r) {
        s.mean[row + r] = of_row[r] / n;
        mean[r] = s.mean[row + r] - Vector{};
      }
      for_each_vector(row, s.columns, [&](Index place, Index, Vector mask) {
        for (int r = 0; r < tile_rows; ++r) {
          Vector const deviation = (load(s.block + place + r * panel) - mean[r]) * mask;
          squares[r] += deviation * deviation;
        }
      });
      totals<tile_rows>(squares, of_row);
      for (int r = 0; r < tile_rows; ++r)
        s.rstd[row + r] = 1 / __builtin_sqrtf(of_row[r] / n + norm_epsilon);
    }
  }

  static void norm_and_drop(NormAndDrop const& x, float* result) {
    for (Index row = 0; row < x.rows; row += tile_rows)
      for_each_vector(row, x.columns, [&](Index first, Index column, Vector) {
        Vector const gamma = load(x.gamma + column), beta = load(x.beta + column);
        for (int r = 0; r < tile_rows; ++r) {
          Index const place = first + r * panel;
          Vector const h = (load(x.block + place) - x.mean[row + r]) * x.rstd[row + r];
          store(result + place, load(x.mask + place) * (gamma * h + beta));
        }
      });
  }

  static void through_norm_and_drop(NormAndDrop const& x, NormSums const& sums, float* gradient) {
    auto const n = static_cast<float>(x.columns);
    for (Index row = 0; row < x.rows; row += tile_rows) {
      Vector mean[tile_rows] = {}, slope[tile_rows] = {};
      for_each_vector(row, x.columns, [&](Index first, Index column, Vector) {
        Vector const gamma = load(x.gamma + column);
        Vector gamma_sum = load(sums.gamma + column), beta_sum = load(sums.beta + column);
        for (int r = 0; r < tile_rows; ++r) {
          Index const place = first + r * panel;
          Vector const h = (load(x.block + place) - x.mean[row + r]) * x.rstd[row + r];
          Vector const d = load(x.mask + place) * load(gradient + place);
          gamma_sum += d * h;
          beta_sum += d;
          store(gradient + place, gamma * d);
          mean[r] += gamma * d;
          slope[r] += gamma * d * h;
        }
        store(sums.gamma + column, gamma_sum);
        store(sums.beta + column, beta_sum);
      });
      float row_mean[tile_rows], row_slope[tile_rows];
      totals<tile_rows>(mean, row_mean);
      totals<tile_rows>(slope, row_slope);
      for (int r = 0; r < tile_rows; ++r) row_mean[r] /= n, row_slope[r] /= n;
      for_each_vector(row, x.columns, [&](Index first, Index, Vector) {
        for (int r = 0; r < tile_rows; ++r) {
          Index const place = first + r * panel;
          Vector const h = (load(x.block + place) - x.mean[row + r]) * x.rstd[row + r];
          store(gradient + place,
                x.rstd[row + r] * (load(gradient + place) - row_mean[r] - row_slope[r] * h));
        }
      });
    }
  }

  /// From the gradients G of a tile; `slopes` gathers the sums by row, vector by vector.
  template <int vectors>
  static void finish_gradient(ThroughActivation const& t, Tile<vectors> const& tile, Index row,
                              Index column, Vector* slopes) {
    Index const first = column * block_rows + row * panel;
    float const inverse_slope = 1 / t.slope;
    for (int v = 0; v < vectors; ++v) {
      Index const here = column + v * lanes;
      Vector const bias = load(t.bias + here);
      Vector bias_sum = load(t.bias_sum + here);
      for (int r = 0; r < tile_rows; ++r) {
        Index const place = first + r * panel + v * lanes;
        Vector const z = load(t.output + place);
        Vector const g = tile.at[r][v] - t.pull[row + r] * (z - t.mean[row + r]);
        Vector const d = z > 0 ? g : t.slope * g;
        Vector const y = z > 0 ? z : inverse_slope * z;
        bias_sum += d;
        slopes[row + r] += d * (y - bias);
        store(t.gradient + place, t.scale[row + r] * d);
      }
      store(t.bias_sum + here, bias_sum);
    }
  }

  static void store_slopes(ThroughActivation const& t, Vector const* slopes) {
    for (Index row = 0; row < t.rows; row += tile_rows)
      totals<tile_rows>(slopes + row, t.scale_slope + row);
  }

  static void backward(BlockProduct const& p, ThroughActivation const& t) {
    Vector slopes[block_rows] = {};
    multiply(p, [&]<int vectors>(Tile<vectors> const& tile, Index row, Index column) {
      finish_gradient(t, tile, row, column, slopes);
    });
    store_slopes(t, slopes);
  }

  static void through_activation(ThroughActivation const& t) {
    Vector slopes[block_rows] = {};
    for_each_panel(t.columns, [&]<int vectors>(Index column) {
      for (Index row = 0; row < t.rows; row += tile_rows) {
        Tile<vectors> tile;
        float const* const from = t.gradient + column * block_rows + row * panel;
        for (int r = 0; r < tile_rows; ++r)
          for (int v = 0; v < vectors; ++v) tile.at[r][v] = load(from + r * panel + v * lanes);
        finish_gradient(t, tile, row, column, slopes);
      }
    });
    store_slopes(t, slopes);
  }

  static void add_weight_gradient(WeightGradient const& g) {
    Index const depth = (g.outputs + tile_rows - 1) / tile_rows * tile_rows;
    for_each_panel(g.inputs, [&]<int vectors>(Index column) {
      for (Index output = 0; output < g.outputs; output += tile_rows) {
        float* const sum = g.sum + column * depth + output * vectors * lanes;
        float const* const gradient =
            g.gradient + output / panel * panel * block_rows + output % panel;
        Tile<vectors> tile;
        for (int r = 0; r < tile_rows; ++r)
          for (int v = 0; v < vectors; ++v) tile.at[r][v] = load(sum + (r * vectors + v) * lanes);
        accumulate<vectors, 1, panel, panel>(tile, gradient, g.input + column * block_rows, g.rows);
        for (int r = 0; r < tile_rows; ++r)
          for (int v = 0; v < vectors; ++v) store(sum + (r * vectors + v) * lanes, tile.at[r][v]);
      }
    });
  }

  static Index padded(Index columns) { return (columns + lanes - 1) / lanes * lanes; }

  /// The sums in double, side by side for as many outputs as a vector has numbers.
  static void fold_norm(NormFold const& f) {
    for (Index first = 0; first < f.outputs; first += panel) {
      Index const width = smaller(panel, padded(f.outputs) - first);
      for (Index column = 0; column < width; column += lanes) {
        float* const w = f.packed + first * f.inputs + column;
        double sum[lanes] = {}, with_beta[lanes] = {};
        for (Index k = 0; k < f.inputs; ++k)
          for (int i = 0; i < lanes; ++i) {
            float const x = w[k * width + i], scaled = x * f.gamma[k];
            with_beta[i] += static_cast<double>(x) * static_cast<double>(f.beta[k]);
            sum[i] += static_cast<double>(scaled);  // as rounded: one input has the weight 0
            w[k * width + i] = scaled;
          }
        float mean[lanes];
        for (int i = 0; i < lanes; ++i) {
          f.bias[first + column + i] += static_cast<float>(with_beta[i]);
          mean[i] = static_cast<float>(sum[i] / static_cast<double>(f.inputs));
        }
        for (Index k = 0; k < f.inputs; ++k) store(w + k * width, load(w + k * width) - load(mean));
      }
    }
  }

  static void add_pool(RowPool const& pool, float const* block, double* sums) {
    for (Index first = 0; first < pool.columns; first += panel)
      for (Index d = 0; d < pool.components; ++d) {
        Index const n = smaller(panel, pool.columns - first);
        double* const to = sums + d * padded(pool.columns) + first;
        double sum[panel] = {};
        for (Index i = 0; i < n; ++i) sum[i] = to[i];
        for (Index row = pool.first; row < pool.last; ++row) {
          double const weight = pool.weights[row * pool.components + d];
          float const* const z = block + first * block_rows + row * panel;
          for (Index i = 0; i < panel; ++i) sum[i] += weight * static_cast<double>(z[i]);
        }
        for (Index i = 0; i < n; ++i) to[i] = sum[i];
      }
  }

  static void spread_pool(RowPool const& pool, float const* slopes, float* block) {
    for (Index first = 0; first < pool.columns; first += panel) {
      Index const n = smaller(panel, padded(pool.columns) - first);
      for (Index row = pool.first; row < pool.last; ++row) {
        float* const out = block + first * block_rows + row * panel;
        for (Index i = 0; i < n; ++i) out[i] = 0;
        for (Index d = 0; d < pool.components; ++d) {
          float const weight = pool.weights[row * pool.components + d];
          float const* const slope = slopes + d * padded(pool.columns) + first;
          for (Index i = 0; i < n; ++i) out[i] += weight * slope[i];
        }
      }
    }
  }
};

}  // namespace

}  // namespace setsz
