// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/instruction_set.hpp"

#include <gtest/gtest.h>

#include "pipeline/base/error.hpp"

namespace setsz {
namespace {

using enum InstructionSet;

TEST(InstructionSet, IsTheFastestUnlessTheUserLowersIt) {
  EXPECT_EQ(choose_instruction_set(nullptr, {portable, avx2, avx512}), avx512);
  EXPECT_EQ(choose_instruction_set(nullptr, {portable, avx2, avx512, amx}), amx);
  EXPECT_EQ(choose_instruction_set("avx512", {portable, avx2, avx512, amx}), avx512);
  EXPECT_EQ(choose_instruction_set("", {portable, avx2}), avx2);
  EXPECT_EQ(choose_instruction_set("portable", {portable, avx2, avx512}), portable);
  EXPECT_EQ(choose_instruction_set("avx2", {portable, avx2, avx512}), avx2);
}

TEST(InstructionSet, ThatTheProcessorLacksIsRefused) {
  for (auto const* const wish : {"avx512", "AVX2", "sse"}) {
    try {
      choose_instruction_set(wish, {portable, avx2});
      FAIL() << wish;
    } catch (Error const& error) {
      EXPECT_EQ(error.code(), ExitCode::config);
      EXPECT_EQ(std::string(error.what()),
                concat("SETSZ_ISA = ", wish,
                       ", but this processor can run: portable, avx2; unset it (setsz then takes "
                       "the fastest), or set it to one of these"));
    }
  }
}

TEST(InstructionSet, OfThisProcessorIncludesThePortableOne) {
  EXPECT_EQ(available_instruction_sets().front(), portable);
}

}  // namespace
}  // namespace setsz
