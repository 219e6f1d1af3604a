// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>

#include "model/module_table.hpp"
#include "model/network_options.hpp"
#include "model/target_batch.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz::testing {

inline Vec3 random_vector(Random& random, double scale) {
  return {scale * random.normal(), scale * random.normal(), scale * random.normal()};
}

/// A cluster with plausible scales and random particles; targets with `counts` local particles each
/// (cyclic). The truth is a smooth function of the position.
inline TargetBatch random_batch(std::uint64_t seed, std::int64_t n_targets,
                                std::vector<std::int64_t> const& counts,
                                std::int64_t n_origin = 100) {
  Random random(seed, Purpose::test, 7);
  TargetBatch batch;
  batch.cluster_row = static_cast<std::int64_t>(seed);
  auto const columns = ColumnChoice{}.columns();
  auto& cluster = batch.cluster;
  cluster.m200c = 1e4, cluster.r200c = 750, cluster.v200 = 750, cluster.p200 = 0.25;
  cluster.particle_mass = 4, cluster.mean_density = 8.6e-9;
  for (std::int64_t i = 0; i < columns.n_scalars(); ++i) cluster.scalars.push_back(random.normal());
  for (std::int64_t i = 0; i < columns.n_vectors(); ++i)
    cluster.vectors.push_back(unit(random_vector(random, 1)));
  batch.scalars = cluster.scalars;
  batch.scalars[columns.scalar("xoff")] = 0.1;
  batch.first_particle = {0};
  auto const particle = [&](Vec3 const& centre, double scale) {
    Vec3 const q = centre + random_vector(random, scale), v = random_vector(random, 500);
    return Particle{single(q.x), single(q.y), single(q.z), single(v.x), single(v.y), single(v.z)};
  };
  for (std::int64_t t = 0; t < n_targets; ++t) {
    Vec3 const r = random_vector(random, 0.5);
    batch.position.push_back(r);
    batch.truth.push_back(single(3 * std::exp(-2 * norm(r))));
    batch.target_weight.push_back(single(0.5 + norm(r)));
    auto const n = counts[static_cast<std::size_t>(t) % counts.size()];
    for (std::int64_t i = 0; i < n; ++i)
      batch.local.push_back(particle(batch.cluster.r200c * r, 150));
    batch.n_within.push_back(10 * n);
    auto const own = std::span(batch.local).last(n);
    batch.sphere_velocity.push_back(mean_velocity(own) + Vec3{50, -20, 30});
    batch.first_particle.push_back(std::ssize(batch.local));
  }
  for (std::int64_t i = 0; i < n_origin; ++i)
    batch.cluster_particles.push_back(particle({40, -20, 10}, 700));
  for (std::size_t b = 0; b < n_cluster_shells; ++b)
    cluster.shells.push_back(random_vector(random, 0.05));
  return batch;
}

/// The same batch with all positions, velocities and cluster vectors transformed: rotated, or
/// mirrored, which besides changes the sign of axial vectors.
inline TargetBatch transformed(TargetBatch batch, Mat3 const& matrix, bool is_mirror) {
  auto const turn = [&](Particle& p) {
    Vec3 const q = matrix * Vec3{p.x, p.y, p.z}, v = matrix * Vec3{p.vx, p.vy, p.vz};
    p = {single(q.x), single(q.y), single(q.z), single(v.x), single(v.y), single(v.z)};
  };
  for (auto& p : batch.local) turn(p);
  for (auto& p : batch.cluster_particles) turn(p);
  for (auto& r : batch.position) r = matrix * r;
  for (auto& v : batch.sphere_velocity) v = matrix * v;
  for (auto& shell : batch.cluster.shells) shell = matrix * shell;
  auto const columns = ColumnChoice{}.columns();
  for (std::size_t k = 0; k < columns.vectors.size(); ++k) {
    auto& e = batch.cluster.vectors[k];
    e = matrix * e;
    if (is_mirror && columns.vectors[k].parity == Parity::axial) e = -e;
  }
  return batch;
}
inline TargetBatch rotated(TargetBatch const& batch, Mat3 const& rotation) {
  return transformed(batch, rotation, false);
}

inline NetworkOptions small_network(std::vector<std::string> modules) {
  NetworkOptions options;
  options.modules = std::move(modules);
  // With the heads' full weights sinh(a2) is large: at k = 1 its rounding would be what tests
  // compare.
  options.initial_k = 0.1;
  auto& origin = options.get<Origin>();
  origin.layers = 2, origin.width = 12;
  auto& local = options.get<Local>();
  local.layers = 1, local.width = 10, local.outputs = 4;
  auto& aggregator = options.get<Aggregator>();
  aggregator.layers = 2, aggregator.width = 14;
  // Modules that a test's own table may lack.
  auto const listed = [&](std::string_view name) {
    return std::ranges::find(options.modules, name) != options.modules.end();
  };
  auto const set = [](auto& module, std::int64_t width) {
    module.layers = 1, module.width = width;
  };
  if (listed("density")) set(options.get<Density>(), 10);
  if (listed("deformer")) {
    set(options.get<Deformer>(), 9);
    options.get<Gnfw>().fixed = {"xc"};
  }
  if (listed("cluster_scalar")) {
    set(options.get<ClusterScalar>(), 8);
    options.get<ClusterScalar>().outputs = 3;
  }
  if (listed("cluster_vector")) {
    set(options.get<ClusterVector>(), 8);
    options.get<ClusterVector>().outputs = 3;
  }
  return options;
}

}  // namespace setsz::testing
