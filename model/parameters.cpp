// SPDX-License-Identifier: BSD-3-Clause
#include "model/parameters.hpp"

#include <cmath>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {

std::int64_t ParameterInfo::size() const {
  std::int64_t n = 1;
  for (auto const extent : shape) n *= extent;
  return n;
}

std::size_t ParameterLayout::add(std::string const& module, std::string const& name,
                                 std::vector<std::int64_t> shape, Decays decays) {
  tensors_.push_back({module + "." + name, module, std::move(shape), size_, decays});
  size_ += tensors_.back().size();
  return tensors_.size() - 1;
}

void fill_kaiming_uniform(std::span<float> weights, std::int64_t fan_in, std::uint64_t seed,
                          std::size_t tensor) {
  Random random(seed, Purpose::weights, tensor);
  double const bound = std::sqrt(6 / ((1 + 0.01 * 0.01) * real(fan_in)));
  for (float& w : weights) w = single(bound * (2 * random.uniform() - 1));
}

void fill_normal(std::span<float> values, double deviation, std::uint64_t seed,
                 std::size_t tensor) {
  Random random(seed, Purpose::weights, tensor);
  for (float& v : values) v = single(deviation * random.normal());
}

}  // namespace setsz
