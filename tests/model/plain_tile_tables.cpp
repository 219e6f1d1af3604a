// SPDX-License-Identifier: BSD-3-Clause
#include "model/kernels/tile_kernels.hpp"
#include "plain_tiles.hpp"
#include "tile_tables.hpp"

namespace setsz::testing {

TileForward plain_tile_forward(Arithmetic arithmetic) {
  return arithmetic == Arithmetic::single ? TileKernels<PlainTiles, PlainRounding, 2>::table()
                                          : TileKernels<PlainTiles, PlainRounding, 1>::table();
}

void plain_split(float const* x, float* hi, float* lo) { PlainRounding::split(x, x + 16, hi, lo); }

}  // namespace setsz::testing
