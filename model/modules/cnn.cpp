// SPDX-License-Identifier: BSD-3-Clause
#include "model/modules/cnn.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/avg_pool3d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv3d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/grid_sampler_3d.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/upsample_nearest3d.h>

#include <algorithm>

#include "model/corrections.hpp"
#include "pipeline/base/cube_symmetry.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {

namespace {

/// Two convolutions over 3^3 cells, each with a leaky ReLU.
class ConvolutionPair {
 public:
  ConvolutionPair(ParameterLayout& layout, std::string const& name, std::int64_t inputs,
                  std::int64_t outputs) {
    for (int i = 0; i < 2; ++i) {
      auto const in = i == 0 ? inputs : outputs;
      auto const prefix = name + "." + std::to_string(i) + ".";
      layers_.push_back({layout.add(std::string(Cnn::key), prefix + "weight",
                                    {outputs, in, 3, 3, 3}, Decays::yes),
                         layout.add(std::string(Cnn::key), prefix + "bias", {outputs}), 27 * in});
    }
  }
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const {
    for (auto const& layer : layers_) {
      auto const& weight = layout.tensors()[layer.weight];
      auto const& bias = layout.tensors()[layer.bias];
      fill_kaiming_uniform(parameters.subspan(weight.first, weight.size()), layer.fan_in, seed,
                           layer.weight);
      std::ranges::fill(parameters.subspan(bias.first, bias.size()), 0.0F);
    }
  }
  at::Tensor operator()(Tensors const& parameters, at::Tensor x) const {
    for (auto const& layer : layers_)
      x = at::leaky_relu(
          at::conv3d(x, parameters[layer.weight], parameters[layer.bias], /*stride=*/1,
                     /*padding=*/1),
          0.01);
    return x;
  }

 private:
  struct Layer {
    std::size_t weight, bias;
    std::int64_t fan_in;
  };
  std::vector<Layer> layers_;
};

class CnnNetwork : public ModuleNetwork {
 public:
  CnnNetwork(Cnn const& options, NetworkSetup const& setup, ParameterLayout& layout)
      : options_(options),
        setup_(setup),
        n_scalars_(setup.options.columns().n_scalars()),
        sees_profile_(setup.options.any(&ModuleJoints::gives_profile)),
        density_(setup.standardisation.quantity("cnn_log_density")),
        corrections_(layout, std::string(Cnn::key)) {
    auto const channels = [&](std::int64_t level) { return options.width << level; };
    for (std::int64_t level = 0; level < options.levels; ++level)
      down_.emplace_back(layout, "down." + std::to_string(level),
                         level == 0 ? Cnn::n_grids : channels(level - 1), channels(level));
    bottom_.emplace_back(layout, "bottom", channels(options.levels - 1) + n_scalars_,
                         channels(options.levels));
    for (std::int64_t level = 0; level < options.levels; ++level)
      up_.emplace_back(layout, "up." + std::to_string(level), channels(level + 1) + channels(level),
                       channels(level));
    MlpShape shape;
    Corrections::set_head(shape, setup.options);
    head_scale_ = shape.head_scale, head_bias_value_ = shape.head_bias;
    head_ = layout.add(std::string(Cnn::key), "head.weight",
                       {shape.outputs, options.width, 1, 1, 1}, Decays::yes);
    head_bias_ = layout.add(std::string(Cnn::key), "head.bias", {shape.outputs});
  }

  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const override {
    for (auto const* part : {&down_, &bottom_, &up_})
      for (auto const& pair : *part) pair.initialise(layout, parameters, seed);
    auto const& weight = layout.tensors()[head_];
    auto const weights = parameters.subspan(weight.first, weight.size());
    fill_kaiming_uniform(weights, options_.width, seed, head_);
    for (float& w : weights) w *= single(head_scale_);
    auto const& bias = layout.tensors()[head_bias_];
    std::ranges::fill(parameters.subspan(bias.first, bias.size()), single(head_bias_value_));
    corrections_.initialise(setup_.options, layout, parameters);
  }

  void prepare(ClusterContext& context) const override {
    auto const& parameters = context.parameters;
    auto x = context.put(grids(context));
    std::vector<at::Tensor> levels;
    for (auto const& pair : down_) {
      levels.push_back(pair(parameters, x));
      x = at::avg_pool3d(levels.back(), 2);
    }
    auto const scalars = context.scalars.view({1, n_scalars_, 1, 1, 1});
    auto const n = x.size(2);
    x = bottom_.front()(parameters, at::cat({x, scalars.expand({1, n_scalars_, n, n, n})}, 1));
    for (std::size_t level = down_.size(); level-- > 0;) {
      auto const size = levels[level].size(2);
      x = at::upsample_nearest3d(x, {size, size, size});
      x = up_[level](parameters, at::cat({x, levels[level]}, 1));
    }
    context.shared["cnn"] = at::conv3d(x, parameters[head_], parameters[head_bias_]);
  }

  void evaluate(ChunkContext& chunk) const override {
    auto const& cluster = chunk.cluster;
    auto const n = chunk.targets.size();
    // grid_sampler wants (z, y, x) in [-1, 1], x being the last axis of the grid: here the
    // cluster's z.
    auto const places = at::empty({1, 1, 1, n, 3});
    auto const out = floats_of(places);
    auto const symmetry = symmetry_of(cluster);
    for (std::int64_t i = 0; i < n; ++i) {
      Vec3 const r = symmetry * cluster.batch.position[chunk.targets.first + i];
      for (std::size_t axis = 0; axis < 3; ++axis)
        out[3 * i + 2 - axis] = single(r[axis] / (density_edge_r200 / 2));
    }
    constexpr std::int64_t linear = 0, border = 1;
    auto const a = at::grid_sampler_3d(cluster.shared.at("cnn"), cluster.put(places), linear,
                                       border, /*align_corners=*/false);
    chunk.pressure = corrections_(chunk, a.view({a.size(1), n}).t());
  }

 private:
  CubeSymmetry symmetry_of(ClusterContext const& context) const {
    if (!context.training() || !options_.augment) return {};
    auto const& batch = context.batch;
    return CubeSymmetry::number(hash64(batch.epoch, static_cast<std::uint64_t>(batch.cluster_row)) %
                                CubeSymmetry::count);
  }

  /// (1, Cnn::n_grids, n, n, n), turned.
  at::Tensor grids(ClusterContext const& context) const {
    auto const& cluster = context.batch.cluster;
    auto const n = options_.cells;
    auto const grids = at::empty({1, Cnn::n_grids, n, n, n});
    auto const density = floats_of(grids).first(static_cast<std::size_t>(n * n * n));
    auto const profile = floats_of(grids).last(density.size());
    auto const shape = gnfw_shape(setup_.benchmark, cluster.m200c, cluster.h, cluster.redshift);
    auto const symmetry = symmetry_of(context);
    std::int64_t const stride[3] = {n * n, n, 1};
    std::size_t cell = 0;
    std::int64_t i[3];
    for (i[0] = 0; i[0] < n; ++i[0])
      for (i[1] = 0; i[1] < n; ++i[1])
        for (i[2] = 0; i[2] < n; ++i[2], ++cell) {
          std::int64_t source = 0;
          double r2 = 0;
          for (std::size_t axis = 0; axis < 3; ++axis) {
            auto const along = symmetry.sign[axis] < 0 ? n - 1 - i[axis] : i[axis];
            source += along * stride[symmetry.axis[axis]];
            r2 += std::pow(density_edge_r200 * ((real(along) + 0.5) / real(n) - 0.5), 2);
          }
          density[cell] = single(density_(Cnn::log_density(cluster.density[source])));
          profile[cell] = sees_profile_ ? log_profile(shape, std::sqrt(r2)) : 0.0F;
        }
    return grids;
  }

  /// ln of the profile, in numbers of order one.
  static float log_profile(GnfwShape const& shape, double radius) {
    return single((std::log(gnfw(shape, radius) + 1e-4) + 4) / 3);
  }

  Cnn options_;
  NetworkSetup const& setup_;
  std::int64_t n_scalars_;
  bool sees_profile_;
  Affine density_;
  Corrections corrections_;
  std::vector<ConvolutionPair> down_, bottom_, up_;
  double head_scale_ = 1, head_bias_value_ = 0;
  std::size_t head_ = 0, head_bias_ = 0;
};

}  // namespace

std::unique_ptr<ModuleNetwork> Cnn::network(NetworkSetup const& setup,
                                            ParameterLayout& layout) const {
  return std::make_unique<CnnNetwork>(*this, setup, layout);
}

}  // namespace setsz
