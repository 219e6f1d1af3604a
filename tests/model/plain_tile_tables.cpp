// SPDX-License-Identifier: BSD-3-Clause
#include "model/kernels/tile_kernels.hpp"
#include "plain_tiles.hpp"
#include "tile_tables.hpp"

namespace setsz::testing {

TileForward plain_tile_forward() { return TileKernels<PlainTiles, PlainSplit>::table(); }

void plain_split(float const* x, float* hi, float* lo) { PlainSplit::split(x, x + 16, hi, lo); }

}  // namespace setsz::testing
