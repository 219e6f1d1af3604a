// SPDX-License-Identifier: BSD-3-Clause
#include "model/kernels/avx512_rounding.hpp"
#include "model/kernels/tile_kernels.hpp"
#include "plain_tiles.hpp"
#include "tile_tables.hpp"

namespace setsz::testing {

TileForward avx512_tile_forward(Arithmetic arithmetic) {
  return tile_forward<PlainTiles, Avx512Rounding>(arithmetic);
}

TileForward avx512_plain_tile_forward(Arithmetic arithmetic) {
  return tile_forward<PlainTiles, PlainRounding>(arithmetic);
}

void avx512_split(float const* x, float* parts) {
  Avx512Rounding::split<3>(_mm512_loadu_ps(x), _mm512_loadu_ps(x + 16), parts, 16);
}

}  // namespace setsz::testing
