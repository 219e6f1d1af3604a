// SPDX-License-Identifier: BSD-3-Clause
#include "model/kernels/layer_kernels.hpp"

#include "pipeline/base/error.hpp"

namespace setsz {

std::string_view name(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::bfloat16x3:
      return "bfloat16x3";
    case Arithmetic::bfloat16:
      return "bfloat16";
    default:
      return "single";
  }
}

void require_arithmetic(Arithmetic arithmetic) {
  if (arithmetic == Arithmetic::single) return;
  auto const set = instruction_set();
  require(set == InstructionSet::amx, ExitCode::config, "[predict] arithmetic = ", name(arithmetic),
          " needs AMX, but the kernels of this process are ", name(set),
          "; set arithmetic = single, or run on a processor with AMX without SETSZ_ISA");
}

LayerKernels const& layer_kernels(InstructionSet set, [[maybe_unused]] Arithmetic arithmetic) {
  // Not one table of all: already what fills a row of it is compiled for its instructions.
#if defined(SETSZ_HAS_AMX)
  if (arithmetic == Arithmetic::bfloat16x3) {
    static LayerKernels const kernels = amx_kernels(arithmetic);
    return kernels;
  }
  if (arithmetic == Arithmetic::bfloat16) {
    static LayerKernels const kernels = amx_kernels(arithmetic);
    return kernels;
  }
#endif
#if defined(__x86_64__)
  if (set >= InstructionSet::avx512) {
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
