// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/cluster_input.hpp"
#include "model/local_density.hpp"
#include "model/module_list.hpp"
#include "model/network_options.hpp"
#include "model/particle_features.hpp"
#include "pipeline/base/error.hpp"

namespace setsz {

/// Which contraction of position and velocity a local particle brings.
enum class LocalContraction {
  unit,  ///< of the unit vectors, over 1/sqrt(3)
  full   ///< of x/R and v/V200, as in the paper
};

/// Relative to what the velocities of local particles are.
enum class LocalBulk {
  sample,  ///< the mean of the particles that were drawn
  sphere   ///< the mean of all in the sphere, exact
};

/// Which numbers a local particle brings.
struct LocalForm {
  ContractionRule rule;
  bool sees_position;  ///< does the network know where the target is?
  LocalContraction contraction;
  std::int64_t n_features() const {
    return 3 + 2 * rule.n_vectors + (sees_position ? 2 : 1) * rule.n_products();
  }
};

/// What the particles around a target say: a scalar DeepSet with the exact density beside it.
///
/// Where no module takes what it gives, a head of its own makes the corrections from it: then the
/// network sees neither the target's position nor the cluster's scalars.
/// \source Thiele et al. (2022), section 2
class Local : public ModuleOf<Local> {
 public:
  static constexpr std::string_view key = "local";

  std::int64_t layers = 2;
  std::int64_t width = 189;
  std::int64_t outputs = 0;  ///< 0: as many as `width`
  SphereRadius radius{310, SphereRadius::Unit::ckpch};
  LocalContraction contraction = LocalContraction::unit;
  LocalBulk bulk = LocalBulk::sample;
  bool pressure_scaling = true;
  SampleSize particles{256, 1000};

  bool is_default() const override { return true; }
  void declare(OptionList& options) override {
    add_size(options, "local_layers", layers, "hidden layers of each of the three MLPs of local");
    add_size(options, "local_width", width, "neurons in each of them");
    options.add("local_outputs", outputs,
                {.help = "numbers that local gives to the aggregator; 0: local_width, as published",
                 .min = 0,
                 .max = 4096});
    add_sphere_radius(options, "local_radius", radius,
                      "radius of the sphere of particles around a target");
    options.add("local_contraction", contraction,
                {{"unit", LocalContraction::unit}, {"full", LocalContraction::full}},
                {.help = "x^.v^ of unit vectors, or x.v over R V200 as published"});
    options.add(
        "local_bulk", bulk, {{"sample", LocalBulk::sample}, {"sphere", LocalBulk::sphere}},
        {.help = "velocities of local particles are relative to the mean of those that were "
                 "drawn (sample), or of all particles in the sphere, without the noise of "
                 "the sample (sphere)"});
    options.add("local_pressure_scaling", pressure_scaling,
                {.help = "multiply what local gives by P_ref/P200"});
    add_sample_size(options, "local_particles", particles, "particles around a target");
  }
  void validate(NetworkOptions const&) const override {
    require(width >= 2, ExitCode::config, "local_width = ", width,
            " (2 or more is needed: one of the numbers is the count of particles)");
  }
  ModuleJoints joints() const override { return {.gives_pressure = true, .features = n_outputs()}; }
  ModuleNeeds needs() const override {
    return {.local_particles = particles,
            .local_radius = radius,
            .sphere_velocity = bulk == LocalBulk::sphere};
  }
  LearningGroup learning() const override { return {.max_rate = 3e-4}; }

  std::vector<std::string> measured() const override {
    return {"local_radius", "local_speed", "log_density"};
  }
  void measure(std::span<TargetBatch const> lanes, std::span<Moments> sums) const override {
    for (auto const& lane : lanes)
      for (std::int64_t t = 0; t < lane.size(); ++t) measure_target(lane, t, sums);
  }
  ModuleCost cost(NetworkOptions const& network, Phase) const override {
    return {.per_local_particle = mlp_flops(form(network).n_features(), layers, width)};
  }

  /// Relative to what the velocities of a target's particles are [km/s].
  Vec3 bulk_velocity(TargetBatch const& batch, std::int64_t target) const {
    if (bulk == LocalBulk::sphere) return batch.sphere_velocity[target];
    auto const first = batch.first_particle[target];
    return mean_velocity(
        std::span(batch.local).subspan(first, batch.first_particle[target + 1] - first));
  }
  std::int64_t n_outputs() const { return outputs > 0 ? outputs : width; }
  LocalForm form(NetworkOptions const& network) const {
    return {.rule = {network.columns(), network.contractions},
            .sees_position = network.any(&ModuleJoints::takes_features),
            .contraction = contraction};
  }
  std::unique_ptr<ModuleNetwork> network(NetworkSetup const& setup, ParameterLayout& layout) const;

 private:
  void measure_target(TargetBatch const& batch, std::int64_t target,
                      std::span<Moments> sums) const {
    auto const& cluster = batch.cluster;
    double const radius_ckpch = radius.ckpch(cluster.r200c);
    sums[2].add(log_density(cluster, batch.n_within[target], radius_ckpch));
    auto const first = batch.first_particle[target];
    auto const n = batch.first_particle[target + 1] - first;
    if (n == 0) return;
    auto const inside = std::span(batch.local).subspan(first, n);
    Vec3 const mean = bulk_velocity(batch, target);
    for (auto const& p : inside) {
      sums[0].add(norm(position(p) - cluster.r200c * batch.position[target]) / radius_ckpch);
      sums[1].add(norm(velocity(p) - mean) / cluster.v200);
    }
  }
};

/// The numbers of particles in spheres around targets of a cluster: |x|/R, x^.e, |v|/V200, v^.e,
/// x^.v^, (x^.e)(v^.e), and where the position of the target is known (x^.e)(r^.e); x = q - target,
/// v relative to the bulk velocity, r^ the direction of the target from
/// the catalogue's centre.
///
/// Contractions and their products are those of VectorContractions.
class LocalFeatures {
 public:
  LocalFeatures(ClusterInput const& cluster, Standardisation const& standardisation,
                LocalForm const& form, double radius_ckpch);
  std::int64_t n() const { return form_.n_features(); }
  /// \param target  relative to the cluster [ckpc/h]
  /// \param bulk  velocity of the surroundings of the target [km/s]
  /// \param features  shape (n_particles, n)
  void operator()(Vec3 const& target, Vec3 const& bulk, std::span<Particle const> particles,
                  std::span<float> features) const;

 private:
  LocalForm const& form_;
  VectorContractions vectors_;
  FloatAffine radius_, speed_;
  float full_scale_;
};

}  // namespace setsz
