// SPDX-License-Identifier: BSD-3-Clause
#include "model/kernels/layer_kernels.hpp"

namespace setsz {

LayerKernels const& layer_kernels(InstructionSet set) {
  // Not one table of all: already what fills a row of it is compiled for its instructions.
#if defined(SETSZ_HAS_AMX)
  if (set == InstructionSet::amx) {
    static LayerKernels const kernels = amx_kernels();
    return kernels;
  }
#endif
#if defined(__x86_64__)
  if (set == InstructionSet::avx512) {
    static LayerKernels const kernels = avx512_kernels();
    return kernels;
  }
  if (set == InstructionSet::avx2) {
    static LayerKernels const kernels = avx2_kernels();
    return kernels;
  }
#endif
  static LayerKernels const kernels = portable_kernels();
  return kernels;
}

}  // namespace setsz
