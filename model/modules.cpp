// SPDX-License-Identifier: BSD-3-Clause
#include "model/modules.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/log.h>
#include <ATen/ops/log1p.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

namespace setsz {

namespace {

std::span<float> data_of(at::Tensor const& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

/// The analytic profile P0 y^-0.3 (1 + y)^-beta, y = (r + floor)/xc, with trainable amplitudes and
/// mass slopes. Amplitudes are held as logarithms: they stay positive, and a learning rate is a
/// relative change.
class GnfwModule : public Module {
 public:
  GnfwModule(NetworkSetup const& setup, ParameterLayout& layout) : start_(setup.gnfw) {
    tensor_ = layout.add("gnfw", "profile", {6});
  }
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t) const override {
    auto const p = parameters.subspan(static_cast<std::size_t>(layout.tensors()[tensor_].first));
    p[0] = static_cast<float>(std::log(start_.A_P0)), p[1] = static_cast<float>(start_.a_P0);
    p[2] = static_cast<float>(std::log(start_.A_xc)), p[3] = static_cast<float>(start_.a_xc);
    p[4] = static_cast<float>(std::log(start_.A_beta)), p[5] = static_cast<float>(start_.a_beta);
  }
  void prepare(ClusterContext& context) const override {
    auto const& cluster = context.batch.cluster;
    double const log_mass = std::log(cluster.m200c / cluster.h / 1e4);  // 1e14 Msun
    double const log_a = std::log1p(cluster.redshift);
    auto const table = context.parameters[tensor_].view({3, 2});
    auto basis = at::empty({2});
    data_of(basis)[0] = 1, data_of(basis)[1] = static_cast<float>(log_mass);
    auto slopes = at::empty({3});
    data_of(slopes)[0] = static_cast<float>(start_.slope_P0 * log_a);
    data_of(slopes)[1] = static_cast<float>(start_.slope_xc * log_a);
    data_of(slopes)[2] = static_cast<float>(start_.slope_beta * log_a);
    context.shared["gnfw"] = at::matmul(table, basis) + slopes;  // ln P0, ln xc, ln beta
  }
  void evaluate(ChunkContext& chunk) const override {
    auto const& shape = chunk.cluster.shared.at("gnfw");
    auto const log_y = at::log(chunk.radius + gnfw_radius_floor) - shape[1];
    auto const falling = at::exp(shape[2]) * at::log1p(at::exp(log_y));
    chunk.profile = at::exp(shape[0] - 0.3 * log_y - falling);
  }

 private:
  GnfwParameters start_;
  std::size_t tensor_;
};

/// Where the profile is centred: a vector DeepSet over particles of the whole cluster.
/// \source Thiele et al. (2022), equation 5, with a bound that keeps the direction: u tanh|u|/|u|
class OriginModule : public Module {
 public:
  OriginModule(NetworkSetup const& setup, ParameterLayout& layout)
      : particle_(layout, "origin", "particle",
                  {.inputs = n_origin_features,
                   .hidden_layers = setup.options.origin_layers,
                   .width = setup.options.origin_width,
                   .outputs = 2,
                   .linear_head = true,
                   .head_scale = setup.options.head_scale}) {}
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const override {
    particle_.initialise(layout, parameters, seed);
  }
  void prepare(ClusterContext& context) const override {
    if (context.shared.contains("shift")) return;  // known from before
    auto const& batch = context.batch;
    auto const n = static_cast<std::int64_t>(batch.origin.size());
    auto vectors = at::zeros({2, 3});
    for (std::int64_t first = 0; first < n; first += rows_at_once) {
      std::int64_t const count = std::min(rows_at_once, n - first);
      auto const rows =
          std::span(batch.origin)
              .subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
      auto features = at::empty({count, static_cast<std::int64_t>(n_origin_features)});
      origin_features(batch.cluster, context.setup.standardisation, rows, data_of(features));
      auto positions = at::empty({count, 3});
      auto const scale = static_cast<float>(1 / (batch.cluster.r200c * static_cast<double>(n)));
      float* p = positions.data_ptr<float>();
      for (auto const& q : rows) *p++ = q.x * scale, *p++ = q.y * scale, *p++ = q.z * scale;
      auto const weights = particle_(context.parameters, features);
      vectors = at::addmm(vectors, weights.t(), positions);
    }
    auto const u = batch.xoff_r200 * vectors[0] + vectors[1];
    // The small number keeps the gradient finite at u = 0; tanh(x)/x is smooth there.
    auto const length = at::sqrt(at::sum(u * u) + 1e-12);
    context.shared["shift"] = 0.5 * u * at::tanh(length) / length;
  }

 private:
  static constexpr std::int64_t rows_at_once = 2048;
  Mlp particle_;
};

/// What the particles around a target say: a scalar DeepSet with the exact count beside it.
class LocalModule : public Module {
 public:
  LocalModule(NetworkSetup const& setup, ParameterLayout& layout)
      : particle_(layout, "local", "particle", shape(setup, n_local_features)),
        pooled_(layout, "local", "pooled", shape(setup, setup.options.local_width + 1)),
        output_(layout, "local", "output", output_shape(setup)) {}
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const override {
    for (auto const* mlp : {&particle_, &pooled_, &output_})
      mlp->initialise(layout, parameters, seed);
  }
  void evaluate(ChunkContext& chunk) const override {
    auto const& context = chunk.cluster;
    auto const& batch = context.batch;
    auto const& setup = context.setup;
    auto const pooled = pool(chunk);
    auto counts = at::empty({chunk.targets.size(), 1});
    for (std::int64_t i = 0; i < chunk.targets.size(); ++i)
      data_of(counts)[static_cast<std::size_t>(i)] =
          static_cast<float>(setup.standardisation.log_count(
              log_count(batch.n_within[static_cast<std::size_t>(chunk.targets.first + i)])));
    auto hidden = pooled_(context.parameters, at::cat({pooled, counts}, 1));
    auto output = output_(context.parameters, hidden);
    if (setup.options.local_pressure_scaling)
      output = output * (setup.standardisation.reference_p200 / batch.cluster.p200);
    chunk.features.push_back(output);
  }

 private:
  static MlpShape shape(NetworkSetup const& setup, std::int64_t inputs) {
    auto const& o = setup.options;
    return {.inputs = inputs,
            .hidden_layers = o.local_layers,
            .width = o.local_width,
            .outputs = o.local_width};
  }
  static MlpShape output_shape(NetworkSetup const& setup) {
    auto result = shape(setup, setup.options.local_width);
    result.outputs = setup.options.local_outputs;
    result.linear_head = true;
    return result;
  }

  /// The mean over each target's particles of the first MLP; zero for a target without particles.
  at::Tensor pool(ChunkContext const& chunk) const {
    auto const& batch = chunk.cluster.batch;
    auto const& options = chunk.cluster.setup.options;
    auto const offset = [&](std::int64_t i) {
      return batch.first_particle[static_cast<std::size_t>(i)];
    };
    std::int64_t const n = chunk.targets.size();
    std::int64_t const begin = offset(chunk.targets.first), end = offset(chunk.targets.last);
    if (end == begin) return at::zeros({n, options.local_width});
    auto features = at::empty({end - begin, static_cast<std::int64_t>(n_local_features)});
    double const radius = options.local_radius_ckpch(batch.cluster.r200c);
    std::int64_t equal = offset(chunk.targets.first + 1) - begin;  // particles of every target?
    for (std::int64_t i = chunk.targets.first; i < chunk.targets.last; ++i) {
      auto const first = static_cast<std::size_t>(offset(i));
      auto const count = static_cast<std::size_t>(offset(i + 1)) - first;
      local_features(
          batch.cluster, chunk.cluster.setup.standardisation, options.local_contraction,
          batch.cluster.r200c * batch.position[static_cast<std::size_t>(i)], radius,
          std::span(batch.local).subspan(first, count),
          data_of(features).subspan((first - static_cast<std::size_t>(begin)) * n_local_features,
                                    count * n_local_features));
      if (static_cast<std::int64_t>(count) != equal) equal = 0;
    }
    auto const rows = particle_(chunk.cluster.parameters, features);
    if (equal > 0) return rows.view({n, equal, options.local_width}).mean(1);
    // Unequal counts: a small matrix of 1/count averages the rows of each target.
    auto average = at::zeros({n, end - begin});
    for (std::int64_t i = 0; i < n; ++i) {
      std::int64_t const first = offset(chunk.targets.first + i);
      std::int64_t const last = offset(chunk.targets.first + i + 1);
      for (std::int64_t row = first; row < last; ++row)
        data_of(average)[static_cast<std::size_t>(i * (end - begin) + row - begin)] =
            1.0F / static_cast<float>(last - first);
    }
    return at::matmul(average, rows);
  }

  Mlp particle_, pooled_, output_;
};

/// Combines everything that is known of a target into the corrections a1, a2 (or a alone).
class AggregatorModule : public Module {
 public:
  AggregatorModule(NetworkSetup const& setup, ParameterLayout& layout)
      : mlp_(layout, "aggregator", "mlp", shape(setup)) {}
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const override {
    mlp_.initialise(layout, parameters, seed);
  }
  void evaluate(ChunkContext& chunk) const override {
    auto const& context = chunk.cluster;
    auto const& scale = context.setup.standardisation.target_radius;
    auto const n = chunk.targets.size();
    std::vector<at::Tensor> inputs{
        ((chunk.radius - scale.mean) / scale.deviation).unsqueeze(1),
        context.setup.options.absolute_angles ? chunk.angles.abs() : chunk.angles,
        context.scalars.expand({n, static_cast<std::int64_t>(n_scalars)})};
    inputs.insert(inputs.end(), chunk.features.begin(), chunk.features.end());
    chunk.corrections = mlp_(context.parameters, at::cat(inputs, 1), &chunk.masks);
  }
  std::vector<double> dropout_rates() const override { return mlp_.dropout_rates(); }

 private:
  static MlpShape shape(NetworkSetup const& setup) {
    auto const& o = setup.options;
    return {.inputs = static_cast<std::int64_t>(1 + n_vectors + n_scalars) +
                      (o.has("local") ? o.local_outputs : 0),
            .hidden_layers = o.aggregator_layers,
            .width = o.aggregator_width,
            .outputs = o.has("gnfw") ? 2 : 1,
            .linear_head = true,
            .visible_dropout = o.visible_dropout,
            .dropout = o.dropout,
            .head_scale = o.head_scale};
  }
  Mlp mlp_;
};

/// In place of the aggregator where there is only local: no position, no cluster scalars.
class LocalHeadModule : public Module {
 public:
  LocalHeadModule(NetworkSetup const& setup, ParameterLayout& layout)
      : mlp_(layout, "local", "head",
             {.inputs = setup.options.local_outputs,
              .hidden_layers = 1,
              .width = setup.options.local_width,
              .outputs = setup.options.has("gnfw") ? 2 : 1,
              .linear_head = true,
              .head_scale = setup.options.head_scale}) {}
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const override {
    mlp_.initialise(layout, parameters, seed);
  }
  void evaluate(ChunkContext& chunk) const override {
    chunk.corrections = mlp_(chunk.cluster.parameters, chunk.features.back());
  }

 private:
  Mlp mlp_;
};

/// One line a module: when it is part of the network, and how it is made.
struct ModuleEntry {
  bool (*wanted)(NetworkOptions const&);
  std::unique_ptr<Module> (*make)(NetworkSetup const&, ParameterLayout&);
};
template <class M>
std::unique_ptr<Module> make(NetworkSetup const& setup, ParameterLayout& layout) {
  return std::make_unique<M>(setup, layout);
}
constexpr ModuleEntry module_table[] = {
    {[](NetworkOptions const& o) { return o.has("gnfw"); }, make<GnfwModule>},
    {[](NetworkOptions const& o) { return o.has("origin"); }, make<OriginModule>},
    {[](NetworkOptions const& o) { return o.has("local"); }, make<LocalModule>},
    {[](NetworkOptions const& o) { return o.has("aggregator"); }, make<AggregatorModule>},
    {[](NetworkOptions const& o) { return o.has("local") && !o.has("aggregator"); },
     make<LocalHeadModule>},
};

}  // namespace

std::vector<std::unique_ptr<Module>> make_modules(NetworkSetup const& setup,
                                                  ParameterLayout& layout) {
  std::vector<std::unique_ptr<Module>> modules;
  for (auto const& entry : module_table)
    if (entry.wanted(setup.options)) modules.push_back(entry.make(setup, layout));
  return modules;
}

}  // namespace setsz
