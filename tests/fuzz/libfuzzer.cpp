// SPDX-License-Identifier: BSD-3-Clause
// The entry of libFuzzer; SETSZ_FUZZ_TARGET names one of targets(). Built with clang alone, see
// docs/inputs.md.
#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "tests/fuzz/targets.hpp"

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) { return MPI_Init(argc, argv); }

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static auto const* const target = [] {
    char const* const name = std::getenv("SETSZ_FUZZ_TARGET");
    auto const all = setsz::fuzz::targets();
    auto const found = std::ranges::find(all, name ? name : "", &setsz::fuzz::Target::name);
    if (found == all.end()) std::abort();
    return &*found;
  }();
  setsz::fuzz::accepts(*target, std::string(reinterpret_cast<char const*>(data), size));
  return 0;
}
