// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/columns.hpp"
#include "model/standardisation.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {

/// How many contractions there are, and which of them enter as squares.
struct ContractionRule {
  ContractionRule(ClusterColumns const& columns, Contractions contractions);

  std::int64_t n_vectors;
  /// Under Contractions::parity the vectors whose sign means nothing in a mirror, else none. Two
  /// directions bring the product of their contractions with each of these.
  std::vector<std::int64_t> squared;
  std::int64_t n_products() const { return std::ssize(squared); }
};

/// The unit vectors e of a cluster, ready to be contracted with those of many particles.
///
/// Features have zero mean and unit variance for random directions u: c = sqrt(3) u.e where the
/// sign enters; (c^2 - 1) sqrt(5)/2 for a square; c c' for the product of two directions. All are
/// zero for a zero vector.
class VectorContractions {
 public:
  VectorContractions(std::span<Vec3 const> vectors, ContractionRule const& rule);
  std::int64_t n() const { return n_; }
  std::int64_t n_products() const { return std::ssize(squared_); }

  /// out[k] = sqrt(3) u.e_k, k < n().
  void contract(float ux, float uy, float uz, float* out) const;
  /// out[i] = a_k b_k for each squared vector k, i < n_products(): a, b come from `contract`.
  void multiply(float const* a, float const* b, float* out) const;
  /// Makes features of what `contract` gave, in place. \param length  of u: 1 or 0
  void square(float length, float* contractions) const;

 private:
  std::int64_t n_;
  std::vector<float> components_;  ///< all x, then all y, then all z
  std::vector<std::int64_t> squared_;
  std::vector<float> linear_, quadratic_;  ///< the factors of c and c^2 - 1 in a feature
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
