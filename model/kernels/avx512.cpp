// SPDX-License-Identifier: BSD-3-Clause
#include "model/kernels/vector_kernels.hpp"

namespace setsz {

LayerKernels avx512_kernels() { return VectorKernels<16, 8>::table(); }

}  // namespace setsz
