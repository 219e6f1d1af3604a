// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/cluster_sampler.hpp"

#include <algorithm>
#include <unordered_set>

#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "stages/common/density_grid.hpp"

namespace setsz {

ClusterInput cluster_input(ClusterTable const& table, ParticleStore const& store, std::int64_t row,
                           ClusterColumns const& columns) {
  auto const& cluster = table.clusters[row];
  ClusterInput input{.m200c = cluster.m200c,
                     .r200c = cluster.r200c,
                     .v200 = cluster.v200,
                     .p200 = cluster.p200,
                     .redshift = table.redshift,
                     .h = table.cosmology.h,
                     .particle_mass = store.particle_mass(row),
                     .mean_density = table.cosmology.omega_m * units::rho_crit_0,
                     .scalars = {},
                     .vectors = {},
                     .shells = store.shells(row)};
  for (auto const& name : columns.scalars)
    input.scalars.push_back(store.scalars(row)[store.columns().scalar(name)]);
  for (auto const& column : columns.vectors)
    input.vectors.push_back(store.vectors(row)[store.columns().vector(column.name)]);
  return input;
}

std::vector<float> cluster_density(ClusterParticles const& particles, ClusterInput const& input,
                                   std::int64_t n) {
  if (n == 0) return {};
  return density_grid(particles, {n, density_edge_r200 * input.r200c},
                      input.mean_density / input.particle_mass);
}

SphereQuery sphere_query(ModuleNeeds const& needs, double r200c_ckpch) {
  return {needs.local_radius.ckpch(r200c_ckpch), needs.sphere_velocity};
}

ClusterSampler::ClusterSampler(ClusterParticles particles, ClusterInput input, SphereQuery spheres)
    : particles_(std::move(particles)),
      input_(std::move(input)),
      mean_velocity_(spheres.mean_velocity),
      sample_radius2_(single(cluster_sample_radius_r200 * input_.r200c *
                             cluster_sample_radius_r200 * input_.r200c)) {
  if (spheres.radius_ckpch > 0) spheres_.emplace(particles_, spheres.radius_ckpch);
  for (std::size_t i = 0; i < particles_.x.size(); ++i) {
    float const x = particles_.x[i], y = particles_.y[i], z = particles_.z[i];
    n_within_sample_radius_ += x * x + y * y + z * z < sample_radius2_;
  }
}

Particle ClusterSampler::particle(std::size_t i) const {
  auto const& p = particles_;
  return {p.x[i], p.y[i], p.z[i], p.vx[i], p.vy[i], p.vz[i]};
}

TargetBatch ClusterSampler::batch(std::int64_t row, std::int64_t n_max, Random random) const {
  TargetBatch batch;
  batch.cluster_row = row;
  batch.cluster = input_;
  batch.scalars = input_.scalars;
  if (n_max > 0) batch.cluster_particles = draw_cluster(n_max, random);
  return batch;
}

void ClusterSampler::add_target(TargetBatch& batch, Vec3 const& position_r200, std::int64_t n_max,
                                Random random) const {
  if (batch.first_particle.empty()) batch.first_particle.push_back(0);
  batch.position.push_back(position_r200);
  std::int64_t n_within = 0;
  Vec3 const target = input_.r200c * position_r200;
  if (spheres_ && n_max > 0) {
    n_within = spheres_->sample(target, n_max, random, indices_);
    auto const before = std::ssize(batch.local);
    batch.local.resize(before + indices_.size());
    std::ranges::transform(indices_, batch.local.begin() + before,
                           [this](std::int32_t i) { return particle(i); });
  } else if (spheres_) {
    n_within = spheres_->count(target);
  }
  batch.n_within.push_back(n_within);
  if (spheres_ && mean_velocity_) batch.sphere_velocity.push_back(sphere_velocity(target));
  batch.first_particle.push_back(std::ssize(batch.local));
}

/// Of all particles around a target [km/s].
Vec3 ClusterSampler::sphere_velocity(Vec3 const& target) const {
  Random unused(0, Purpose::local_sample);  // all are taken
  spheres_->sample(target, particles_.size(), unused, indices_);
  std::vector<Particle> members;
  for (auto const i : indices_) members.push_back(particle(i));
  return mean_velocity(members);
}

std::vector<Particle> ClusterSampler::draw_cluster(std::int64_t n_max, Random random) const {
  std::vector<std::int64_t> chosen;
  auto const inside = [&](std::int64_t i) {
    auto const [x, y, z, vx, vy, vz] = particle(i);
    return x * x + y * y + z * z < sample_radius2_;
  };
  auto const size = particles_.size();
  if (2 * n_max >= n_within_sample_radius_) {
    // Nearly all: go through them once, taking each with the probability that is left.
    std::int64_t left = n_within_sample_radius_, wanted = std::min(n_max, left);
    for (std::int64_t i = 0; i < size && wanted > 0; ++i) {
      if (!inside(i)) continue;
      if (static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(left--))) < wanted) {
        chosen.push_back(i);
        --wanted;
      }
    }
  } else {
    std::unordered_set<std::int64_t> taken;
    while (std::ssize(chosen) < n_max) {
      auto const i = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(size)));
      if (inside(i) && taken.insert(i).second) chosen.push_back(i);
    }
    std::ranges::sort(chosen);
  }
  std::vector<Particle> drawn;
  drawn.reserve(chosen.size());
  for (auto const i : chosen) drawn.push_back(particle(i));
  return drawn;
}

}  // namespace setsz
