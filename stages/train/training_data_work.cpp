// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/training_data_work.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <optional>
#include <utility>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/common/moment_file.hpp"
#include "stages/common/particle_store.hpp"
#include "stages/common/residual_file.hpp"
#include "stages/train/fit_file.hpp"
#include "stages/train/joint_profile.hpp"

namespace setsz {

struct TrainingData::TeacherFiles {
  ParticleStore particles;
  CubeFile pressure;
  std::optional<MomentFile> moments;  ///< if the network asks for columns of targets
  std::optional<ResidualFile> residuals;

  TeacherFiles(TrainSource const& source, ModuleNeeds const& needs, Context const& context,
               ClusterTable const& table)
      : particles(context.product(source.particles)), pressure(context.product(source.pressure)) {
    if (!source.moments.empty())
      moments.emplace(context.product(source.moments)).require_clusters(table);
    if (!source.residuals.empty())
      residuals = open_residuals(needs, context.product(source.residuals), table);
    require(particles.n_clusters() == table.size() && pressure.size() == table.size(),
            ExitCode::bad_data, "'", source.particles, "' holds ", particles.n_clusters(),
            " clusters, '", source.pressure, "' ", pressure.size(), ", clusters.h5 ", table.size(),
            "; make them again from one catalogue");
  }
};

std::vector<std::int64_t> epoch_order(std::vector<std::int64_t> rows, std::uint64_t seed,
                                      std::uint64_t epoch) {
  Random random(seed, Purpose::epoch_order, epoch);
  shuffle(rows, random);
  return rows;
}

TrainingData::TrainingData(Comm const& comm, TrainTask const& task, Context const& context)
    : comm_(comm),
      task_(task),
      context_(context),
      network_(task.model.network),
      clusters_per_step_(task.options.clusters_per_step),
      epochs_(task.options.epochs),
      seed_(task.instance.stream_seed(task.run_seed)),
      validation_seed_(static_cast<std::uint64_t>(task.run_seed)),
      cluster_weight_(task.options.cluster_weight),
      noise_({}, {}, {}) {
  auto const needs = network_.needs();
  training_sizes_ = {.targets = task.options.targets,
                     .lanes = static_cast<int>(task.options.lanes),
                     .local_particles = needs.local_particles.in(Phase::training),
                     .cluster_particles = needs.cluster_particles.in(Phase::training)};
  validation_sizes_ = {.targets = task.options.validation_targets,
                       .lanes = static_cast<int>(task.options.lanes),
                       .local_particles = needs.local_particles.in(Phase::prediction),
                       .cluster_particles = needs.cluster_particles.in(Phase::prediction)};
  read_teachers();
  collectively(comm_, "train: reading clusters", [&] { load_owned(); });
  fit_scalars(task.options);
  fit_standardisation();
  fit_modules();
}

void TrainingData::read_teachers() {
  std::int64_t first_row = 0;
  auto const fold = task_.instance.fold;
  for (auto const& source : task_.sources) {
    auto const path = context_.product(source.clusters);
    auto table = read_clusters(comm_, path, task_.choice, context_.product(source.particles));
    GnfwParameters benchmark;
    on_root(comm_, "train: reading clusters",
            [&] { benchmark = read_fit(context_.product(source.gnfw), "benchmark"); });
    benchmark = comm_.broadcast(benchmark, 0);
    auto const rows = [&](Split part) {
      auto all = table.rows_of(part, fold);
      for (auto& row : all) row += first_row;
      return all;
    };
    auto const training = rows(Split::training), validation = rows(Split::validation);
    collectively(comm_, "train: reading clusters", [&] {
      require(
          !training.empty() && !validation.empty(), ExitCode::config, "fold ", fold, " of '", path,
          "' has ", training.size(), " training and ", validation.size(), " validation clusters",
          task_.choice.leaves_out() ? " whose mass agrees ([clusters] mass_disagrees = leave_out)"
                                    : "",
          " (at least one of each is needed); lower [catalog] mass_min or use a larger box");
    });
    training_.insert(training_.end(), training.begin(), training.end());
    validation_.insert(validation_.end(), validation.begin(), validation.end());
    auto const n_rows = table.size();
    teachers_.push_back({std::move(table), benchmark, first_row});
    first_row += n_rows;
  }
}

Teacher const& TrainingData::teacher_of(std::int64_t row) const {
  auto const next = std::ranges::upper_bound(teachers_, row, {}, &Teacher::first_row);
  return *std::prev(next);
}

Cluster const& TrainingData::cluster(std::int64_t row) const {
  auto const& teacher = teacher_of(row);
  return teacher.table.clusters[row - teacher.first_row];
}

GnfwShape TrainingData::benchmark_of(std::int64_t row) const {
  auto const& [table, benchmark, first_row] = teacher_of(row);
  return gnfw_shape(benchmark, cluster(row).m200c, table.cosmology.h, table.redshift);
}

GnfwParameters TrainingData::benchmark() const {
  std::vector<ProfileAt> fits;
  for (auto const& teacher : teachers_) fits.push_back({teacher.benchmark, teacher.table.redshift});
  return joint_profile(fits);
}

/// From the scalars of all training clusters: their standardisation, and the noise on them.
void TrainingData::fit_scalars(TrainOptions const& options) {
  std::vector<std::vector<double>> scalars;
  for (auto const& input : inputs_) scalars.push_back(input.scalars);
  auto const columns = network_.columns();
  for (std::size_t i = 0; i < columns.scalars.size(); ++i) {
    Moments moments;
    for (auto const& s : scalars) moments.add(s[i]);
    standardisation_.scalars.push_back(moments.affine());
  }
  noise_ = ScalarNoise(columns, scalars,
                       {.scalars = options.noise,
                        .log_mass = options.noise_mass,
                        .vector_angle_deg = options.vector_noise_deg});
}

std::vector<std::int64_t> training_boundaries(std::vector<double> particles, int n_ranks) {
  auto const n = real(std::ranges::count_if(particles, [](double c) { return c > 0; }));
  double const mean = std::accumulate(particles.begin(), particles.end(), 0.0) / std::max(n, 1.0);
  for (double& c : particles)
    if (c > 0) c += mean;
  return balanced_boundaries(particles, n_ranks);
}

TrainingData::TeacherFiles TrainingData::open(Teacher const& teacher) const {
  auto const& source = task_.sources[&teacher - teachers_.data()];
  return {source, network_.needs(), context_, teacher.table};
}

/// Deals the rows of all snapshots out, and reads the own ones.
void TrainingData::load_owned() {
  std::vector<TeacherFiles> files;
  std::vector<double> cost;
  auto const columns = network_.columns();
  auto const fold = task_.instance.fold;
  for (auto const& teacher : teachers_) {
    auto const& table = teacher.table;
    auto const& store = files.emplace_back(open(teacher)).particles;
    for (std::int64_t row = 0; row < table.size(); ++row) {
      cost.push_back(table.teaches(row, fold) ? real(store.count(row)) : 0.0);
      if (table.split_of(row, fold) == Split::training)
        inputs_.push_back(cluster_input(table, store, row, columns));
    }
  }
  auto const boundaries = training_boundaries(cost, comm_.size());
  auto const rank = static_cast<std::size_t>(comm_.rank());
  Range const own{boundaries[rank], boundaries[rank + 1]};
  Progress progress("train: reading", real(own.size()));
  for (std::size_t i = 0; i < teachers_.size(); ++i) {
    auto const& [table, benchmark, first_row] = teachers_[i];
    auto const last = std::min(own.last, first_row + table.size());
    for (auto row = std::max(own.first, first_row); row < last; ++row) {
      if (!table.teaches(row - first_row, fold)) continue;
      held_bytes_ += (owned_[row] = read(row, files[i]))->held_bytes();
      progress.update(real(row + 1 - own.first));
      mark_progress("train: reading clusters");
    }
  }
}

std::unique_ptr<TrainingCluster> TrainingData::read(std::int64_t row,
                                                    TeacherFiles const& files) const {
  auto const& [table, benchmark, first_row] = teacher_of(row);
  auto const own_row = row - first_row;  // in the products of its snapshot
  double const r200 = cluster(row).r200c;
  auto const spheres = sphere_query(network_.needs(), r200);
  files.particles.require_local_spheres(own_row, spheres.radius_ckpch);
  ClusterTarget target{files.pressure.lattice(own_row, r200), files.pressure.read(own_row),
                       benchmark_of(row), task_.options.target_sampling};
  if (files.moments) {
    files.moments->require_lattice(own_row, target.lattice, r200);
    target.columns = files.moments->read(own_row, network_.needs().target_columns);
  }
  auto particles = files.particles.load(own_row);
  auto input = cluster_input(table, files.particles, own_row, network_.columns());
  input.density = cluster_density(particles, input, network_.needs().density_cells);
  if (files.residuals) input.residuals = files.residuals->read(own_row);
  return std::make_unique<TrainingCluster>(row, std::move(particles), std::move(input), spheres,
                                           target);
}

void TrainingData::share(std::vector<std::int64_t> const& rows,
                         std::function<void(TrainingCluster const&)> const& visit) const {
  std::map<Teacher const*, TeacherFiles> files;  // that are needed
  Range const part = even_range(std::ssize(rows), comm_.rank(), comm_.size());
  for (auto i = part.first; i < part.last; ++i) {
    auto const found = owned_.find(rows[i]);
    if (found != owned_.end()) {
      visit(*found->second);
      continue;
    }
    auto const& teacher = teacher_of(rows[i]);
    auto place = files.find(&teacher);
    if (place == files.end()) place = files.emplace(&teacher, open(teacher)).first;
    visit(*read(rows[i], place->second));
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
  for (auto const& input : inputs_) log_p200 += std::log(input.p200);
  s.reference_p200 = std::exp(log_p200 / real(training_.size()));
}

void TrainingData::fit_modules() {
  std::vector<Vec3> own;
  collectively(comm_, "train: best centres", [&] {
    if (!network_.needs().best_centres) return;
    for (auto const& [row, cluster] : owned_)
      if (std::ranges::binary_search(training_, row)) own.push_back(cluster->best_centre());
  });
  auto const centres = comm_.all_gather_v(own);  // in the order of the rows
  collectively(comm_, "train: fitting modules", [&] {
    std::vector<LearningSample> samples;
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      samples.push_back({inputs_[i], centres.empty() ? Vec3{} : centres[i]});
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

std::vector<int> ranks_of_lanes(std::int64_t n_lanes, int n_ranks) {
  std::vector<int> ranks;
  for (int rank = 0; rank < n_ranks; ++rank)
    ranks.insert(ranks.end(), even_range(n_lanes, rank, n_ranks).size(), rank);
  return ranks;
}

/// The clusters of a step of training, in the order of their epoch.
TrainingData::Drawing TrainingData::drawing_of(std::int64_t step) const {
  auto const epoch = static_cast<std::uint64_t>(step / steps_per_epoch());
  auto const order = epoch_order(training_, seed_, epoch);
  auto const first = step % steps_per_epoch() * clusters_per_step_;
  auto const last = std::min(std::ssize(order), first + clusters_per_step_);
  return {{order.begin() + first, order.begin() + last}, epoch};
}

std::int64_t steps_drawn_at_once(double bytes_of_step, std::int64_t n_lanes, int n_ranks) {
  if (n_ranks == 1) return 1;
  auto const sharing = std::min<std::int64_t>(n_ranks, n_lanes);
  auto const fit = static_cast<std::int64_t>(drawn_ahead_bytes * real(sharing) / bytes_of_step);
  return std::max<std::int64_t>(1, fit);
}

std::int64_t TrainingData::steps_at_once(DrawSizes const& sizes) const {
  double const bytes_of_step = real(clusters_per_step_) * drawn_bytes(network_.needs(), sizes);
  auto const n_lanes = clusters_per_step_ * sizes.lanes;
  return std::min(steps_drawn_at_once(bytes_of_step, n_lanes, comm_.size()),
                  epochs_ * steps_per_epoch());
}

std::vector<Lane> TrainingData::training_lanes(std::int64_t step) {
  if (ahead_.empty() || step != next_step_) {
    auto const end = std::min(step + steps_at_once(training_sizes_), epochs_ * steps_per_epoch());
    std::vector<Drawing> drawings;
    for (auto next = step; next < end; ++next) drawings.push_back(drawing_of(next));
    auto drawn = deal(drawings);
    ahead_.assign(std::move_iterator(drawn.begin()), std::move_iterator(drawn.end()));
  }
  auto lanes = std::move(ahead_.front());
  ahead_.pop_front();
  next_step_ = step + 1;
  return lanes;
}

std::vector<Lane> TrainingData::validation_lanes(Range places) const {
  auto const rows = validation_.begin();
  return std::move(deal({{{rows + places.first, rows + places.last}, validation_epoch}}).front());
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

void TrainingData::vary(TargetBatch& batch) const {
  noise_.apply(batch.cluster, seed_, batch.epoch, batch.cluster_row);
  Random random(seed_, Purpose::latent, batch.epoch, static_cast<std::uint64_t>(batch.cluster_row));
  batch.normals.resize(network_.needs().normals);
  for (auto& number : batch.normals) number = random.normal();
  batch.progress = real(batch.epoch) / real(epochs_);
}

std::vector<Lane> TrainingData::draw(Drawing const& drawing, std::size_t place) const {
  auto const& cluster = *owned_.at(drawing.rows[place]);
  bool const training = drawing.epoch != validation_epoch;
  auto number = static_cast<int>(place) * training_sizes_.lanes;
  std::vector<Lane> lanes;
  for (auto& batch : cluster.draw(training ? training_sizes_ : validation_sizes_,
                                  training ? seed_ : validation_seed_, drawing.epoch)) {
    batch.share /= real(drawing.rows.size());
    if (training) vary(batch);
    if (training) batch.weight = weight_of(cluster);
    lanes.push_back({number++, std::move(batch)});
  }
  return lanes;
}

std::vector<std::vector<Lane>> TrainingData::deal(std::vector<Drawing> const& drawings) const {
  std::size_t most = 0;
  for (auto const& drawing : drawings) most = std::max(most, drawing.rows.size());
  int const n = static_cast<int>(most) * training_sizes_.lanes;
  std::vector<std::vector<Lane>> own(drawings.size());
  auto const keep = [&](Lane&& lane) {  // lanes travel with their number among all
    auto& lanes = own[lane.number / n];
    lane.number %= n;
    lanes.push_back(std::move(lane));
  };
  std::vector<std::vector<std::byte>> messages(comm_.size());
  collectively(comm_, "train: drawing targets", [&] {
    int first = 0;
    for (auto const& drawing : drawings) {
      auto const n_clusters = drawing.rows.size();
      auto const ranks = ranks_of_lanes(
          static_cast<std::int64_t>(n_clusters) * training_sizes_.lanes, comm_.size());
      for (std::size_t place = 0; place < n_clusters; ++place) {
        if (!owned_.contains(drawing.rows[place])) continue;
        for (auto& lane : draw(drawing, place)) {
          int const rank = ranks[lane.number];
          lane.number += first;
          if (rank == comm_.rank())
            keep(std::move(lane));
          else
            pack(lane, messages[rank]);
        }
      }
      first += n;
    }
  });
  auto const received = comm_.exchange(messages);
  for (std::size_t cursor = 0; cursor < received.size();) keep(unpack_lane(received, cursor));
  for (auto& lanes : own) std::ranges::sort(lanes, {}, &Lane::number);
  return own;
}

}  // namespace setsz
