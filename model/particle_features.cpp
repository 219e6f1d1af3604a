// SPDX-License-Identifier: BSD-3-Clause
#include "model/particle_features.hpp"

#include <cmath>

namespace setsz {

VectorContractions::VectorContractions(std::span<Vec3 const> vectors) : n_(std::ssize(vectors)) {
  components_.reserve(3 * vectors.size());
  for (std::size_t axis = 0; axis < 3; ++axis)
    for (auto const& e : vectors) components_.push_back(single(std::sqrt(3.0) * e[axis]));
}

void VectorContractions::operator()(float ux, float uy, float uz, float* __restrict out) const {
  float const* __restrict const x = components_.data();
  float const* __restrict const y = x + n_;
  float const* __restrict const z = y + n_;
  for (std::int64_t k = 0; k < n_; ++k) out[k] = ux * x[k] + uy * y[k] + uz * z[k];
}

}  // namespace setsz
