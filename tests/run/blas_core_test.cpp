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

TEST(BlasCore, OfTheUserIsRefusedWhereTheProcessorLacksItsInstructions) {
  VectorUnits const avx512{.avx2 = true, .avx512 = true}, avx2{.avx2 = true}, old{};
  for (auto const* core : {"SkylakeX", "SKYLAKEX", "skylakex", "Cooperlake", "SapphireRapids"}) {
    EXPECT_EQ(missing_instructions(core, avx512), "") << core;
    EXPECT_EQ(missing_instructions(core, avx2), "AVX-512 (F, BW, CD, DQ, VL)") << core;
    EXPECT_EQ(missing_instructions(core, old), "AVX-512 (F, BW, CD, DQ, VL)") << core;
  }
  for (auto const* core : {"Haswell", "haswell", "Zen", "ZEN"}) {
    EXPECT_EQ(missing_instructions(core, avx512), "") << core;
    EXPECT_EQ(missing_instructions(core, avx2), "") << core;
    EXPECT_EQ(missing_instructions(core, old), "AVX2 and FMA") << core;
  }
  for (auto const* core : {"Prescott", "Nehalem", "Zen5", "", "Haswell "})
    EXPECT_EQ(missing_instructions(core, old), "") << core;
}

TEST(BlasCore, ThatSetszChoosesHasItsInstructions) {
  for (VectorUnits const units : {VectorUnits{}, {.avx2 = true}, {.avx2 = true, .avx512 = true}})
    EXPECT_EQ(missing_instructions(better_blas_core("Prescott", units), units), "");
}

TEST(BlasCore, WiderUnitsIncludeTheNarrowerOnes) {
  auto const units = vector_units();
  EXPECT_TRUE(units.avx2 || !units.avx512);
}

}  // namespace
}  // namespace setsz
