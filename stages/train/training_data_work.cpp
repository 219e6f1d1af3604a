// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/training_data_work.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/common/moment_file.hpp"
#include "stages/common/particle_store.hpp"

namespace setsz {

std::vector<std::int64_t> epoch_order(std::vector<std::int64_t> rows, std::uint64_t seed,
                                      std::uint64_t epoch) {
  Random random(seed, Purpose::epoch_order, epoch);
  shuffle(rows, random);
  return rows;
}

TrainingData::TrainingData(Comm const& comm, TrainTask const& task, GnfwParameters const& benchmark,
                           TrainingFiles const& files)
    : comm_(comm),
      network_(task.model.network),
      clusters_per_step_(task.options.clusters_per_step),
      seed_(task.instance.stream_seed(task.run_seed)),
      validation_seed_(static_cast<std::uint64_t>(task.run_seed)),
      cluster_weight_(task.options.cluster_weight),
      noise_({}, {}, {}) {
  auto const needs = network_.needs();
  local_radius_ = needs.local_radius;
  training_sizes_ = {.targets = task.options.targets,
                     .lanes = static_cast<int>(task.options.lanes),
                     .local_particles = needs.local_particles.in(Phase::training),
                     .cluster_particles = needs.cluster_particles.in(Phase::training)};
  validation_sizes_ = {.targets = task.options.validation_targets,
                       .lanes = static_cast<int>(task.options.lanes),
                       .local_particles = needs.local_particles.in(Phase::prediction),
                       .cluster_particles = needs.cluster_particles.in(Phase::prediction)};
  collectively(comm_, "train: reading clusters", [&] {
    table_ = read_clusters(files.clusters);
    training_ = table_.rows_of(Split::training, task.instance.fold);
    validation_ = table_.rows_of(Split::validation, task.instance.fold);
    require(!training_.empty() && !validation_.empty(), ExitCode::config, "fold ",
            task.instance.fold, " of '", files.clusters, "' has ", training_.size(),
            " training and ", validation_.size(),
            " validation clusters (at least one of each is needed); lower [catalog] mass_min or "
            "use a larger box");
    load_owned(task, benchmark, files);
  });
  fit_scalars(task, files.particles);
  fit_standardisation();
  fit_modules(files.particles);
}

/// From the scalars of all training clusters: their standardisation, and the noise on them.
void TrainingData::fit_scalars(TrainTask const& task, std::string const& particles_path) {
  std::vector<std::vector<double>> scalars;
  auto const columns = network_.columns();
  collectively(comm_, "train: reading scalars", [&] {
    ParticleStore const store(particles_path);
    for (auto const row : training_)
      scalars.push_back(cluster_input(table_, store, row, columns).scalars);
  });
  for (std::size_t i = 0; i < columns.scalars.size(); ++i) {
    Moments moments;
    for (auto const& s : scalars) moments.add(s[i]);
    standardisation_.scalars.push_back(moments.affine());
  }
  noise_ = ScalarNoise(columns, scalars,
                       {.scalars = task.options.noise,
                        .log_mass = task.options.noise_mass,
                        .vector_angle_deg = task.options.vector_noise_deg});
}

void TrainingData::load_owned(TrainTask const& task, GnfwParameters const& benchmark,
                              TrainingFiles const& files) {
  ParticleStore const store(files.particles);
  CubeFile const cubes(files.pressure);
  auto const target_columns = network_.needs().target_columns;
  std::optional<MomentFile> moments;
  if (!target_columns.empty()) moments.emplace(files.moments).require_clusters(table_);
  require(store.n_clusters() == table_.size() && cubes.size() == table_.size(), ExitCode::bad_data,
          "'", files.particles, "' holds ", store.n_clusters(), " clusters, '", files.pressure,
          "' ", cubes.size(), ", clusters.h5 ", table_.size(),
          "; make them again from one catalogue");
  std::vector<double> cost;
  for (std::int64_t row = 0; row < table_.size(); ++row)
    cost.push_back(
        table_.split_of(row, task.instance.fold) == Split::testing ? 0.0 : real(store.count(row)));
  auto const boundaries = balanced_boundaries(cost, comm_.size());
  auto const rank = static_cast<std::size_t>(comm_.rank());
  auto const columns = network_.columns();
  auto const density_cells = network_.needs().density_cells;
  Progress progress("train: reading", real(boundaries[rank + 1] - boundaries[rank]));
  for (std::int64_t row = boundaries[rank]; row < boundaries[rank + 1]; ++row) {
    if (table_.split_of(row, task.instance.fold) == Split::testing) continue;
    double const r200 = table_.clusters[row].r200c;
    double const local_radius = local_radius_.ckpch(r200);
    store.require_local_spheres(row, local_radius);
    ClusterTarget target{
        cubes.lattice(row, r200), cubes.read(row),
        gnfw_shape(benchmark, table_.clusters[row].m200c, table_.cosmology.h, table_.redshift),
        task.options.target_sampling};
    if (moments) {
      moments->require_lattice(row, target.lattice, r200);
      target.columns = moments->read(row, target_columns);
    }
    auto particles = store.load(row);
    auto input = cluster_input(table_, store, row, columns);
    input.density = cluster_density(particles, input, density_cells);
    owned_[row] = std::make_unique<TrainingCluster>(row, std::move(particles), std::move(input),
                                                    local_radius, target);
    held_bytes_ += owned_[row]->held_bytes();
    progress.update(real(row + 1 - boundaries[rank]));
    mark_progress("train: reading clusters");
  }
}

void TrainingData::fit_standardisation() {
  std::vector<std::string> names;
  for (auto const* module : network_.chosen())
    for (auto& name : module->measured()) names.push_back(std::move(name));
  std::vector<Moments> own;  // of each cluster, in the order of the names
  collectively(comm_, "train: standardising", [&] {
    for (auto const& [row, cluster] : owned_) {
      if (!std::ranges::binary_search(training_, row)) continue;
      auto const moments = cluster->moments(network_, training_sizes_, validation_seed_);
      own.insert(own.end(), moments.begin(), moments.end());
    }
  });
  // Owners are in row order: the sums do not depend on the number of ranks.
  std::vector<Moments> sums(names.size());
  auto const all = comm_.all_gather_v(own);
  for (std::size_t i = 0; i < all.size(); ++i) sums[i % sums.size()] += all[i];
  auto& s = standardisation_;
  for (std::size_t i = 0; i < names.size(); ++i) s.quantities[names[i]] = sums[i].affine();
  double log_p200 = 0;
  for (auto const row : training_) log_p200 += std::log(table_.clusters[row].p200);
  s.reference_p200 = std::exp(log_p200 / real(training_.size()));
}

void TrainingData::fit_modules(std::string const& particles_path) {
  std::vector<Vec3> own;
  collectively(comm_, "train: best centres", [&] {
    if (!network_.needs().best_centres) return;
    for (auto const& [row, cluster] : owned_)
      if (std::ranges::binary_search(training_, row)) own.push_back(cluster->best_centre());
  });
  auto const centres = comm_.all_gather_v(own);  // in the order of the rows
  collectively(comm_, "train: fitting modules", [&] {
    ParticleStore const store(particles_path);
    std::vector<LearningSample> samples;
    for (std::size_t i = 0; i < training_.size(); ++i)
      samples.push_back({cluster_input(table_, store, training_[i], network_.columns()),
                         centres.empty() ? Vec3{} : centres[i]});
    for (auto const* module : network_.chosen()) {
      auto numbers = module->fit(samples);
      if (!numbers.empty()) standardisation_.fitted[std::string(module->name())] = numbers;
    }
  });
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

double TrainingData::weight_of(TrainingCluster const& cluster) const {
  switch (cluster_weight_) {
    case ClusterWeight::none:
      return 1;
    case ClusterWeight::p200:
      return std::pow(cluster.input().p200 / standardisation_.reference_p200, 2);
    case ClusterWeight::benchmark:
      return 1 / cluster.benchmark_loss();
  }
  fail(ExitCode::internal, "unknown weight of a cluster");
}

std::vector<Lane> TrainingData::draw(TrainingCluster const& cluster, std::size_t place,
                                     std::size_t n_clusters, std::uint64_t seed,
                                     std::uint64_t epoch) const {
  bool const training = epoch != validation_epoch;
  auto number = static_cast<int>(place) * training_sizes_.lanes;
  std::vector<Lane> lanes;
  for (auto& batch : cluster.draw(training ? training_sizes_ : validation_sizes_, seed, epoch)) {
    batch.share /= real(n_clusters);
    if (training) noise_.apply(batch.cluster, seed, epoch, batch.cluster_row);
    if (training) batch.weight = weight_of(cluster);
    lanes.push_back({number++, std::move(batch)});
  }
  return lanes;
}

std::vector<Lane> TrainingData::lanes_of(LaneSum const& lanes,
                                         std::vector<std::int64_t> const& rows, std::uint64_t seed,
                                         std::uint64_t epoch) const {
  std::vector<Lane> own;
  std::vector<std::vector<std::byte>> messages(comm_.size());
  collectively(comm_, "train: drawing targets", [&] {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      auto const found = owned_.find(rows[i]);
      if (found == owned_.end()) continue;
      for (auto& lane : draw(*found->second, i, rows.size(), seed, epoch)) {
        int const rank = lanes.rank_of(lane.number);
        if (rank == comm_.rank())
          own.push_back(std::move(lane));
        else
          pack(lane, messages[rank]);
      }
    }
  });
  auto const received = comm_.exchange(messages);
  for (std::size_t cursor = 0; cursor < received.size();)
    own.push_back(unpack_lane(received, cursor));
  std::ranges::sort(own, {}, &Lane::number);
  return own;
}

}  // namespace setsz
