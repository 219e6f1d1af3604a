// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/blas_core.hpp"

#include <gtest/gtest.h>

namespace setsz {
namespace {

TEST(BlasCore, IsChosenFromWhatTheProcessorCanDoWhereOpenBlasDoesNotKnowIt) {
  VectorUnits const avx512{.avx2 = true, .avx512 = true}, avx2{.avx2 = true};
  for (auto const* core : {"Prescott", "generic", "Generic", "Unknown"}) {
    EXPECT_EQ(better_blas_core(core, avx512), "SkylakeX") << core;
    EXPECT_EQ(better_blas_core(core, avx2), "Haswell") << core;
    EXPECT_EQ(better_blas_core(core, {}), "") << core;
  }
  for (auto const* core : {"Zen", "Haswell", "SkylakeX", "Cooperlake", "Sapphirerapids", "Nehalem"})
    EXPECT_EQ(better_blas_core(core, avx512), "") << core;
}

TEST(BlasCore, WiderUnitsIncludeTheNarrowerOnes) {
  auto const units = vector_units();
  EXPECT_TRUE(units.avx2 || !units.avx512);
}

}  // namespace
}  // namespace setsz
