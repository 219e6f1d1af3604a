// SPDX-License-Identifier: BSD-3-Clause
// Only for clang-tidy (.clang-tidy includes it before everything else). With C++20's constexpr
// members of std::vector, clang instantiates vectors of a class that libtorch 1.13 has only
// declared, and stops there. Here these members are not constexpr.
#pragma once

#include <bits/stl_uninitialized.h>
#include <string>

// NOLINTBEGIN(bugprone-reserved-identifier): libstdc++'s own names.
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR
#define __fill_a1 __fill_a1_of_vector  // constexpr where it is declared
#include <vector>
#undef __fill_a1
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR constexpr
// NOLINTEND(bugprone-reserved-identifier)
