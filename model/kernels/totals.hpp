// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Included by sources that are compiled for their instructions: the rule of vector_kernels.hpp.

#include <cstdint>
#include <utility>

namespace setsz {

namespace {

/// Adds the halves of segments of 2 x `half` numbers: those of `a`, then those of `b`.
template <int half, class Vector, int... i>
Vector add_halves(Vector a, Vector b, std::integer_sequence<int, i...>) {
  return __builtin_shufflevector(a, b, (i / half * 2 * half + i % half)...) +
         __builtin_shufflevector(a, b, (i / half * 2 * half + i % half + half)...);
}

/// The sum of the numbers of each of n vectors, at most as many as a vector has numbers. They are
/// added up side by side, which takes a third of the instructions of one after the other.
template <int n, int half, class Vector>
Vector folded(Vector const* vectors) {
  constexpr int pairs = (n + 1) / 2;
  Vector sums[pairs];
#pragma GCC unroll 8
  for (std::int64_t i = 0; i < pairs; ++i)
    sums[i] = add_halves<half>(vectors[2 * i], vectors[n > 1 ? 2 * i + 1 : 0],
                               std::make_integer_sequence<int, sizeof(Vector) / sizeof(float)>{});
  if constexpr (half == 1)
    return sums[0];
  else
    return folded<pairs, half / 2>(sums);
}
template <int n, class Vector>
void totals(Vector const* vectors, float* sums) {
  constexpr int lanes = sizeof(Vector) / sizeof(float);
  static_assert(n <= lanes && (n & (n - 1)) == 0);
  Vector const all = folded<n, lanes / 2>(vectors);
  for (int i = 0; i < n; ++i) sums[i] = all[i];
}

}  // namespace

}  // namespace setsz
