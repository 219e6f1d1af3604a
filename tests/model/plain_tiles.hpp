// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Included by sources that are compiled for their instructions: the rule of vector_kernels.hpp.

#include <cstdint>

namespace setsz::testing {

namespace {

/// Tile registers in memory. Products as Intel's manual of instructions documents TDPBF16PS: the
/// numbers at even and at odd depth are added up apart, from zero; numbers too small for their
/// exponent are zeros; rounding to even.
class PlainTiles {
 public:
  template <int t>
  void clear() {
    for (float& x : at_[t]) x = 0;
  }
  template <int t>
  void load(float const* from) {
    __builtin_memcpy(at_[t], from, sizeof(at_[t]));
  }
  template <int t>
  void store(float* to, long stride) {
    for (long row = 0; row < n; ++row)
      __builtin_memcpy(to + row * stride, at_[t] + row * n, n * sizeof(float));
  }
  template <int c, int a, int b>
  void multiply() {
    for (long row = 0; row < n; ++row) {
      float even[n] = {}, odd[n] = {};
      for (long k = 0; k < n; ++k) {
        auto const x = word(at_[a] + row * n + k);
        for (int column = 0; column < n; ++column) {
          auto const y = word(at_[b] + k * n + column);
          even[column] = flushed(even[column] + low(x) * low(y));
          odd[column] = flushed(odd[column] + high(x) * high(y));
        }
      }
      for (int column = 0; column < n; ++column) {
        float& sum = at_[c][row * n + column];
        sum = flushed(sum + flushed(even[column] + odd[column]));
      }
    }
  }

 private:
  static constexpr int n = 16;

  static std::uint32_t word(float const* from) {
    std::uint32_t result;
    __builtin_memcpy(&result, from, sizeof(result));
    return result;
  }
  static float number(std::uint32_t bits) {
    float result;
    __builtin_memcpy(&result, &bits, sizeof(result));
    return result;
  }
  static float flushed(float x) { return __builtin_fabsf(x) < __FLT_MIN__ ? 0 * x : x; }
  static float low(std::uint32_t pair) { return flushed(number(pair << 16)); }
  static float high(std::uint32_t pair) { return flushed(number(pair & 0xFFFF0000U)); }

  alignas(64) float at_[8][n * n] = {};
};

/// What Avx512Rounding computes, number by number.
struct PlainRounding {
  template <int parts, class Vector>
  static void split(Vector const& a, Vector const& b, float* to, long stride) {
    for (int i = 0; i < 16; ++i) {
      float low = a[i], high = b[i];
      for (int part = 0; part < parts; ++part) {
        std::uint32_t const word = take_rounded(low) >> 16 | take_rounded(high);
        __builtin_memcpy(to + part * stride + i, &word, sizeof(word));
      }
    }
  }

 private:
  /// The bits of the nearest bfloat16, halves away from zero; leaves the rest.
  static std::uint32_t take_rounded(float& x) {
    std::uint32_t bits;
    __builtin_memcpy(&bits, &x, sizeof(bits));
    bits = (bits + 0x8000U) & 0xFFFF0000U;
    float number;
    __builtin_memcpy(&number, &bits, sizeof(number));
    x -= number;
    return bits;
  }
};

}  // namespace

}  // namespace setsz::testing
