// SPDX-License-Identifier: BSD-3-Clause
#include "model/kernels/vector_kernels.hpp"

namespace setsz {

LayerKernels avx2_kernels() { return VectorKernels<8, 4>::table(); }

}  // namespace setsz
