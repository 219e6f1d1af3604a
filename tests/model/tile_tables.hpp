// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/kernels/layer_kernels.hpp"

namespace setsz::testing {

/// The kernels for AMX with tiles in memory: they are tested where the instructions are missing.
TileForward plain_tile_forward(Arithmetic arithmetic);
/// The same compiled for AVX-512, as those of AMX, with fused multiplications; with the same
/// rounding, or number by number.
TileForward avx512_tile_forward(Arithmetic arithmetic);
TileForward avx512_plain_tile_forward(Arithmetic arithmetic);

/// Splits 32 numbers into three parts.
/// \param parts  (3, 32) numbers of 16 bits, at a border of 64 bytes
void plain_split(float const* x, float* parts);
void avx512_split(float const* x, float* parts);

}  // namespace setsz::testing
