// SPDX-License-Identifier: BSD-3-Clause
#include "model/kernels/tile_kernels.hpp"
#include "plain_tiles.hpp"
#include "tile_tables.hpp"

namespace setsz::testing {

TileForward plain_tile_forward(Arithmetic arithmetic) {
  return tile_forward<PlainTiles, PlainRounding>(arithmetic);
}

void plain_split(float const* x, float* parts) { PlainRounding::split<3>(x, x + 16, parts, 16); }

}  // namespace setsz::testing
