// SPDX-License-Identifier: BSD-3-Clause
#include "model/kernels/avx512_rounding.hpp"
#include "model/kernels/tile_kernels.hpp"
#include "plain_tiles.hpp"
#include "tile_tables.hpp"

namespace setsz::testing {

TileForward avx512_tile_forward(Arithmetic arithmetic) {
  return arithmetic == Arithmetic::single ? TileKernels<PlainTiles, Avx512Rounding, 2>::table()
                                          : TileKernels<PlainTiles, Avx512Rounding, 1>::table();
}

void avx512_split(float const* x, float* hi, float* lo) {
  Avx512Rounding::split(_mm512_loadu_ps(x), _mm512_loadu_ps(x + 16), hi, lo);
}

}  // namespace setsz::testing
