// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/training_data.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/common/particle_store.hpp"

namespace setsz {

std::vector<std::int64_t> epoch_order(std::vector<std::int64_t> rows, std::uint64_t seed,
                                      std::uint64_t epoch) {
  Random random(seed, Purpose::epoch_order, epoch);
  shuffle(rows, random);
  return rows;
}

TrainingData::TrainingData(Comm const& comm, TrainTask const& task, GnfwParameters const& benchmark,
                           std::string const& clusters_path, std::string const& particles_path,
                           std::string const& pressure_path)
    : comm_(comm),
      network_(task.model.network),
      clusters_per_step_(task.options.clusters_per_step),
      seed_(task.instance.stream_seed(task.run_seed)),
      validation_seed_(static_cast<std::uint64_t>(task.run_seed)),
      weight_by_p200_(task.options.weight_by_p200),
      noise_({}, {}) {
  training_sizes_ = {
      .targets = task.options.targets,
      .local_particles = network_.has("local") ? task.model.local_particles_train : 0,
      .origin_particles = network_.has("origin") ? task.model.origin_particles_train : 0};
  validation_sizes_ = training_sizes_;
  validation_sizes_.targets = task.options.validation_targets;
  collectively(comm_, "train: reading clusters", [&] {
    table_ = read_clusters(clusters_path);
    training_ = table_.rows_of(Split::training, task.instance.fold);
    validation_ = table_.rows_of(Split::validation, task.instance.fold);
    require(!training_.empty() && !validation_.empty(), ExitCode::config, "fold ",
            task.instance.fold, " of '", clusters_path, "' has ", training_.size(),
            " training and ", validation_.size(),
            " validation clusters (at least one of each is needed); lower [catalog] mass_min or "
            "use a larger box");
    load_owned(task, benchmark, particles_path, pressure_path);
  });
  std::vector<ClusterScalars> scalars;
  collectively(comm_, "train: reading scalars", [&] {
    ParticleStore const store(particles_path);
    for (auto const row : training_) scalars.push_back(store.scalars(row));
  });
  for (std::size_t i = 0; i < n_scalars; ++i) {
    Moments moments;
    for (auto const& s : scalars) moments.add(s[i]);
    standardisation_.scalars[i] = moments.affine();
  }
  noise_ = ScalarNoise(scalars, {.scalars = task.options.noise,
                                 .log_mass = task.options.noise_mass,
                                 .vector_angle_deg = task.options.vector_noise_deg});
  fit_standardisation();
}

void TrainingData::load_owned(TrainTask const& task, GnfwParameters const& benchmark,
                              std::string const& particles_path, std::string const& pressure_path) {
  ParticleStore const store(particles_path);
  CubeFile const cubes(pressure_path);
  require(store.n_clusters() == table_.size() && cubes.size() == table_.size(), ExitCode::bad_data,
          "'", particles_path, "' holds ", store.n_clusters(), " clusters, '", pressure_path, "' ",
          cubes.size(), ", clusters.h5 ", table_.size(), "; make them again from one catalogue");
  std::vector<double> cost;
  for (std::int64_t row = 0; row < table_.size(); ++row)
    cost.push_back(
        table_.split_of(row, task.instance.fold) == Split::testing ? 0.0 : real(store.count(row)));
  auto const boundaries = balanced_boundaries(cost, comm_.size());
  auto const rank = static_cast<std::size_t>(comm_.rank());
  Progress progress("train: reading", real(boundaries[rank + 1] - boundaries[rank]));
  for (std::int64_t row = boundaries[rank]; row < boundaries[rank + 1]; ++row) {
    if (table_.split_of(row, task.instance.fold) == Split::testing) continue;
    double const r200 = table_.clusters[row].r200c;
    double const local_radius = network_.local_radius_ckpch(r200);
    if (network_.has("local")) store.require_local_spheres(row, local_radius);
    ClusterTarget const target{
        cubes.lattice(row, r200), cubes.read(row),
        gnfw_shape(benchmark, table_.clusters[row].m200c, table_.cosmology.h, table_.redshift),
        task.options.target_sampling};
    owned_[row] = std::make_unique<TrainingCluster>(
        row, store.load(row), cluster_input(table_, row, store.scalars(row), store.vectors(row)),
        local_radius, target);
    held_bytes_ += 24.0 * real(store.count(row)) + 8.0 * real(owned_[row]->n_voxels());
    progress.update(real(row + 1 - boundaries[rank]));
    mark_progress("train: reading clusters");
  }
}

void TrainingData::fit_standardisation() {
  std::vector<ClusterMoments> own;
  collectively(comm_, "train: standardising", [&] {
    for (auto const& [row, cluster] : owned_)
      if (std::ranges::binary_search(training_, row))
        own.push_back(cluster->moments(training_sizes_,
                                       network_.local_radius_ckpch(cluster->input().r200c),
                                       validation_seed_));
  });
  // Owners are in row order: the sums do not depend on the number of ranks.
  ClusterMoments sum;
  for (auto const& m : comm_.all_gather_v(own)) {
    sum.origin_radius += m.origin_radius, sum.origin_speed += m.origin_speed;
    sum.local_radius += m.local_radius, sum.local_speed += m.local_speed;
    sum.target_radius += m.target_radius, sum.log_count += m.log_count;
  }
  auto& s = standardisation_;
  s.origin_radius = sum.origin_radius.affine(), s.origin_speed = sum.origin_speed.affine();
  s.local_radius = sum.local_radius.affine(), s.local_speed = sum.local_speed.affine();
  s.target_radius = sum.target_radius.affine(), s.log_count = sum.log_count.affine();
  double log_p200 = 0;
  for (auto const row : training_) log_p200 += std::log(table_.clusters[row].p200);
  s.reference_p200 = std::exp(log_p200 / real(training_.size()));
}

std::int64_t TrainingData::steps_per_epoch() const {
  auto const n = std::ssize(training_);
  return (n + clusters_per_step_ - 1) / clusters_per_step_;
}

std::vector<Lane> TrainingData::training_lanes(LaneSum const& lanes, std::uint64_t epoch,
                                               std::int64_t step_of_epoch) const {
  auto const order = epoch_order(training_, seed_, epoch);
  auto const first = static_cast<std::size_t>(step_of_epoch * clusters_per_step_);
  auto const last = std::min(order.size(), first + static_cast<std::size_t>(clusters_per_step_));
  return lanes_of(lanes,
                  {order.begin() + static_cast<std::ptrdiff_t>(first),
                   order.begin() + static_cast<std::ptrdiff_t>(last)},
                  seed_, epoch);
}

std::vector<Lane> TrainingData::validation_lanes(LaneSum const& lanes,
                                                 std::int64_t first_cluster) const {
  auto const last = std::min(std::ssize(validation_), first_cluster + clusters_per_step_);
  return lanes_of(lanes, {validation_.begin() + first_cluster, validation_.begin() + last},
                  validation_seed_, validation_epoch);
}

std::vector<Lane> TrainingData::lanes_of(LaneSum const& lanes,
                                         std::vector<std::int64_t> const& rows, std::uint64_t seed,
                                         std::uint64_t epoch) const {
  bool const training = epoch != validation_epoch;
  std::vector<Lane> own;
  std::vector<std::vector<std::byte>> messages(comm_.size());
  collectively(comm_, "train: drawing targets", [&] {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      auto const found = owned_.find(rows[i]);
      if (found == owned_.end()) continue;
      auto drawn = found->second->draw(training ? training_sizes_ : validation_sizes_, seed, epoch);
      for (std::size_t j = 0; j < drawn.size(); ++j) {
        auto& batch = drawn[j];
        batch.share /= real(rows.size());
        if (training) noise_.apply(batch.cluster, seed, epoch, batch.cluster_row);
        if (training && weight_by_p200_)
          batch.weight = std::pow(batch.cluster.p200 / standardisation_.reference_p200, 2);
        int const lane = static_cast<int>(i) * lanes_per_cluster + static_cast<int>(j);
        int const rank = lanes.rank_of(lane);
        if (rank == comm_.rank()) {
          own.push_back({lane, std::move(batch)});
        } else {
          auto& message = messages[rank];
          auto const* number = reinterpret_cast<std::byte const*>(&lane);
          message.insert(message.end(), number, number + sizeof lane);
          pack(batch, message);
        }
      }
    }
  });
  if (comm_.size() > 1) {
    std::vector<std::byte> send;
    std::vector<std::int64_t> counts;
    for (auto const& message : messages) {
      send.insert(send.end(), message.begin(), message.end());
      counts.push_back(std::ssize(message));
    }
    auto const received = comm_.all_to_all_v(std::span<std::byte const>(send), counts);
    for (std::size_t cursor = 0; cursor < received.size();) {
      Lane lane;
      std::copy_n(received.data() + cursor, sizeof lane.number,
                  reinterpret_cast<std::byte*>(&lane.number));
      cursor += sizeof lane.number;
      lane.batch = unpack(received, cursor);
      own.push_back(std::move(lane));
    }
  }
  std::ranges::sort(own, {}, &Lane::number);
  return own;
}

}  // namespace setsz
