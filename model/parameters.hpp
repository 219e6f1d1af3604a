// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace setsz {

/// Does the weight decay of its module act on a tensor? On the matrices of linear maps only:
/// biases, norms, the strength of a term and the profile have a scale of their own, which zero is
/// not.
enum class Decays { no, yes };

/// One named tensor of a network inside the flat array of all parameters.
struct ParameterInfo {
  std::string name;    ///< "local.particle.0.weight"
  std::string module;  ///< "local"
  std::vector<std::int64_t> shape;
  std::int64_t first = 0;  ///< offset in the flat array
  Decays decays = Decays::no;
  std::int64_t size() const;
};

/// All parameters of a network in one flat array, in the order in which modules add them; the
/// parameters of a module are contiguous, so that an optimiser's groups partition the array.
class ParameterLayout {
 public:
  /// \return the index of the new tensor
  std::size_t add(std::string const& module, std::string const& name,
                  std::vector<std::int64_t> shape, Decays decays = Decays::no);
  std::vector<ParameterInfo> const& tensors() const { return tensors_; }
  std::int64_t size() const { return size_; }

 private:
  std::vector<ParameterInfo> tensors_;
  std::int64_t size_ = 0;
};

/// Kaiming-uniform for a leaky ReLU of slope 0.01: uniform in +-sqrt(6 / ((1 + 0.01^2) fan_in)).
/// A pure function of (seed, tensor index).
/// \source He et al. (2015), ICCV, equation 14
void fill_kaiming_uniform(std::span<float> weights, std::int64_t fan_in, std::uint64_t seed,
                          std::size_t tensor);
/// Normal with zero mean.
void fill_normal(std::span<float> values, double deviation, std::uint64_t seed, std::size_t tensor);

}  // namespace setsz
