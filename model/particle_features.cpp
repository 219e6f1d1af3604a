// SPDX-License-Identifier: BSD-3-Clause
#include "model/particle_features.hpp"

#include <cmath>

namespace setsz {

ContractionRule::ContractionRule(ClusterColumns const& columns, Contractions contractions)
    : n_vectors(columns.n_vectors()) {
  if (contractions != Contractions::parity) return;
  for (std::size_t k = 0; k < columns.vectors.size(); ++k)
    if (columns.vectors[k].parity != Parity::polar) squared.push_back(static_cast<std::int64_t>(k));
}

VectorContractions::VectorContractions(std::span<Vec3 const> vectors, ContractionRule const& rule)
    : n_(std::ssize(vectors)),
      squared_(rule.squared),
      linear_(vectors.size(), 1.0F),
      quadratic_(vectors.size(), 0.0F) {
  components_.reserve(3 * vectors.size());
  for (std::size_t axis = 0; axis < 3; ++axis)
    for (auto const& e : vectors) components_.push_back(single(std::sqrt(3.0) * e[axis]));
  for (std::size_t const k : squared_) {
    linear_[k] = 0;
    if (norm2(vectors[k]) > 0) quadratic_[k] = single(std::sqrt(5.0) / 2);
  }
}

void VectorContractions::contract(float ux, float uy, float uz, float* __restrict out) const {
  float const* __restrict const x = components_.data();
  float const* __restrict const y = x + n_;
  float const* __restrict const z = y + n_;
  for (std::int64_t k = 0; k < n_; ++k) out[k] = ux * x[k] + uy * y[k] + uz * z[k];
}

void VectorContractions::multiply(float const* a, float const* b, float* __restrict out) const {
  for (std::size_t i = 0; i < squared_.size(); ++i) out[i] = a[squared_[i]] * b[squared_[i]];
}

void VectorContractions::square(float length, float* __restrict contractions) const {
  if (squared_.empty()) return;
  float const* __restrict const linear = linear_.data();
  float const* __restrict const quadratic = quadratic_.data();
  for (std::int64_t k = 0; k < n_; ++k) {
    float const c = contractions[k];
    contractions[k] = linear[k] * c + quadratic[k] * (c * c - length);
  }
}

}  // namespace setsz
