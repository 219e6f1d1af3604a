// SPDX-License-Identifier: BSD-3-Clause
// Compiled with -ffp-contract=off: a fused multiply-add would change who is inside.
#include "stages/common/sphere_mask.hpp"

#include <bit>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace setsz {

namespace {

inline bool inside(FloatSphere const& sphere, float x, float y, float z) {
  float const dx = x - sphere.centre_x, dy = y - sphere.centre_y, dz = z - sphere.centre_z;
  return dx * dx + dy * dy + dz * dz < sphere.radius2;
}

/// Up to eight particles from row i on, one by one.
inline std::uint8_t mask_of(FloatPositions const& at, FloatSphere const& sphere, std::int64_t i,
                            std::int64_t n) {
  unsigned bits = 0;
  for (std::int64_t k = 0; k < n; ++k)
    bits |= static_cast<unsigned>(inside(sphere, at.x[i + k], at.y[i + k], at.z[i + k])) << k;
  return static_cast<std::uint8_t>(bits);
}

void mark_plain(FloatPositions const& at, FloatSphere const& sphere, std::span<Segment> segments,
                std::uint8_t* mask) {
  for (auto& segment : segments) {
    if (segment.mask < 0) continue;
    std::uint8_t* byte = mask + segment.mask;
    int count = 0;
    for (std::int64_t i = segment.first; i < segment.last; i += 8) {
      *byte = mask_of(at, sphere, i, i + 8 <= segment.last ? 8 : segment.last - i);
      count += std::popcount(*byte++);
    }
    segment.inside = count;
  }
}

#if defined(__x86_64__)

__attribute__((target("avx2,popcnt"))) void mark_avx2(FloatPositions const& at,
                                                      FloatSphere const& sphere,
                                                      std::span<Segment> segments,
                                                      std::uint8_t* mask) {
  __m256 const cx = _mm256_set1_ps(sphere.centre_x), cy = _mm256_set1_ps(sphere.centre_y),
               cz = _mm256_set1_ps(sphere.centre_z), r2 = _mm256_set1_ps(sphere.radius2);
  for (auto& segment : segments) {
    if (segment.mask < 0) continue;
    std::uint8_t* byte = mask + segment.mask;
    int count = 0;
    for (std::int64_t i = segment.first; i < segment.last; i += 8) {
      std::int64_t const left = segment.last - i;
      unsigned bits;
      if (i + 8 <= at.size) [[likely]] {
        __m256 const dx = _mm256_sub_ps(_mm256_loadu_ps(at.x + i), cx);
        __m256 const dy = _mm256_sub_ps(_mm256_loadu_ps(at.y + i), cy);
        __m256 const dz = _mm256_sub_ps(_mm256_loadu_ps(at.z + i), cz);
        __m256 const d2 = _mm256_add_ps(_mm256_add_ps(_mm256_mul_ps(dx, dx), _mm256_mul_ps(dy, dy)),
                                        _mm256_mul_ps(dz, dz));
        bits = static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(d2, r2, _CMP_LT_OQ)));
        bits &= 0xffU >> (left < 8 ? 8 - left : 0);
      } else {  // the last block of the cluster: no loads past the arrays
        bits = mask_of(at, sphere, i, left < 8 ? left : 8);
      }
      *byte++ = static_cast<std::uint8_t>(bits);
      count += std::popcount(bits);
    }
    segment.inside = count;
  }
}

__attribute__((target("avx512f,popcnt"))) void mark_avx512(FloatPositions const& at,
                                                           FloatSphere const& sphere,
                                                           std::span<Segment> segments,
                                                           std::uint8_t* mask) {
  __m512 const cx = _mm512_set1_ps(sphere.centre_x), cy = _mm512_set1_ps(sphere.centre_y),
               cz = _mm512_set1_ps(sphere.centre_z), r2 = _mm512_set1_ps(sphere.radius2);
  for (auto& segment : segments) {
    if (segment.mask < 0) continue;
    std::uint8_t* byte = mask + segment.mask;
    int count = 0;
    for (std::int64_t i = segment.first; i < segment.last; i += 16) {
      std::int64_t const left = segment.last - i;
      // Masked-off lanes are not read, so the end of the arrays needs no care.
      auto const lanes = static_cast<__mmask16>(0xffffU >> (left < 16 ? 16 - left : 0));
      __m512 const dx = _mm512_sub_ps(_mm512_maskz_loadu_ps(lanes, at.x + i), cx);
      __m512 const dy = _mm512_sub_ps(_mm512_maskz_loadu_ps(lanes, at.y + i), cy);
      __m512 const dz = _mm512_sub_ps(_mm512_maskz_loadu_ps(lanes, at.z + i), cz);
      __m512 const d2 = _mm512_add_ps(_mm512_add_ps(_mm512_mul_ps(dx, dx), _mm512_mul_ps(dy, dy)),
                                      _mm512_mul_ps(dz, dz));
      unsigned const bits = _mm512_mask_cmp_ps_mask(lanes, d2, r2, _CMP_LT_OQ);
      *byte++ = static_cast<std::uint8_t>(bits);
      if (left > 8) *byte++ = static_cast<std::uint8_t>(bits >> 8);
      count += std::popcount(bits);
    }
    segment.inside = count;
  }
}

#endif

std::vector<MaskKernel> available_kernels() {
  std::vector<MaskKernel> kernels{mark_plain};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt"))
    kernels.push_back(mark_avx2);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("popcnt"))
    kernels.push_back(mark_avx512);
#endif
  return kernels;
}

}  // namespace

bool FloatSphere::holds(float x, float y, float z) const { return inside(*this, x, y, z); }

std::span<MaskKernel const> mask_kernels() {
  static std::vector<MaskKernel> const kernels = available_kernels();
  return kernels;
}

MaskKernel best_mask_kernel() { return mask_kernels().back(); }

}  // namespace setsz
