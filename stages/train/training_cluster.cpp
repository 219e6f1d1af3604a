// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/training_cluster.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/range.hpp"

namespace setsz {

namespace {

/// The first index of a stream: an epoch of a cluster.
std::uint64_t stream(std::uint64_t epoch, std::int64_t row) {
  return (epoch << 32) | static_cast<std::uint64_t>(row);
}

Vec3 voxel_centre(CubeLattice const& lattice, std::int64_t voxel) {
  std::int64_t const n = lattice.n;
  return lattice.centre_r200(voxel / (n * n), voxel / n % n, voxel % n);
}

Vec3 position(Particle const& p) { return {p.x, p.y, p.z}; }
Vec3 velocity(Particle const& p) { return {p.vx, p.vy, p.vz}; }

}  // namespace

TrainingCluster::TrainingCluster(std::int64_t row, ClusterParticles particles,
                                 ClusterInput const& input, double local_radius_ckpch,
                                 ClusterTarget const& target)
    : row_(row),
      source_(std::move(particles), input, local_radius_ckpch),
      lattice_(target.lattice),
      sampler_(target.lattice, target.benchmark, target.sampling) {
  require(std::ssize(target.pressure) == lattice_.n_cells(), ExitCode::bad_data,
          "the cube of cluster row ", row, " has ", target.pressure.size(), " voxels, expected ",
          lattice_.n_cells());
  for (std::int32_t const voxel : sampler_.voxels()) pressure_.push_back(target.pressure[voxel]);
  require(!pressure_.empty(), ExitCode::bad_data, "cluster row ", row,
          " has no voxel within 2 R200; raise [voxelize] n_voxels or edge");
}

std::array<TargetBatch, lanes_per_cluster> TrainingCluster::draw(DrawSizes const& sizes,
                                                                 std::uint64_t seed,
                                                                 std::uint64_t epoch) const {
  std::uint64_t const index = stream(epoch, row_);
  Random random(seed, Purpose::target_sample, index);
  auto const targets = sampler_.draw(sizes.targets, random);
  auto const n = std::ssize(targets);

  TargetBatch common;
  common.cluster_row = row_;
  common.epoch = epoch;
  common.cluster = input();
  common.xoff_r200 = input().scalars[xoff_scalar];
  common.share = 1 / real(n);
  if (sizes.origin_particles > 0)
    common.origin =
        source_.draw_origin(sizes.origin_particles, Random(seed, Purpose::origin_sample, index));

  std::array<TargetBatch, lanes_per_cluster> lanes;
  for (int lane = 0; lane < lanes_per_cluster; ++lane) {
    auto& batch = lanes[lane] = common;
    Range const part = even_range(n, lane, lanes_per_cluster);
    batch.first_target = part.first;
    for (std::int64_t t = part.first; t < part.last; ++t) {
      auto const [drawn, weight] = targets[t];
      source_.add_target(batch, voxel_centre(lattice_, sampler_.voxels()[drawn]),
                         sizes.local_particles,
                         Random(seed, Purpose::local_sample, index, static_cast<std::uint64_t>(t)));
      batch.truth.push_back(pressure_[drawn]);
      batch.target_weight.push_back(weight);
    }
  }
  return lanes;
}

ClusterMoments TrainingCluster::moments(DrawSizes const& sizes, double local_radius_ckpch,
                                        std::uint64_t seed) const {
  ClusterMoments moments;
  auto const& c = input();
  bool first = true;
  for (auto const& batch : draw(sizes, seed, standardisation_epoch)) {
    if (std::exchange(first, false))  // all lanes hold the same particles
      for (auto const& p : batch.origin) {
        moments.origin_radius.add(norm(position(p)) / c.r200c);
        moments.origin_speed.add(norm(velocity(p)) / c.v200);
      }
    for (std::size_t t = 0; t < batch.position.size(); ++t) {
      moments.target_radius.add(norm(batch.position[t]));
      if (sizes.local_particles == 0) continue;
      moments.log_count.add(log_count(batch.n_within[t]));
      auto const begin = batch.local.begin() + batch.first_particle[t];
      auto const end = batch.local.begin() + batch.first_particle[t + 1];
      if (begin == end) continue;
      Vec3 bulk;
      for (auto p = begin; p != end; ++p) bulk += velocity(*p);
      bulk *= 1 / real(end - begin);
      for (auto p = begin; p != end; ++p) {
        moments.local_radius.add(norm(position(*p) - c.r200c * batch.position[t]) /
                                 local_radius_ckpch);
        moments.local_speed.add(norm(velocity(*p) - bulk) / c.v200);
      }
    }
  }
  return moments;
}

}  // namespace setsz
