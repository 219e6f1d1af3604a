// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/corrections.hpp"

namespace setsz {

/// Corrections from the features of one module, where no module takes them: one hidden layer, no
/// position, no cluster scalars.
class FeatureHead {
 public:
  FeatureHead(ParameterLayout& layout, std::string const& module, std::int64_t n_features,
              std::int64_t width, NetworkSetup const& setup);
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const;
  /// \param features  shape (n, n_features)
  at::Tensor pressure(ChunkContext& chunk, at::Tensor const& features) const;

 private:
  NetworkSetup const& setup_;
  Mlp mlp_;
  Corrections corrections_;
};

}  // namespace setsz
