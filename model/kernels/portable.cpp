// SPDX-License-Identifier: BSD-3-Clause
#include "model/kernels/vector_kernels.hpp"

namespace setsz {

LayerKernels portable_kernels() { return VectorKernels<4, 4>::table(); }

}  // namespace setsz
