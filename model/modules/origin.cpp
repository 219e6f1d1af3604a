// SPDX-License-Identifier: BSD-3-Clause
#include "model/modules/origin.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tanh.h>

#include <cmath>
#include <optional>

#include "model/particle_pool.hpp"
#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

/// Keeps the gradient finite at u = 0; tanh(x)/x is smooth there.
constexpr double tiny_length2 = 1e-12;

class OriginNetwork : public ModuleNetwork {
 public:
  OriginNetwork(Origin const& options, NetworkSetup const& setup, ParameterLayout& layout)
      : options_(options), form_(Origin::key, setup.options, setup.standardisation) {
    if (!options.deep) return;
    xoff_ = setup.options.columns().scalar("xoff");
    pool_.emplace(layout, Origin::key,
                  MlpShape{.inputs = n_cluster_features(setup.options),
                           .hidden_layers = options.layers,
                           .width = options.width,
                           .outputs = 2,
                           .linear_head = true,
                           .head_scale = setup.options.head_scale},
                  options.pooling);
  }
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const override {
    if (pool_) pool_->initialise(layout, parameters, seed);
  }
  void prepare(ClusterContext& context) const override {
    if (context.shared.contains("shift")) return;  // known from before
    auto const linear = linear_part(context);
    auto const deep = pool_ ? deep_part(context) : at::Tensor{};
    double const xoff = pool_ ? context.batch.scalars[xoff_] : 0;
    context.shared["shift"] = context.kernel == ParticleKernel::fused
                                  ? fused(context.backward, linear, deep, xoff)
                                  : reference(context, linear, deep, xoff);
  }
  void place(ChunkContext& chunk) const override {
    auto const& shift = chunk.cluster.shared.at("shift");
    chunk.position = chunk.cluster.kernel == ParticleKernel::fused
                         ? moved(chunk.backward, chunk.position, shift)
                         : chunk.position - shift;
  }

 private:
  /// In units of R200/2, the reach of the shift.
  Vec3 linear_part(ClusterContext const& context) const {
    auto const& fitted = context.setup.standardisation.fitted;
    auto const coefficients = fitted.find(Origin::key);
    if (!options_.linear || coefficients == fitted.end()) return {};
    require(coefficients->second.size() == context.batch.cluster.shells.size(), ExitCode::bad_data,
            "the linear filter of origin has ", coefficients->second.size(),
            " coefficients, but particles.h5 ", context.batch.cluster.shells.size(),
            " shells; the model was trained by another version of setsz, train it again");
    return 2 * filtered_centre(coefficients->second, context.batch.cluster.shells);
  }
  /// Two vectors, the first of which xoff multiplies: shape (1, 2, 3).
  at::Tensor deep_part(ClusterContext& context) const {
    auto const& batch = context.batch;
    auto const fill = [&](std::span<float> features) {
      cluster_features(batch.cluster, form_, batch.cluster_particles, features);
    };
    RowGroups whole{{0, std::ssize(batch.cluster_particles)},
                    pool_weights(options_.pooling, batch.cluster, batch.cluster_particles)};
    return pool_->mean(context, std::move(whole), fill, context.backward);
  }
  /// \param deep  may be undefined
  static at::Tensor fused(BackwardSteps& backward, Vec3 u, at::Tensor const& deep, double xoff) {
    for (std::size_t axis = 0; deep.defined() && axis < 3; ++axis)
      u[axis] += xoff * real(floats_of(deep)[axis]) + real(floats_of(deep)[3 + axis]);
    double const length = std::sqrt(norm2(u) + tiny_length2);
    double const tanh = std::tanh(length), factor = tanh / (2 * length);
    auto result = at::empty({3});
    for (std::size_t axis = 0; axis < 3; ++axis) floats_of(result)[axis] = single(factor * u[axis]);
    if (!deep.defined()) return result;
    // d factor/du = growth u
    double const growth = (1 - tanh * tanh - 2 * factor) / (2 * length * length);
    return by_hand(backward, {deep}, result, [=](auto g, auto sums) {
      double const along = g[0] * u.x + g[1] * u.y + g[2] * u.z;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        double const by_u = factor * real(g[axis]) + growth * along * u[axis];
        sums[0][axis] += single(xoff * by_u);
        sums[0][3 + axis] += single(by_u);
      }
    });
  }
  /// Positions as seen from the shifted centre.
  static at::Tensor moved(BackwardSteps& backward, at::Tensor const& position,
                          at::Tensor const& shift) {
    auto const result = at::empty(position.sizes());
    auto const from = floats_of(position), to = floats_of(result), by = floats_of(shift);
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = from[i] - by[i % 3];
    return by_hand(backward, {shift}, result, [](auto slope, auto sums) {
      double sum[3] = {};
      for (std::size_t i = 0; i < slope.size(); ++i) sum[i % 3] += real(slope[i]);
      for (std::size_t axis = 0; axis < 3; ++axis) sums[0][axis] -= single(sum[axis]);
    });
  }
  static at::Tensor reference(ClusterContext const& context, Vec3 const& linear,
                              at::Tensor const& deep, double xoff) {
    auto const start = at::empty({3});
    for (std::size_t axis = 0; axis < 3; ++axis) floats_of(start)[axis] = single(linear[axis]);
    auto u = context.put(start);
    if (deep.defined()) u = u + deep[0][0] * xoff + deep[0][1];
    auto const length = at::sqrt(at::sum(u * u) + tiny_length2);
    return u * at::tanh(length) * 0.5 / length;
  }

  Origin options_;
  ClusterForm form_;
  std::size_t xoff_ = 0;
  std::optional<ParticlePool> pool_;
};

}  // namespace

std::unique_ptr<ModuleNetwork> Origin::network(NetworkSetup const& setup,
                                               ParameterLayout& layout) const {
  return std::make_unique<OriginNetwork>(*this, setup, layout);
}

}  // namespace setsz
