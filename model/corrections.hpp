// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/layers.hpp"
#include "model/module_network.hpp"

namespace setsz {

/// From corrections a to the pressure: with a profile g, P = ReLU[g ReLU(1 + a1) + k sinh(a2)];
/// without, P = k ReLU(sinh a). The strength k = exp(kappa) is learnt with the module that owns
/// this.
/// \source Thiele et al. (2022), equation 4
class Corrections {
 public:
  Corrections(ParameterLayout& layout, std::string const& module);
  /// The last layer of an MLP that gives a: linear, with as many outputs as are needed.
  ///
  /// Without a profile a target whose a is negative gives no pressure and no gradient; where all
  /// are, nothing is learnt. Hence a starts near 0.5 everywhere: a positive bias, and weights so
  /// small (a spread of about 0.07) that no sample of them reaches 0.
  static void set_head(MlpShape& shape, NetworkOptions const& network);
  void initialise(NetworkOptions const& network, ParameterLayout const& layout,
                  std::span<float> parameters) const;
  /// \param a  shape (n, count) -> (n), P/P200
  at::Tensor operator()(ChunkContext& chunk, at::Tensor const& a) const;

 private:
  static at::Tensor fused(BackwardSteps& backward, at::Tensor const& profile, at::Tensor const& a,
                          at::Tensor const& log_k);
  static at::Tensor reference(at::Tensor const& profile, at::Tensor const& a,
                              at::Tensor const& log_k);

  std::size_t log_k_;
};

}  // namespace setsz
