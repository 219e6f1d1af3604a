// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/instruction_set.hpp"

#include <cstdlib>

#if defined(SETSZ_HAS_AMX)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "pipeline/base/error.hpp"
#include "pipeline/base/name_list.hpp"

namespace setsz {

namespace {

#if defined(SETSZ_HAS_AMX)
bool has_bits(unsigned value, unsigned bits) { return (value & bits) == bits; }

/// Bits as in Intel's manual, CPUID leaf 7.
bool processor_has_amx() {
  constexpr unsigned avx512_f = 1U << 16, amx_bf16_tile = 1U << 22 | 1U << 24;
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && has_bits(b, avx512_f) &&
         has_bits(d, amx_bf16_tile);
}

/// Linux saves the tile registers only of processes that ask for it (since 5.16).
bool system_grants_amx() {
  constexpr long request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM
  static bool const granted = syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
  return granted;
}
#endif

}  // namespace

std::string_view name(InstructionSet set) {
  switch (set) {
    case InstructionSet::avx2:
      return "avx2";
    case InstructionSet::avx512:
      return "avx512";
    case InstructionSet::amx:
      return "amx";
    default:
      return "portable";
  }
}

std::vector<InstructionSet> available_instruction_sets() {
  std::vector<InstructionSet> sets{InstructionSet::portable};
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return sets;
  sets.push_back(InstructionSet::avx2);
  if (!__builtin_cpu_supports("avx512f")) return sets;
  sets.push_back(InstructionSet::avx512);
#endif
#if defined(SETSZ_HAS_AMX)
  if (processor_has_amx() && system_grants_amx()) sets.push_back(InstructionSet::amx);
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
