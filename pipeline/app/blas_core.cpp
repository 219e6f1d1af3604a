// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/blas_core.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

namespace setsz {
namespace {

constexpr char const* core_variable = "OPENBLAS_CORETYPE";
/// Tells the restarted program what OpenBLAS had chosen.
constexpr char const* note_variable = "SETSZ_BLAS_CORE_WAS";

}  // namespace

VectorUnits vector_units() {
  VectorUnits units;
#ifdef __x86_64__
  __builtin_cpu_init();
  units.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  units.avx512 = units.avx2 && __builtin_cpu_supports("avx512f") &&
                 __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                 __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
  return units;
}

std::string_view better_blas_core(std::string_view core, VectorUnits const& units) {
  constexpr std::array<std::string_view, 4> fallbacks{"Prescott", "Generic", "generic", "Unknown"};
  if (std::ranges::find(fallbacks, core) == fallbacks.end()) return "";
  return units.avx512 ? "SkylakeX" : units.avx2 ? "Haswell" : "";
}

bool correct_blas_core() {
  if (std::getenv(core_variable)) return false;
  using Name = char* (*)();
  auto const name = reinterpret_cast<Name>(::dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  if (!name) return false;
  std::string const was = name();
  auto const better = better_blas_core(was, vector_units());
  if (better.empty()) return false;
  return ::setenv(core_variable, std::string(better).c_str(), 1) == 0 &&
         ::setenv(note_variable, was.c_str(), 1) == 0;
}

std::string_view corrected_blas_core() {
  char const* const was = std::getenv(note_variable);
  return was && std::getenv(core_variable) ? was : "";
}

}  // namespace setsz
