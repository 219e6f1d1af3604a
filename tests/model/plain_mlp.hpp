// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "model/dense_mlp.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz::testing {

/// Standard normals.
inline std::vector<float> random_numbers(std::uint64_t seed, std::int64_t n) {
  Random random(seed, Purpose::test);
  std::vector<float> numbers(n);
  for (float& x : numbers) x = single(random.normal());
  return numbers;
}

/// Dropout at a rate of one third.
inline std::vector<float> random_masks(std::uint64_t seed, std::int64_t n) {
  auto masks = random_numbers(seed, n);
  for (float& x : masks) x = x > 0.43F ? 0.0F : 1.5F;
  return masks;
}

/// What DenseMlp computes, as one writes it down: row by row in double precision, norms apart.
class PlainMlp {
 public:
  PlainMlp(std::vector<DenseLayer> const& layers, std::span<float const> parameters)
      : layers_(layers),
        parameters_(parameters.begin(), parameters.end()),
        gradient_(parameters.size(), 0.0) {}

  std::vector<double> forward(std::vector<float> const& input, std::vector<float> const& masks,
                              std::int64_t rows) {
    passes_.assign(rows, {});
    std::int64_t const width = std::ssize(masks) / rows, inputs = layers_.front().inputs;
    std::vector<double> result;
    for (std::int64_t i = 0; i < rows; ++i) {
      std::vector<double> h(input.begin() + i * inputs, input.begin() + (i + 1) * inputs);
      auto mask = masks.begin() + i * width;
      for (auto const& layer : layers_) {
        passes_[i].push_back(start(layer, h));
        auto& pass = passes_[i].back();
        for (double& m : pass.mask)
          if (layer.drops && !masks.empty()) m = real(*mask++);
        h = finish(layer, pass);
      }
      result.insert(result.end(), h.begin(), h.end());
    }
    return result;
  }
  /// The gradient with respect to the input of the last `forward`.
  std::vector<double> backward(std::vector<float> const& slope) {
    std::vector<double> result;
    std::int64_t const outputs = layers_.back().outputs;
    for (std::size_t i = 0; i < passes_.size(); ++i) {
      auto const first = slope.begin() + static_cast<std::int64_t>(i) * outputs;
      std::vector<double> d(first, first + outputs);
      for (std::size_t l = layers_.size(); l-- > 0;) d = back(layers_[l], passes_[i][l], d);
      result.insert(result.end(), d.begin(), d.end());
    }
    return result;
  }
  std::vector<double> const& gradient() const { return gradient_; }

 private:
  /// A row on its way through a layer.
  struct Pass {
    double rstd = 1;
    std::vector<double> normalised{}, mask{}, x{}, y{};
  };

  Pass start(DenseLayer const& layer, std::vector<double> const& h) const {
    auto const n = real(h.size());
    double mean = 0, variance = 0;
    for (double const value : h) mean += value / n;
    for (double const value : h) variance += (value - mean) * (value - mean) / n;
    Pass pass{.normalised = h, .mask = std::vector<double>(h.size(), 1.0)};
    if (!layer.has_norm()) return pass;
    pass.rstd = 1 / std::sqrt(variance + real(norm_epsilon));
    for (double& value : pass.normalised) value = (value - mean) * pass.rstd;
    return pass;
  }
  std::vector<double> finish(DenseLayer const& layer, Pass& pass) const {
    for (std::int64_t k = 0; k < layer.inputs; ++k) {
      double x = pass.normalised[k];
      if (layer.has_norm()) x = parameters_[layer.gamma + k] * x + parameters_[layer.beta + k];
      pass.x.push_back(pass.mask[k] * x);
    }
    std::vector<double> z;
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      double y = parameters_[layer.bias + o];
      for (std::int64_t k = 0; k < layer.inputs; ++k)
        y += parameters_[layer.weight + o * layer.inputs + k] * pass.x[k];
      pass.y.push_back(y);
      z.push_back(y > 0 ? y : real(layer.slope()) * y);
    }
    return z;
  }
  std::vector<double> back(DenseLayer const& layer, Pass const& pass,
                           std::vector<double> const& slope) {
    std::int64_t const n = layer.inputs;
    std::vector<double> d(n, 0.0);
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      double const dy = slope[o] * (pass.y[o] > 0 ? 1.0 : real(layer.slope()));
      gradient_[layer.bias + o] += dy;
      for (std::int64_t k = 0; k < n; ++k) {
        gradient_[layer.weight + o * n + k] += dy * pass.x[k];
        d[k] += dy * parameters_[layer.weight + o * n + k];
      }
    }
    for (std::int64_t k = 0; k < n; ++k) d[k] *= pass.mask[k];
    if (!layer.has_norm()) return d;
    double mean = 0, along = 0;
    for (std::int64_t k = 0; k < n; ++k) {
      gradient_[layer.gamma + k] += d[k] * pass.normalised[k];
      gradient_[layer.beta + k] += d[k];
      d[k] *= parameters_[layer.gamma + k];
      mean += d[k] / real(n);
      along += d[k] * pass.normalised[k] / real(n);
    }
    for (std::int64_t k = 0; k < n; ++k)
      d[k] = pass.rstd * (d[k] - mean - along * pass.normalised[k]);
    return d;
  }

  std::vector<DenseLayer> layers_;
  std::vector<double> parameters_, gradient_;
  std::vector<std::vector<Pass>> passes_;
};

}  // namespace setsz::testing
