// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/module_network.hpp"

namespace setsz {

/// From corrections a to the pressure: with a profile g, P = ReLU[g ReLU(1 + a1) + k sinh(a2)];
/// without, P = k ReLU(sinh a). The strength k is learnt with the module that owns this.
/// \source Thiele et al. (2022), equation 4
class Corrections {
 public:
  Corrections(ParameterLayout& layout, std::string const& module);
  /// Numbers for each target that it needs.
  static std::int64_t count(NetworkOptions const& network) {
    return network.any(&ModuleJoints::gives_profile) ? 2 : 1;
  }
  void initialise(NetworkOptions const& network, ParameterLayout const& layout,
                  std::span<float> parameters) const;
  /// \param a  shape (n, count) -> (n), P/P200
  at::Tensor operator()(ChunkContext const& chunk, at::Tensor const& a) const;

 private:
  std::size_t k_;
};

}  // namespace setsz
