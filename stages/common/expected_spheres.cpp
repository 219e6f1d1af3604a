// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/expected_spheres.hpp"

#include <cmath>
#include <filesystem>

#include "pipeline/base/number.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/particle_store.hpp"

namespace setsz {

std::vector<double> expected_counts(Outlook const& outlook, SnapshotInstance const& snapshot,
                                    ClusterTable const& table) {
  auto const particles = products::particles(snapshot.name);
  auto const path = outlook.path(particles);
  bool const made_anew = outlook.expected<ClusterTable>(products::clusters(snapshot.name)) ||
                         outlook.expected<ExpectedParticles>(particles) ||
                         !std::filesystem::exists(path);
  std::vector<double> counts;
  counts.reserve(table.clusters.size());
  if (made_anew) {
    auto const outline = expected_dark_matter(outlook, snapshot);
    for (auto const& cluster : table.clusters)
      counts.push_back(
          expected_particles(cluster, cluster_sample_radius_r200 * cluster.r200c, outline.header));
  } else {
    ParticleStore const store(path);
    for (std::int64_t row = 0; row < table.size(); ++row) counts.push_back(real(store.count(row)));
  }
  return counts;
}

namespace {

/// Mass within `radius` of a target at the distance r > 0 [R200], in that within R200: of thin
/// shells around the centre the parts that lie in the sphere.
double in_sphere(double r, double radius) {
  constexpr int n = 32;
  double const first = std::abs(radius - r), step = (r + radius - first) / n;
  double below = expected_mass(first), sum = radius > r ? below : 0;
  for (int i = 0; i < n; ++i) {
    double const low = first + i * step, s = low + step / 2, up_to = expected_mass(low + step);
    double const part = (radius * radius - (r - s) * (r - s)) / (4 * r * s);
    sum += part * (up_to - below);
    below = up_to;
  }
  return sum;
}

}  // namespace

ExpectedSphere expected_sphere(ClusterTable const& table, std::vector<double> const& counts,
                               ModuleNeeds const& needs) {
  ExpectedSphere mean;
  if (needs.local_radius.value <= 0) return mean;
  constexpr std::int64_t n_shells = 32, n_samples = 100;
  std::int64_t const step = 1 + table.size() / n_samples;
  double weights = 0;
  for (std::int64_t row = 0; row < table.size(); row += step) {
    double const r200 = table.clusters[row].r200c, size = needs.local_radius.ckpch(r200) / r200;
    double const scale = counts[row] / expected_mass(cluster_sample_radius_r200);
    for (std::int64_t k = 0; k < n_shells; ++k) {
      double const x = (real(k) + 0.5) / n_shells, weight = x * x;
      double const within = scale * in_sphere(2 * x, size);
      weights += weight;
      mean.within += weight * within;
      mean.training += weight * std::min(within, real(needs.local_particles.training));
      mean.prediction += weight * std::min(within, real(needs.local_particles.prediction));
    }
  }
  for (double* sum : {&mean.within, &mean.training, &mean.prediction})
    if (weights > 0) *sum /= weights;
  return mean;
}

}  // namespace setsz
