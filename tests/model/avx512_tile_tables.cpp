// SPDX-License-Identifier: BSD-3-Clause
#include "model/kernels/avx512_split.hpp"
#include "model/kernels/tile_kernels.hpp"
#include "plain_tiles.hpp"
#include "tile_tables.hpp"

namespace setsz::testing {

TileForward split_tile_forward() { return TileKernels<PlainTiles, Avx512Split>::table(); }

void avx512_split(float const* x, float* hi, float* lo) {
  Avx512Split::split(_mm512_loadu_ps(x), _mm512_loadu_ps(x + 16), hi, lo);
}

}  // namespace setsz::testing
