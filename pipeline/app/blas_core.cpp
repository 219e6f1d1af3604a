// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/blas_core.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

#include "pipeline/base/error.hpp"

namespace setsz {
namespace {

constexpr char const* core_variable = "OPENBLAS_CORETYPE";
/// Tells the restarted program what OpenBLAS had chosen.
constexpr char const* note_variable = "SETSZ_BLAS_CORE_WAS";

using CoreName = char* (*)();
CoreName core_name() {
  return reinterpret_cast<CoreName>(::dlsym(RTLD_DEFAULT, "openblas_get_corename"));
}

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

std::string_view missing_instructions(std::string_view core, VectorUnits const& units) {
  constexpr std::array<std::string_view, 3> with_avx512{"skylakex", "cooperlake", "sapphirerapids"};
  constexpr std::array<std::string_view, 2> with_avx2{"haswell", "zen"};
  std::string name;
  for (char const c : core) name.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c);
  bool const needs_avx512 = std::ranges::find(with_avx512, name) != with_avx512.end();
  bool const needs_avx2 = std::ranges::find(with_avx2, name) != with_avx2.end();
  if (needs_avx512 && !units.avx512) return "AVX-512 (F, BW, CD, DQ, VL)";
  if (needs_avx2 && !units.avx2) return "AVX2 and FMA";
  return "";
}

void require_usable_blas_core() {
  char const* const core = std::getenv(core_variable);
  auto const units = vector_units();
  auto const missing = core ? missing_instructions(core, units) : "";
  require(missing.empty(), ExitCode::config, core_variable, " = ", core ? core : "",
          " chooses matrix products with ", missing,
          ", which this processor does not have: the program would die of an illegal instruction; "
          "unset ",
          core_variable, " (setsz then chooses)", units.avx2 ? ", or set it to Haswell" : "");
}

bool has_openblas() { return core_name() != nullptr; }

bool correct_blas_core() {
  if (std::getenv(core_variable)) return false;
  auto const name = core_name();
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
