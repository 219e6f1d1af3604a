// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/kernels/layer_kernels.hpp"

namespace setsz::testing {

/// The AVX-512 instance of the kernels in portable instructions: its layout can be tested where its
/// instructions are missing.
LayerKernels wide_kernels();

}  // namespace setsz::testing
