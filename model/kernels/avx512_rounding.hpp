// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// For sources that are compiled for AVX-512 F, BW and BF16: the rule of vector_kernels.hpp.

#include <immintrin.h>

namespace setsz {

namespace {

/// Two vectors to 32 bfloat16, by the processor's rounding (halves to even, no denormal numbers).
struct Avx512Rounding {
  /// \param to  at a border of 64 bytes
  static void round(__m512 a, __m512 b, float* to) { _mm512_store_si512(to, rounded(a, b)); }
  /// The same of the numbers, and of what is left of them.
  static void split(__m512 a, __m512 b, float* hi, float* lo) {
    __m512i const high = rounded(a, b);
    _mm512_store_si512(hi, high);
    round(a - widened(_mm512_castsi512_si256(high)),
          b - widened(_mm512_extracti64x4_epi64(high, 1)), lo);
  }

 private:
  static __m512i rounded(__m512 a, __m512 b) {
    return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(b, a));
  }
  static __m512 widened(__m256i bfloat16s) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bfloat16s), 16));
  }
};

}  // namespace

}  // namespace setsz
