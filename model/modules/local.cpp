// SPDX-License-Identifier: BSD-3-Clause
#include "model/modules/local.hpp"

#include <ATen/ops/empty.h>

#include <cassert>
#include <cmath>
#include <optional>

#include "model/feature_head.hpp"
#include "model/particle_pool.hpp"

namespace setsz {

LocalFeatures::LocalFeatures(ClusterInput const& cluster, Standardisation const& standardisation,
                             LocalForm const& form, double radius_ckpch)
    : form_(form),
      vectors_(cluster.vectors, form.rule),
      radius_(standardisation.quantity("local_radius"), radius_ckpch),
      speed_(standardisation.quantity("local_speed"), cluster.v200),
      full_scale_(single(1 / (radius_ckpch * cluster.v200))) {}

void LocalFeatures::operator()(Vec3 const& target, Vec3 const& bulk,
                               std::span<Particle const> particles,
                               std::span<float> features) const {
  assert(std::ssize(features) == std::ssize(particles) * n());
  auto const bx = single(bulk.x), by = single(bulk.y), bz = single(bulk.z);
  auto const tx = single(target.x), ty = single(target.y), tz = single(target.z);
  bool const unit_vectors = form_.contraction == LocalContraction::unit;
  auto const root3 = single(std::sqrt(3.0));
  auto const n_vectors = vectors_.n(), n_products = vectors_.n_products();
  Vec3 const r = unit(target);
  std::vector<float> along_r(n_vectors);
  vectors_.contract(single(r.x), single(r.y), single(r.z), along_r.data());

  float* row = features.data();
  for (Particle const& p : particles) {
    float const x = p.x - tx, y = p.y - ty, z = p.z - tz;
    float const vx = p.vx - bx, vy = p.vy - by, vz = p.vz - bz;
    float const q = std::sqrt(x * x + y * y + z * z);
    float const v = std::sqrt(vx * vx + vy * vy + vz * vz);
    float const iq = inverse_or_zero(q), iv = inverse_or_zero(v);
    float* const along_x = row + 1;
    float* const along_v = along_x + n_vectors + 1;
    float* next = along_v + n_vectors;
    row[0] = radius_(q);
    vectors_.contract(x * iq, y * iq, z * iq, along_x);
    along_v[-1] = speed_(v);
    vectors_.contract(vx * iv, vy * iv, vz * iv, along_v);
    float const qv = x * vx + y * vy + z * vz;
    *next++ = qv * (unit_vectors ? root3 * iq * iv : full_scale_);
    vectors_.multiply(along_x, along_v, next);
    if (form_.sees_position) vectors_.multiply(along_x, along_r.data(), next += n_products);
    vectors_.square(q > 0 ? 1 : 0, along_x);
    vectors_.square(v > 0 ? 1 : 0, along_v);
    row = next + n_products;
  }
}

namespace {

/// One less than the width comes out of the particles: the count takes its place.
MlpShape particle_shape(Local const& options, std::int64_t inputs) {
  return {.inputs = inputs,
          .hidden_layers = options.layers,
          .width = options.width,
          .outputs = options.width - 1};
}
MlpShape pooled_shape(Local const& options) {
  return {.inputs = options.width,
          .hidden_layers = options.layers,
          .width = options.width,
          .outputs = options.width};
}
MlpShape output_shape(Local const& options) {
  auto result = pooled_shape(options);
  result.outputs = options.n_outputs();
  result.linear_head = true;
  return result;
}
class LocalNetwork : public ModuleNetwork {
 public:
  LocalNetwork(Local const& options, NetworkSetup const& setup, ParameterLayout& layout)
      : options_(options),
        setup_(setup),
        form_(options.form(setup.options)),
        pool_(layout, Local::key, particle_shape(options, form_.n_features()), PoolWeight::one),
        pooled_(layout, std::string(Local::key), "pooled", pooled_shape(options)),
        output_(layout, std::string(Local::key), "output", output_shape(options)) {
    if (!setup.options.any(&ModuleJoints::takes_features))
      head_.emplace(layout, std::string(Local::key), options.n_outputs(), options.width, setup);
  }
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const override {
    pool_.initialise(layout, parameters, seed);
    pooled_.initialise(layout, parameters, seed);
    output_.initialise(layout, parameters, seed);
    if (head_) head_->initialise(layout, parameters, seed);
  }
  void evaluate(ChunkContext& chunk) const override {
    auto const& context = chunk.cluster;
    auto const& batch = context.batch;
    auto const fill = [&](std::span<float> features) { fill_features(chunk, features); };
    auto const pooled = pool_.mean(context, groups(chunk), fill, chunk.backward);
    auto const densities = at::empty({chunk.targets.size(), 1});
    auto const scale = setup_.standardisation.quantity("log_density");
    double const radius = options_.radius.ckpch(batch.cluster.r200c);
    for (std::int64_t i = 0; i < chunk.targets.size(); ++i)
      floats_of(densities)[i] = single(
          scale(log_density(batch.cluster, batch.n_within[chunk.targets.first + i], radius)));
    auto const hidden = pooled_(context, chunk.backward, {pooled, context.put(densities)});
    auto output = output_(context, chunk.backward, {hidden});
    if (options_.pressure_scaling)
      output = scaled(context, chunk.backward, output,
                      setup_.standardisation.reference_p200 / batch.cluster.p200);
    chunk.features.push_back(output);
    if (head_) chunk.pressure = head_->pressure(chunk, output);
  }

 private:
  /// The particles of the targets of a chunk, counted from the chunk's first.
  static RowGroups groups(ChunkContext const& chunk) {
    auto const first = chunk.cluster.batch.first_particle.begin() + chunk.targets.first;
    RowGroups groups{{first, first + chunk.targets.size() + 1}};
    for (auto& row : groups.first) row -= *first;
    return groups;
  }

  void fill_features(ChunkContext const& chunk, std::span<float> features) const {
    auto const& batch = chunk.cluster.batch;
    auto const& cluster = batch.cluster;
    LocalFeatures const fill(cluster, setup_.standardisation, form_,
                             options_.radius.ckpch(cluster.r200c));
    auto const begin = batch.first_particle[chunk.targets.first];
    for (std::int64_t t = chunk.targets.first; t < chunk.targets.last; ++t) {
      auto const first = batch.first_particle[t], n = batch.first_particle[t + 1] - first;
      fill(cluster.r200c * batch.position[t], options_.bulk_velocity(batch, t),
           std::span(batch.local).subspan(first, n),
           features.subspan((first - begin) * fill.n(), n * fill.n()));
    }
  }

  Local options_;
  NetworkSetup const& setup_;
  LocalForm form_;
  ParticlePool pool_;
  Mlp pooled_, output_;
  std::optional<FeatureHead> head_;
};

}  // namespace

std::unique_ptr<ModuleNetwork> Local::network(NetworkSetup const& setup,
                                              ParameterLayout& layout) const {
  return std::make_unique<LocalNetwork>(*this, setup, layout);
}

}  // namespace setsz
