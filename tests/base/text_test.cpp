// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/text.hpp"

#include <gtest/gtest.h>

#include "pipeline/base/terminal.hpp"

namespace setsz {
namespace {

using Words = std::vector<std::string>;

TEST(Text, ConcatStreamsItsPartsWithNineDigits) {
  EXPECT_EQ(concat("a", 1, ' ', 0.1, "/", 1.0 / 3), "a1 0.1/0.333333333");
}

TEST(Text, TrimsAndSplits) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(split("a,,b,", ','), (Words{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), Words{""});
  EXPECT_EQ(words("  a \t b\n"), (Words{"a", "b"}));
  EXPECT_EQ(words("   "), Words{});
  EXPECT_EQ(join({"a", "b", "c"}, ", "), "a, b, c");
}

TEST(Text, WhatTerminalsCannotShowIsADot) {
  EXPECT_EQ(printable_text("M\xC3\xBCnchen\t\xE3\x1B[2J\n"), "M\xC3\xBCnchen ..[2J.");
  EXPECT_EQ(printable_lines("a\x07\nb\n"), "a.\nb\n");
}

TEST(Text, NearestHasTheSmallestEditDistance) {
  EXPECT_EQ(nearest("radios", {"seed", "radius", "folds"}), "radius");
  EXPECT_EQ(nearest("x", {}), "");
}

TEST(Text, HumanNumbersReadWell) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1500), "1.5 kB");
  EXPECT_EQ(human_bytes(999999), "1 MB");  // not "1e+03 kB"
  EXPECT_EQ(human_bytes(4.12e11), "412 GB");
  EXPECT_EQ(human_seconds(4.24), "4.2 s");
  EXPECT_EQ(human_seconds(200), "3 min 20 s");
  EXPECT_EQ(human_seconds(3720), "1 h 02 min");
  EXPECT_EQ(human_ranges({1, 4, 5, 6, 7, 9}), "1, 4-7, 9");
  EXPECT_EQ(human_ranges({}), "");
}

TEST(Text, HumanSecondsNeverShowSixtySeconds) {
  EXPECT_EQ(human_seconds(59.97), "1 min 00 s");
  EXPECT_EQ(human_seconds(3599.7), "1 h 00 min");
}

}  // namespace
}  // namespace setsz
