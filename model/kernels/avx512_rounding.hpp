// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// For sources that are compiled for AVX-512 F: the rule of vector_kernels.hpp.

#include <immintrin.h>

namespace setsz {

namespace {

/// Two vectors to bfloat16, whose bits are the upper half of a float's: to the nearest, halves away
/// from zero. A word holds number i of the first vector below, that of the second above.
/// (The processor's own conversion puts them one behind the other, and is not faster: to get rests,
/// they have to be moved back.)
struct Avx512Rounding {
  /// Parts of numbers: each is the rounding of what those before it leave.
  /// \param to, stride  multiples of 64 bytes
  /// \pre no NaN whose bits are all set: half a bit more, and it would be zero
  template <int parts>
  static void split(__m512 a, __m512 b, float* to, long stride) {
    for (int part = 0; part < parts; ++part, to += stride) {
      __m512i const low = with_half(a), high = with_half(b);
      constexpr int or_selected = 0xF8;  // x | (y & z)
      _mm512_store_si512(
          to, _mm512_ternarylogic_epi32(_mm512_srli_epi32(low, 16), high, upper(), or_selected));
      a -= number(low);
      b -= number(high);
    }
  }

 private:
  static __m512i upper() { return _mm512_set1_epi32(-0x10000); }
  static __m512i with_half(__m512 x) {
    return _mm512_add_epi32(_mm512_castps_si512(x), _mm512_set1_epi32(0x8000));
  }
  static __m512 number(__m512i bits) {
    return _mm512_castsi512_ps(_mm512_and_si512(bits, upper()));
  }
};

}  // namespace

}  // namespace setsz
