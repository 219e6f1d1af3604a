// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// For sources that are compiled for AVX-512 F, BW and BF16: the rule of vector_kernels.hpp.

#include <immintrin.h>

namespace setsz {

namespace {

/// Two vectors to 32 bfloat16, by the processor's rounding (halves to even, no denormal numbers).
struct Avx512Rounding {
  /// Parts of numbers: each is the rounding of what those before it leave.
  /// \param to, stride  multiples of 64 bytes
  template <int parts>
  static void split(__m512 a, __m512 b, float* to, long stride) {
    for (int part = 0; part < parts; ++part, to += stride) {
      __m512i const numbers = rounded(a, b);
      _mm512_store_si512(to, numbers);
      a -= widened(_mm512_castsi512_si256(numbers));
      b -= widened(_mm512_extracti64x4_epi64(numbers, 1));
    }
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
