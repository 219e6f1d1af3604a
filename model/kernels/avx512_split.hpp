// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// For sources that are compiled for AVX-512 F, BW and BF16: the rule of vector_kernels.hpp.

#include <immintrin.h>

namespace setsz {

namespace {

/// Numbers as sums of two bfloat16, by the processor's rounding (to even, no denormal numbers).
struct Avx512Split {
  /// \param hi, lo  32 numbers of 16 bits each; at borders of 64 bytes
  static void split(__m512 a, __m512 b, float* hi, float* lo) {
    __m512i const high = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(b, a));
    __m512 const rest_a = a - widened(_mm512_castsi512_si256(high));
    __m512 const rest_b = b - widened(_mm512_extracti64x4_epi64(high, 1));
    _mm512_store_si512(hi, high);
    _mm512_store_si512(lo, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(rest_b, rest_a)));
  }

 private:
  static __m512 widened(__m256i bfloat16s) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bfloat16s), 16));
  }
};

}  // namespace

}  // namespace setsz
