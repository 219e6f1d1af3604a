// SPDX-License-Identifier: BSD-3-Clause
#include "model/cluster_features.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "pipeline/base/error.hpp"

namespace setsz {

std::vector<std::string> cluster_quantities(std::string_view module) {
  return {concat(module, "_radius"), concat(module, "_speed")};
}

void measure_cluster_particles(std::span<TargetBatch const> lanes, std::span<Moments> sums) {
  auto const& cluster = lanes.front().cluster;
  for (auto const& p : lanes.front().cluster_particles) {
    sums[0].add(norm(position(p)) / cluster.r200c);
    sums[1].add(norm(velocity(p)) / cluster.v200);
  }
}

ClusterForm::ClusterForm(std::string_view module, NetworkOptions const& network,
                         Standardisation const& the_standardisation)
    : rule(network.columns(), network.contractions),
      radius(the_standardisation.quantity(cluster_quantities(module)[0])),
      speed(the_standardisation.quantity(cluster_quantities(module)[1])),
      standardisation(the_standardisation) {}

std::int64_t n_cluster_features(NetworkOptions const& network) {
  auto const columns = network.columns();
  ContractionRule const rule(columns, network.contractions);
  return 2 + 2 * rule.n_vectors + rule.n_products() + columns.n_scalars();
}

void cluster_features(ClusterInput const& cluster, ClusterForm const& form,
                      std::span<Particle const> particles, std::span<float> features) {
  VectorContractions const vectors(cluster.vectors, form.rule);
  FloatAffine const radius(form.radius, cluster.r200c);
  FloatAffine const speed(form.speed, cluster.v200);
  auto const scalars = form.standardisation.standardised(cluster.scalars);
  auto const n = vectors.n();
  assert(std::ssize(features) ==
         std::ssize(particles) * (2 + 2 * n + vectors.n_products() + std::ssize(scalars)));
  float* row = features.data();
  for (Particle const& p : particles) {
    float const q = std::sqrt(p.x * p.x + p.y * p.y + p.z * p.z);
    float const v = std::sqrt(p.vx * p.vx + p.vy * p.vy + p.vz * p.vz);
    float const iq = inverse_or_zero(q), iv = inverse_or_zero(v);
    float* const along_q = row + 2;
    float* const along_v = along_q + n;
    float* const products = along_v + n;
    row[0] = radius(q);
    row[1] = speed(v);
    vectors.contract(p.x * iq, p.y * iq, p.z * iq, along_q);
    vectors.contract(p.vx * iv, p.vy * iv, p.vz * iv, along_v);
    vectors.multiply(along_q, along_v, products);
    vectors.square(q > 0 ? 1 : 0, along_q);
    vectors.square(v > 0 ? 1 : 0, along_v);
    row = std::ranges::copy(scalars, products + vectors.n_products()).out;
  }
}

}  // namespace setsz
