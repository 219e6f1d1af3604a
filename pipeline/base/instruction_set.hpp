// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>
#include <vector>

namespace setsz {

/// Vector instructions for which kernels are compiled.
enum class InstructionSet {
  portable,  ///< what every processor of this architecture has
  avx2,      ///< with FMA
  avx512,    ///< F, with AVX2 and FMA
  amx        ///< as avx512, and tiles of bfloat16 where asked for
};

std::string_view name(InstructionSet set);
/// Those of this processor, the fastest last. Asks the system for the tile registers of AMX, which
/// all threads of the process may use from then on.
std::vector<InstructionSet> available_instruction_sets();
/// The one to use: the fastest, or the one named by the environment variable SETSZ_ISA. Throws
/// Error(config) if that is none of the above.
/// \param wish  the value of the variable; nullptr: not set
InstructionSet choose_instruction_set(char const* wish,
                                      std::vector<InstructionSet> const& available);
/// The same for this process; looked up once.
InstructionSet instruction_set();

}  // namespace setsz
