// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/instruction_set.hpp"

#include <cstdlib>

#include "pipeline/base/error.hpp"
#include "pipeline/base/name_list.hpp"

namespace setsz {

std::string_view name(InstructionSet set) {
  switch (set) {
    case InstructionSet::avx2:
      return "avx2";
    case InstructionSet::avx512:
      return "avx512";
    default:
      return "portable";
  }
}

std::vector<InstructionSet> available_instruction_sets() {
  std::vector<InstructionSet> sets{InstructionSet::portable};
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return sets;
  sets.push_back(InstructionSet::avx2);
  if (__builtin_cpu_supports("avx512f")) sets.push_back(InstructionSet::avx512);
#endif
  return sets;
}

InstructionSet choose_instruction_set(char const* wish,
                                      std::vector<InstructionSet> const& available) {
  if (!wish || !*wish) return available.back();
  for (auto const set : available)
    if (name(set) == wish) return set;
  fail(ExitCode::config, "SETSZ_ISA = ", wish,
       ", but this processor can run: ", name_list(available, name),
       "; unset it (setsz then takes the fastest), or set it to one of these");
}

InstructionSet instruction_set() {
  static InstructionSet const set =
      choose_instruction_set(std::getenv("SETSZ_ISA"), available_instruction_sets());
  return set;
}

}  // namespace setsz
