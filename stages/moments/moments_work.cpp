// SPDX-License-Identifier: BSD-3-Clause
#include "stages/moments/moments_work.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>

#include "model/target_batch.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/run/work_loop.hpp"

namespace setsz {

MomentsRun::MomentsRun(MomentsTask const& task, Context& context)
    : task_(task),
      context_(context),
      comm_(context.comm()),
      batch_bytes_(std::llround(context.options().memory_mb * 1e6 / 4)) {
  clusters_ = read_clusters(comm_, context.product(task.clusters));
  collectively(comm_, "moments: opening the inputs", [&] {
    store_.emplace(context.product(task.particles));
    check_inputs();
  });
  describe();
  file_.emplace(comm_, context.part("moments.h5"), table_);
  todo_.resize(clusters_.size());
  std::iota(todo_.begin(), todo_.end(), std::int64_t{0});
  deal();
}

CubeLattice MomentsRun::lattice(std::int64_t row) const {
  return task_.cube.lattice(clusters_.clusters[row]);
}

void MomentsRun::check_inputs() const {
  require(store_->n_clusters() == clusters_.size(), ExitCode::bad_data, "'", task_.particles,
          "' holds the particles of ", store_->n_clusters(), " clusters, but '", task_.clusters,
          "' has ", clusters_.size(), "; run the stage extract again");
  require(clusters_.size() == 0 || store_->particle_mass() > 0, ExitCode::bad_data, "'",
          task_.particles,
          "': its particles differ in mass (the snapshot's MassTable has none for PartType1), but "
          "the stage moments requires particles of one mass; remove it from [run] stages");
  for (std::int64_t row = 0; row < clusters_.size(); ++row) {
    auto const& cluster = clusters_.clusters[row];
    double const needed = cluster_sample_radius_r200 * cluster.r200c;
    require(store_->radius(row) >= needed * (1 - 1e-9), ExitCode::config, "'", task_.particles,
            "' holds the particles of cluster ", cluster.id, " within ", store_->radius(row),
            " ckpc/h, but moments require those within ", cluster_sample_radius_r200,
            " R200 = ", needed, "; raise [extract] radius");
  }
}

/// Fills the table of the file, and the costs.
void MomentsRun::describe() {
  std::vector<std::int64_t> mine;
  collectively(comm_, "moments: counting voxels", [&] {
    Range const range = even_range(clusters_.size(), comm_.rank(), comm_.size());
    double edge = 0;  // mostly the same for all
    for (std::int64_t row = range.first; row < range.last; ++row) {
      auto const cube = lattice(row);
      mine.push_back(edge == cube.edge_r200 ? mine.back() : TargetRows(cube).size());
      edge = cube.edge_r200;
      require(mine.back() > 0, ExitCode::config, "the cube of cluster ", clusters_.clusters[row].id,
              " has no voxel within ", score_radius_r200,
              " R200; raise [voxelize] n_voxels or edge");
    }
  });
  table_.settings = task_.settings;
  table_.n_voxels = task_.cube.n_voxels;
  table_.voxel_position = task_.cube.voxel_position;
  table_.n_targets = comm_.all_gather_v(mine);
  for (std::int64_t row = 0; row < clusters_.size(); ++row) {
    auto const& cluster = clusters_.clusters[row];
    double const factor = task_.settings.scale_factor(cluster.m200c / store_->particle_mass());
    table_.id.push_back(cluster.id);
    table_.edge.push_back(task_.cube.edge(cluster));
    table_.scale_factor.push_back(factor);
    cost_.push_back(moment_seconds(real(store_->count(row)), factor, lattice(row), task_.settings));
  }
}

/// Deals the clusters that are left to the ranks, by cost.
void MomentsRun::deal() {
  std::vector<double> cost;
  for (auto const row : todo_) cost.push_back(cost_[row]);
  auto const boundaries = balanced_boundaries(cost, comm_.size());
  mine_ = {boundaries[comm_.rank()], boundaries[static_cast<std::size_t>(comm_.rank()) + 1]};
}

/// Copies what the journal holds into the file.
void MomentsRun::restore() {
  std::vector<std::int64_t> own;
  std::vector<MomentRows> batch;
  auto const take = [&](Journal::Record const& record) {
    require(record.unit >= 0 && record.unit < clusters_.size(), ExitCode::bad_data,
            "the journal of moments holds cluster ", record.unit, " of ", clusters_.size(),
            "; run with --force to discard it");
    MomentRows rows{record.unit,
                    std::vector<float>(table_.n_targets[record.unit] * table_.n_columns())};
    auto const bytes = rows.moments.size() * sizeof(float);
    require(record.bytes.size() == bytes, ExitCode::bad_data,
            "the journal's record of cluster row ", record.unit, " has ", record.bytes.size(),
            " bytes, expected ", bytes, "; run with --force to discard it");
    std::memcpy(rows.moments.data(), record.bytes.data(), bytes);
    own.push_back(record.unit);
    batch.push_back(std::move(rows));
  };
  context_.journal().for_each(batch_bytes_, take, [&] {
    file_->write(batch);
    batch.clear();
  });
  auto finished = comm_.all_gather_v(own);
  std::ranges::sort(finished);
  std::vector<std::int64_t> left;
  std::ranges::set_difference(todo_, finished, std::back_inserter(left));
  todo_ = std::move(left);
  deal();
}

/// A spell of own clusters on every rank that has any left. \return how many are done
std::int64_t MomentsRun::step(std::int64_t done) {
  std::vector<MomentRows> batch;
  collectively(comm_, "moments", [&] {
    WorkSpell const spell(context_.options());
    std::int64_t bytes = 0;
    while (mine_.size() > 0) {
      auto const row = todo_[mine_.first++];
      batch.push_back(compute(row));
      auto const written = std::as_bytes(std::span(batch.back().moments));
      context_.journal().append(row, written);
      bytes += std::ssize(written);
      mark_progress("moments");
      if (bytes >= batch_bytes_ || spell.is_over()) break;
    }
  });
  file_->write(batch);
  return done + comm_.all_sum(std::ssize(batch));
}

MomentRows MomentsRun::compute(std::int64_t row) const {
  auto const& cluster = clusters_.clusters[row];
  MomentUnits const units{.r200c = cluster.r200c,
                          .v200 = cluster.v200,
                          .n200 = cluster.m200c / store_->particle_mass()};
  MomentRows rows{
      row, cluster_moments(store_->load(row), units, TargetRows(lattice(row)), task_.settings)};
  for (float const moment : rows.moments)
    require(std::isfinite(moment), ExitCode::internal, "cluster ", cluster.id,
            ": a moment of its particles is not finite");
  return rows;
}

void MomentsRun::go() {
  work_through(context_, {.label = "moments",
                          .unit = "clusters",
                          .end = clusters_.size(),
                          .restore = [this] { restore(); },
                          .step = [this](std::int64_t done) { return step(done); },
                          .save = [this](std::int64_t done) { context_.journal().commit(done); }});
  file_->close();
  note_figures();
}

void MomentsRun::note_figures() const {
  std::int64_t n_targets = 0, n_wider = 0, n_thinned = 0;
  double largest = 1;
  for (std::int64_t row = 0; row < clusters_.size(); ++row) {
    n_targets += table_.n_targets[row];
    n_wider += table_.scale_factor[row] > 1;
    n_thinned += store_->count(row) > task_.settings.max_particles;
    largest = std::max(largest, table_.scale_factor[row]);
  }
  context_.note("clusters", clusters_.size());
  context_.note("targets", n_targets);
  context_.note("columns", table_.n_columns());
  context_.note("clusters_with_wider_scales", n_wider);
  context_.note("largest_scale_factor", largest);
  context_.note("clusters_with_a_subsample_of_particles", n_thinned);
}

}  // namespace setsz
