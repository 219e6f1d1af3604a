// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/standardisation.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {

/// The unit vectors of a cluster, ready to be contracted with those of many particles.
///
/// Contractions are divided by 1/sqrt(3), their deviation for random directions.
class VectorContractions {
 public:
  explicit VectorContractions(std::span<Vec3 const> vectors);
  std::int64_t n() const { return n_; }
  /// out[k] = sqrt(3) u.e_k, k < n().
  void operator()(float ux, float uy, float uz, float* out) const;

 private:
  std::int64_t n_;
  std::vector<float> components_;  ///< all x, then all y, then all z
};

/// (x/unit - mean) / deviation in single precision.
struct FloatAffine {
  FloatAffine(Affine const& affine, double unit)
      : scale(single(1 / (unit * affine.deviation))),
        shift(single(-affine.mean / affine.deviation)) {}
  float operator()(float x) const { return x * scale + shift; }
  float scale, shift;
};

/// The unit vector of zero is zero.
inline float inverse_or_zero(float length) { return length > 0 ? 1 / length : 0.0F; }

}  // namespace setsz
