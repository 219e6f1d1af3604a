// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/kernels/layer_kernels.hpp"

namespace setsz {

/// The forward pass by tiles without its products, whose sums are the same random numbers
/// everywhere: what is around the products can be timed where there is no AMX. It needs AVX-512 F.
TileForward empty_tile_forward(Arithmetic arithmetic);

}  // namespace setsz
