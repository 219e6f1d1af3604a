// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/training_cluster.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/range.hpp"
#include "stages/train/best_centre.hpp"

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

}  // namespace

double drawn_bytes(ModuleNeeds const& needs, DrawSizes const& sizes) {
  constexpr double particle = sizeof(Particle), number = sizeof(float);
  constexpr double of_target = 72, of_lane = 2000;  // beside them: positions, columns, shells
  auto const cubed = real(needs.density_cells * needs.density_cells * needs.density_cells);
  double const target = particle * real(sizes.local_particles) +
                        number * real(needs.target_columns.size()) + of_target;
  double const lane = particle * real(sizes.cluster_particles) + number * cubed + of_lane;
  return target * real(sizes.targets) + lane * real(sizes.lanes);
}

TrainingCluster::TrainingCluster(std::int64_t row, ClusterParticles particles, ClusterInput input,
                                 SphereQuery spheres, ClusterTarget const& target)
    : row_(row),
      sampler_(std::move(particles), std::move(input), spheres),
      lattice_(target.lattice),
      targets_(target.lattice, target.benchmark, target.sampling),
      benchmark_(target.benchmark) {
  require(std::ssize(target.pressure) == lattice_.n_cells(), ExitCode::bad_data,
          "the cube of cluster row ", row, " has ", target.pressure.size(), " voxels, expected ",
          lattice_.n_cells());
  for (std::int32_t const voxel : targets_.voxels()) pressure_.push_back(target.pressure[voxel]);
  require(!pressure_.empty(), ExitCode::bad_data, "cluster row ", row,
          " has no voxel within 2 R200; raise [voxelize] n_voxels or edge");
  for (std::int64_t i = 0; i < n_voxels(); ++i) {
    double const r = norm(voxel_centre(lattice_, targets_.voxels()[i]));
    double const error = gnfw(target.benchmark, r) - real(pressure_[i]);
    benchmark_loss_ += error * error / real(n_voxels());
  }
  require(benchmark_loss_ > 0, ExitCode::bad_data, "cluster row ", row,
          " has exactly the pressure of the benchmark; was its gas made from the profile?");
  take_columns(target.columns);
}

double TrainingCluster::volume_r200() const {
  return real(n_voxels()) * std::pow(lattice_.voxel_r200(), 3);
}

std::vector<TargetBatch> TrainingCluster::draw(DrawSizes const& sizes, std::uint64_t seed,
                                               std::uint64_t epoch) const {
  std::uint64_t const index = stream(epoch, row_);
  Random random(seed, Purpose::target_sample, index);
  auto const targets = targets_.draw(sizes.targets, random);
  auto const n = std::ssize(targets);

  TargetBatch common =
      sampler_.batch(row_, sizes.cluster_particles, Random(seed, Purpose::cluster_sample, index));
  common.epoch = epoch;
  common.share = 1 / real(n);

  std::vector<TargetBatch> lanes(sizes.lanes);
  for (int lane = 0; lane < sizes.lanes; ++lane) {
    auto& batch = lanes[lane] = common;
    Range const part = even_range(n, lane, sizes.lanes);
    batch.first_target = part.first;
    for (std::int64_t t = part.first; t < part.last; ++t) {
      auto const [drawn, weight] = targets[t];
      sampler_.add_target(
          batch, voxel_centre(lattice_, targets_.voxels()[drawn]), sizes.local_particles,
          Random(seed, Purpose::local_sample, index, static_cast<std::uint64_t>(t)));
      batch.truth.push_back(pressure_[drawn]);
      batch.target_weight.push_back(weight);
      auto const columns = columns_.begin() + drawn * n_columns_;
      batch.columns.insert(batch.columns.end(), columns, columns + n_columns_);
    }
  }
  return lanes;
}

/// Puts the columns into the order of the sampler's voxels.
void TrainingCluster::take_columns(std::vector<float> const& in_order_of_lattice) {
  n_columns_ = std::ssize(in_order_of_lattice) / n_voxels();
  require(std::ssize(in_order_of_lattice) == n_columns_ * n_voxels(), ExitCode::bad_data,
          "the moments of cluster row ", row_, " are not those of its ", n_voxels(),
          " voxels; run the stage moments again");
  std::vector<std::int64_t> by_voxel(n_voxels());
  std::iota(by_voxel.begin(), by_voxel.end(), std::int64_t{0});
  std::ranges::sort(by_voxel, {}, [&](std::int64_t i) { return targets_.voxels()[i]; });
  columns_.resize(in_order_of_lattice.size());
  for (std::int64_t row = 0; row < n_voxels(); ++row)
    std::copy_n(in_order_of_lattice.begin() + row * n_columns_, n_columns_,
                columns_.begin() + by_voxel[row] * n_columns_);
}

double TrainingCluster::held_bytes() const {
  return 24.0 * real(sampler_.n_particles()) + 8.0 * real(n_voxels()) + 4.0 * real(columns_.size());
}

Vec3 TrainingCluster::best_centre() const {
  std::vector<PressureSample> voxels;
  for (std::int64_t i = 0; i < n_voxels(); ++i)
    voxels.push_back({voxel_centre(lattice_, targets_.voxels()[i]), real(pressure_[i])});
  return setsz::best_centre(voxels, benchmark_);
}

std::vector<Moments> TrainingCluster::moments(NetworkOptions const& network, DrawSizes const& sizes,
                                              std::uint64_t seed) const {
  auto const lanes = draw(sizes, seed, standardisation_epoch);
  std::vector<Moments> moments;
  for (auto const* module : network.chosen()) {
    std::vector<Moments> sums(module->measured().size());
    module->measure(lanes, sums);
    moments.insert(moments.end(), sums.begin(), sums.end());
  }
  return moments;
}

}  // namespace setsz
