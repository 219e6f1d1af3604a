// SPDX-License-Identifier: BSD-3-Clause
#include "wide_kernels.hpp"

#include "model/kernels/vector_kernels.hpp"

namespace setsz::testing {

LayerKernels wide_kernels() { return VectorKernels<16, 8>::table(); }

}  // namespace setsz::testing
