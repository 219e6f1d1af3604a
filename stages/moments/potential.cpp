// SPDX-License-Identifier: BSD-3-Clause
#include "stages/moments/potential.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/dispatch.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

constexpr std::int64_t block_size = 256;

/// Squared distances of a block of particles to the planes of targets along one axis, (block,
/// planes).
std::vector<float> distances2(TargetRows const& targets, double const* q, std::int64_t n) {
  std::vector<float> squares;
  squares.reserve(n * (targets.end() - targets.begin()));
  for (std::int64_t p = 0; p < n; ++p)
    for (std::int64_t i = targets.begin(); i < targets.end(); ++i) {
      double const distance = targets.centre(i) - q[p];
      squares.push_back(single(distance * distance));
    }
  return squares;
}

/// Sum of a row over a block. \param z2  (block, stride), from the first target of the row
/// \param rest2  (block), all of the squared distance that is not along z
SETSZ_DISPATCH
void sum_row(float const* rest2, float const* z2, std::int64_t n_block, std::int64_t stride,
             std::int64_t n, float* __restrict sum) {
  for (std::int64_t p = 0; p < n_block; ++p) {
    float const rest = rest2[p];
    float const* const z = z2 + p * stride;
#pragma GCC ivdep
    for (std::int64_t k = 0; k < n; ++k) sum[k] += 1 / std::sqrt(rest + z[k]);
  }
}

}  // namespace

std::vector<double> potential(TargetRows const& targets, Tracers const& tracers,
                              double softening_r200) {
  std::vector<double> potential(targets.size(), 0);
  std::int64_t const first = targets.begin(), width = targets.end() - first;
  float const softening2 = single(softening_r200 * softening_r200);
  std::vector<float> rest2(block_size), sum(width);
  for (std::int64_t block = 0; block < tracers.size(); block += block_size) {
    std::int64_t const n = std::min(block_size, tracers.size() - block);
    auto const x2 = distances2(targets, tracers.x.data() + block, n);
    auto const y2 = distances2(targets, tracers.y.data() + block, n);
    auto const z2 = distances2(targets, tracers.z.data() + block, n);
    for (std::int64_t i = 0; i < width; ++i)
      for (std::int64_t j = 0; j < width; ++j) {
        auto const& row = targets.row(first + i, first + j);
        if (row.size() == 0) continue;
        for (std::int64_t p = 0; p < n; ++p)
          rest2[p] = x2[p * width + i] + y2[p * width + j] + softening2;
        std::fill_n(sum.begin(), row.size(), 0.F);
        sum_row(rest2.data(), z2.data() + (row.begin - first), n, width, row.size(), sum.data());
        for (std::int64_t k = 0; k < row.size(); ++k)
          potential[row.first + k] -= tracers.weight * real(sum[k]);
      }
  }
  return potential;
}

}  // namespace setsz
