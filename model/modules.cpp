// SPDX-License-Identifier: BSD-3-Clause
#include "model/modules.hpp"
#include "pipeline/base/number.hpp"

#include <ATen/TensorOperators.h>
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
    auto const p = parameters.subspan(layout.tensors()[tensor_].first);
    p[0] = single(std::log(start_.A_P0)), p[1] = single(start_.a_P0);
    p[2] = single(std::log(start_.A_xc)), p[3] = single(start_.a_xc);
    p[4] = single(std::log(start_.A_beta)), p[5] = single(start_.a_beta);
  }
  void prepare(ClusterContext& context) const override {
    auto const& cluster = context.batch.cluster;
    double const log_mass = std::log(cluster.m200c / cluster.h / 1e4);  // 1e14 Msun
    double const log_a = std::log1p(cluster.redshift);
    auto const table = context.parameters[tensor_].view({3, 2});
    auto basis = at::empty({2});
    data_of(basis)[0] = 1, data_of(basis)[1] = single(log_mass);
    auto slopes = at::empty({3});
    data_of(slopes)[0] = single(start_.slope_P0 * log_a);
    data_of(slopes)[1] = single(start_.slope_xc * log_a);
    data_of(slopes)[2] = single(start_.slope_beta * log_a);
    context.shared["gnfw"] =
        at::matmul(table, context.put(basis)) + context.put(slopes);  // ln P0, ln xc, ln beta
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
                   .head_scale = setup.options.head_scale}),
        dense_(particle_.dense(layout)) {}
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const override {
    particle_.initialise(layout, parameters, seed);
  }
  void prepare(ClusterContext& context) const override {
    if (context.shared.contains("shift")) return;  // known from before
    auto const vectors =
        context.kernel == ParticleKernel::fused ? pooled(context) : pooled_by_reference(context);
    auto const u = vectors[0] * context.batch.xoff_r200 + vectors[1];
    // The small number keeps the gradient finite at u = 0; tanh(x)/x is smooth there.
    auto const length = at::sqrt(at::sum(u * u) + 1e-12);
    context.shared["shift"] = u * at::tanh(length) * 0.5 / length;
  }

 private:
  /// Positions over R200, or directions, over the number of particles: what the mean adds up,
  /// shape (n, 3). Both can express the same, for |q| is among the features; but near the centre,
  /// where positions are small, directions are learnt much sooner.
  static std::vector<float> pooled_vectors(ClusterContext const& context) {
    auto const& batch = context.batch;
    bool const direction = context.setup.options.origin_pooling == OriginPooling::direction;
    auto const n = real(batch.origin.size());
    std::vector<float> vectors;
    vectors.reserve(3 * batch.origin.size());
    for (auto const& p : batch.origin) {
      double const length = direction ? norm(Vec3{p.x, p.y, p.z}) : batch.cluster.r200c;
      auto const scale = single(length > 0 ? 1 / (length * n) : 0);
      vectors.insert(vectors.end(), {p.x * scale, p.y * scale, p.z * scale});
    }
    return vectors;
  }

  /// The two vectors, shape (2, 3), with the gradient by hand.
  at::Tensor pooled(ClusterContext& context) const {
    auto const& batch = context.batch;
    auto const n = std::ssize(batch.origin);
    auto const positions = pooled_vectors(context);
    dense_.begin(context.values, work_);
    origin_features(batch.cluster, context.setup.standardisation, batch.origin,
                    work_.input(dense_, n));
    dense_.forward(work_);
    double sums[6] = {};
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i)
      for (std::size_t o = 0; o < 2; ++o)
        for (std::size_t d = 0; d < 3; ++d)
          sums[3 * o + d] +=
              real(work_.output(static_cast<std::int64_t>(i))[o]) * real(positions[3 * i + d]);
    auto vectors = at::empty({2, 3});
    for (std::size_t i = 0; i < 6; ++i) data_of(vectors)[i] = single(sums[i]);
    if (!context.training()) return vectors;
    vectors.requires_grad_(true);
    context.after_backward.emplace_back([this, vectors, positions](ClusterContext const& now) {
      if (!vectors.grad().defined()) return;
      auto const pull = vectors.grad().contiguous();
      auto const slope = data_of(pull);
      for (std::size_t i = 0; 3 * i < positions.size(); ++i)
        for (std::size_t o = 0; o < 2; ++o)
          work_.output_gradient(static_cast<std::int64_t>(i))[o] =
              slope[3 * o] * positions[3 * i] + slope[3 * o + 1] * positions[3 * i + 1] +
              slope[3 * o + 2] * positions[3 * i + 2];
      dense_.backward(work_);
      dense_.finish(now.values, work_, now.gradient);
    });
    return vectors;
  }

  at::Tensor pooled_by_reference(ClusterContext const& context) const {
    auto const& batch = context.batch;
    auto const n = std::ssize(batch.origin);
    auto features = at::empty({n, static_cast<std::int64_t>(n_origin_features)});
    origin_features(batch.cluster, context.setup.standardisation, batch.origin, data_of(features));
    auto positions = at::empty({n, 3});
    std::ranges::copy(pooled_vectors(context), data_of(positions).begin());
    return at::matmul(particle_(context.parameters, context.put(features)).t(),
                      context.put(positions));
  }

  Mlp particle_;
  DenseMlp dense_;
  mutable DenseMlp::Work work_;  // one evaluation at a time
};

/// What the particles around a target say: a scalar DeepSet with the exact count beside it.
class LocalModule : public Module {
 public:
  LocalModule(NetworkSetup const& setup, ParameterLayout& layout)
      : particle_(layout, "local", "particle", shape(setup, n_local_features)),
        pooled_(layout, "local", "pooled", shape(setup, setup.options.local_width + 1)),
        output_(layout, "local", "output", output_shape(setup)),
        dense_(particle_.dense(layout)) {}
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const override {
    for (auto const* mlp : {&particle_, &pooled_, &output_})
      mlp->initialise(layout, parameters, seed);
  }
  void prepare(ClusterContext& context) const override {
    if (context.kernel != ParticleKernel::fused) return;
    dense_.begin(context.values, work_);
    if (context.training())
      context.after_backward.emplace_back(
          [this](ClusterContext const& now) { dense_.finish(now.values, work_, now.gradient); });
  }
  void evaluate(ChunkContext& chunk) const override {
    auto const& context = chunk.cluster;
    auto const& batch = context.batch;
    auto const& setup = context.setup;
    auto const pooled =
        context.kernel == ParticleKernel::fused ? pool(chunk) : pool_by_reference(chunk);
    auto counts = at::empty({chunk.targets.size(), 1});
    for (std::int64_t i = 0; i < chunk.targets.size(); ++i)
      data_of(counts)[i] = single(
          setup.standardisation.log_count(log_count(batch.n_within[chunk.targets.first + i])));
    auto hidden = pooled_(context.parameters, at::cat({pooled, context.put(counts)}, 1));
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

  /// Rows of `batch.local` of the targets of a chunk.
  static Range rows_of(ChunkContext const& chunk) {
    auto const& first = chunk.cluster.batch.first_particle;
    return {first[chunk.targets.first], first[chunk.targets.last]};
  }
  /// The same of one target of the chunk, relative to the chunk's first.
  static Range rows_of(ChunkContext const& chunk, std::int64_t target) {
    auto const& first = chunk.cluster.batch.first_particle;
    auto const i = static_cast<std::size_t>(chunk.targets.first + target);
    auto const begin = first[chunk.targets.first];
    return {first[i] - begin, first[i + 1] - begin};
  }

  static void fill_features(ChunkContext const& chunk, std::span<float> features) {
    auto const& batch = chunk.cluster.batch;
    auto const& setup = chunk.cluster.setup;
    auto const local = std::span(batch.local).subspan(rows_of(chunk).first);
    double const radius = setup.options.local_radius_ckpch(batch.cluster.r200c);
    for (std::int64_t t = 0; t < chunk.targets.size(); ++t) {
      Range const rows = rows_of(chunk, t);
      auto const first = static_cast<std::size_t>(rows.first);
      auto const count = static_cast<std::size_t>(rows.size());
      auto const& position = batch.position[chunk.targets.first + t];
      local_features(batch.cluster, setup.standardisation, setup.options.local_contraction,
                     batch.cluster.r200c * position, radius, local.subspan(first, count),
                     features.subspan(first * n_local_features, count * n_local_features));
    }
  }

  /// The mean over each target's particles of the first MLP, shape (n_targets, width), with the
  /// gradient by hand; zero for a target without particles.
  at::Tensor pool(ChunkContext& chunk) const {
    auto const width = chunk.cluster.setup.options.local_width;
    auto const n = chunk.targets.size();
    auto pooled = at::zeros({n, width});
    if (rows_of(chunk).size() == 0) return pooled;
    fill_features(chunk, work_.input(dense_, rows_of(chunk).size()));
    dense_.forward(work_);
    for (std::int64_t t = 0; t < n; ++t)
      mean_of_rows(rows_of(chunk, t), width, pooled.data_ptr<float>() + t * width);
    if (!chunk.cluster.training()) return pooled;
    pooled.requires_grad_(true);
    chunk.after_backward.emplace_back([this, pooled, width](ChunkContext const& now) {
      if (!pooled.grad().defined()) return;
      auto const pull = pooled.grad().contiguous();
      for (std::int64_t t = 0; t < now.targets.size(); ++t) {
        Range const rows = rows_of(now, t);
        float const share = 1.0F / single(std::max<std::int64_t>(rows.size(), 1));
        float const* const slope = pull.data_ptr<float>() + t * width;
        for (std::int64_t row = rows.first; row < rows.last; ++row) {
          float* const d_row = work_.output_gradient(row);
          for (std::int64_t j = 0; j < width; ++j) d_row[j] = share * slope[j];
        }
      }
      dense_.backward(work_);
    });
    return pooled;
  }

  void mean_of_rows(Range rows, std::int64_t width, float* mean) const {
    if (rows.size() == 0) return;
    for (std::int64_t row = rows.first; row < rows.last; ++row) {
      float const* const values = work_.output(row);
      for (std::int64_t j = 0; j < width; ++j) mean[j] += values[j];
    }
    for (std::int64_t j = 0; j < width; ++j) mean[j] /= single(rows.size());
  }

  at::Tensor pool_by_reference(ChunkContext const& chunk) const {
    auto const& context = chunk.cluster;
    auto const n = chunk.targets.size(), n_rows = rows_of(chunk).size();
    auto const pooled = context.put(at::zeros({n, context.setup.options.local_width}));
    if (n_rows == 0) return pooled;
    auto features = at::empty({n_rows, static_cast<std::int64_t>(n_local_features)});
    fill_features(chunk, data_of(features));
    auto share = at::empty({n_rows, 1});
    auto owner = at::empty({n_rows}, at::kLong);
    for (std::int64_t t = 0; t < n; ++t) {
      Range const rows = rows_of(chunk, t);
      std::fill_n(data_of(share).begin() + rows.first, rows.size(), 1.0F / single(rows.size()));
      std::fill_n(owner.data_ptr<std::int64_t>() + rows.first, rows.size(), t);
    }
    auto const particles = particle_(context.parameters, context.put(features));
    return pooled.index_add(0, context.put(owner), particles * context.put(share));
  }

  Mlp particle_, pooled_, output_;
  DenseMlp dense_;               // of particle_
  mutable DenseMlp::Work work_;  // one evaluation at a time
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
