// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/predict_network.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "model/network.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/particle_store.hpp"
#include "stages/predict/prediction_file.hpp"
#include "stages/predict/work_items.hpp"
#include "stages/train/cluster_source.hpp"

namespace setsz {

namespace {

/// Epoch number of the samples of a prediction: no training reaches it.
constexpr std::uint64_t prediction_epoch = 0xfffffffd;

/// What a finished item leaves: the centre's shift, then the pressure of its voxels.
struct Finished {
  std::int64_t item = 0;
  Vec3 shift;
  std::vector<float> pressure;
};

class PredictionRun {
 public:
  PredictionRun(PredictTask const& task, Context& context)
      : task_(task),
        context_(context),
        comm_(context.comm()),
        seed_(task.instance.stream_seed(task.run_seed)) {
    collectively(comm_, "predict: reading the model", [&] {
      table_ = read_clusters(context.product(task.clusters));
      auto const container = read_container(context.product(task.trained));
      network_ = Network::from_container(container);
      network_->use(task.options.device, comm_.rank());
      require(network_->options() == task.model.network, ExitCode::internal, "'", task.trained,
              "' is another network than [model.", task.instance.model, "]");
      rows_ = clusters_to_predict(table_, task.options, task.instance.fold);
      require(!rows_.empty(), ExitCode::config, "fold ", task.instance.fold, " of '", task.clusters,
              "' has no cluster to predict; lower [catalog] mass_min, or set "
              "[predict] clusters = all");
    });
    std::vector<std::int64_t> n_voxels;
    for (auto const row : rows_) {
      lattices_.push_back({task.cube.n_voxels, task.cube.edge(cluster(row)) / cluster(row).r200c});
      voxels_.push_back(lattices_.size() > 1 && lattices_.back().edge_r200 ==
                                                    lattices_[lattices_.size() - 2].edge_r200
                            ? voxels_.back()
                            : std::make_shared<std::vector<std::int32_t> const>(
                                  voxels_to_predict(lattices_.back())));
      n_voxels.push_back(static_cast<std::int64_t>(voxels_.back()->size()));
    }
    items_ = cut_into_items(n_voxels, task.options.block_voxels);
  }

  void go() {
    auto const todo = resume();
    std::vector<double> cost;
    for (auto const item : todo) cost.push_back(cost_of(items_[item]));
    auto const boundaries = balanced_boundaries(cost, comm_.size());
    auto const rank = static_cast<std::size_t>(comm_.rank());
    Range const own{boundaries[rank], boundaries[rank + 1]};
    std::int64_t rounds = 0;
    for (std::size_t r = 0; r + 1 < boundaries.size(); ++r)
      rounds = std::max(rounds, boundaries[r + 1] - boundaries[r]);
    Progress progress("predict", real(own.size()));
    for (std::int64_t round = 0; round < rounds; ++round) {
      collectively(comm_, "predict", [&] {
        if (own.first + round >= own.last) return;
        compute(todo[static_cast<std::size_t>(own.first + round)]);
        progress.update(real(round + 1));
      });
      mark_progress("predict");
      bool const stop = context_.stop_requested() && round + 1 < rounds;
      if (stop || context_.checkpoint_due()) context_.journal().commit(round);
      if (stop) context_.stop_here();
    }
  }

  void write_product() {
    PredictionTable table;
    table.model = task_.instance.model;
    table.fold = task_.instance.fold;
    table.member = Member{task_.instance.seed}.name();
    table.n_voxels = task_.cube.n_voxels;
    table.rows = rows_;
    for (auto const row : rows_) {
      table.ids.push_back(cluster(row).id);
      table.edges.push_back(task_.cube.edge(cluster(row)));
    }
    write_prediction(comm_, context_.part("prediction.h5"), table, assemble());
    context_.note("clusters", std::ssize(rows_));
    context_.note("voxels", n_voxels());
    context_.note_local("voxels_computed", real(computed_));
  }

 private:
  Cluster const& cluster(std::int64_t row) const { return table_.clusters[row]; }
  std::int64_t n_voxels() const {
    std::int64_t n = 0;
    for (auto const& item : items_) n += item.last_voxel - item.first_voxel;
    return n;
  }
  double cost_of(WorkItem const& item) const { return real(item.last_voxel - item.first_voxel); }

  /// Takes back what the journal holds. \return the numbers of the items that are left, ascending
  std::vector<std::int64_t> resume() {
    std::vector<std::int64_t> own;
    context_.journal().for_each([&](Journal::Record const& record) {
      Finished done;
      done.item = record.unit;
      auto const& item = items_.at(record.unit);
      done.pressure.resize(item.last_voxel - item.first_voxel);
      auto const bytes = done.pressure.size() * sizeof(float);
      require(record.bytes.size() == sizeof done.shift + bytes, ExitCode::bad_data,
              "the journal's record of block ", record.unit, " has ", record.bytes.size(),
              " bytes, expected ", sizeof done.shift + bytes, "; start anew with --force");
      std::memcpy(&done.shift, record.bytes.data(), sizeof done.shift);
      std::memcpy(done.pressure.data(), record.bytes.data() + sizeof done.shift, bytes);
      own.push_back(done.item);
      finished_.push_back(std::move(done));
    });
    std::vector<bool> is_done(items_.size(), false);
    for (auto const item : comm_.all_gather_v(own)) is_done[item] = true;
    std::vector<std::int64_t> todo;
    for (std::size_t i = 0; i < items_.size(); ++i)
      if (!is_done[i]) todo.push_back(static_cast<std::int64_t>(i));
    if (todo.size() < items_.size())
      Log::info("predict: ", items_.size() - todo.size(), " of ", items_.size(),
                " blocks were finished before");
    return todo;
  }

  /// Makes `source_` and `shift_` those of a cluster, if they are not yet.
  void load(std::int64_t row) {
    if (source_row_ == row) return;
    if (!store_) store_.emplace(context_.product(task_.particles));
    auto const& options = network_->options();
    double const local_radius = options.local_radius_ckpch(cluster(row).r200c);
    if (options.has("local")) store_->require_local_spheres(row, local_radius);
    source_.reset();  // before the next one takes its memory
    source_ = std::make_unique<ClusterSource>(
        store_->load(row), cluster_input(table_, row, store_->scalars(row), store_->vectors(row)),
        local_radius);
    source_row_ = row;
    shift_ = {};
    if (!options.has("origin")) return;
    auto batch = empty_batch();
    batch.origin = source_->draw_origin(task_.model.origin_particles_test,
                                        Random(seed_, Purpose::origin_sample, stream(row)));
    shift_ = network_->origin_shift(batch);
  }

  TargetBatch empty_batch() const {
    TargetBatch batch;
    batch.cluster_row = source_row_;
    batch.cluster = source_->input();
    batch.xoff_r200 = batch.cluster.scalars[xoff_scalar];
    return batch;
  }

  static std::uint64_t stream(std::int64_t row) {
    return (prediction_epoch << 32) | static_cast<std::uint64_t>(row);
  }

  void compute(std::int64_t number) {
    WorkItem const& item = items_[number];
    auto const cube = static_cast<std::size_t>(item.cube);
    load(rows_[cube]);
    auto batch = empty_batch();
    std::int64_t const n = task_.cube.n_voxels;
    std::int64_t const n_local =
        network_->options().has("local") ? task_.model.local_particles_test : 0;
    for (std::int64_t v = item.first_voxel; v < item.last_voxel; ++v) {
      std::int64_t const voxel = (*voxels_[cube])[v];
      source_->add_target(
          batch, lattices_[cube].centre_r200(voxel / (n * n), voxel / n % n, voxel % n), n_local,
          Random(seed_, Purpose::local_sample, stream(rows_[cube]),
                 static_cast<std::uint64_t>(voxel)));
    }
    Finished done{
        number, shift_,
        network_->predict(batch, {.rows = task_.options.chunk_rows, .targets = 64}, shift_)};
    for (float const p : done.pressure)
      require(std::isfinite(p) && p >= 0, ExitCode::internal, "the network predicts a pressure of ",
              p, " P200 in cluster ", cluster(rows_[cube]).id, "; is the model trained?");
    context_.journal().append(number, {std::as_bytes(std::span(&done.shift, 1)),
                                       std::as_bytes(std::span(done.pressure))});
    computed_ += item.last_voxel - item.first_voxel;
    finished_.push_back(std::move(done));
  }

  /// Sends every finished block to the rank that writes its cube.
  PredictedCubes assemble() {
    auto const n_cubes = std::ssize(rows_);
    std::ranges::sort(finished_, {}, &Finished::item);
    std::vector<std::int64_t> numbers, number_counts(comm_.size());
    std::vector<float> values;
    std::vector<std::int64_t> value_counts(number_counts);
    std::vector<Vec3> shifts;
    std::size_t next = 0;
    for (int rank = 0; rank < comm_.size(); ++rank) {
      Range const range = even_range(n_cubes, rank, comm_.size());
      auto const r = static_cast<std::size_t>(rank);
      for (; next < finished_.size() && range.contains(cube_of(finished_[next].item)); ++next) {
        auto const& done = finished_[next];
        numbers.push_back(done.item), ++number_counts[r];
        shifts.push_back(done.shift);
        values.insert(values.end(), done.pressure.begin(), done.pressure.end());
        value_counts[r] += std::ssize(done.pressure);
      }
    }
    finished_.clear();
    numbers = comm_.all_to_all_v(std::span<std::int64_t const>(numbers), number_counts);
    shifts = comm_.all_to_all_v(std::span<Vec3 const>(shifts), number_counts);
    values = comm_.all_to_all_v(std::span<float const>(values), value_counts);
    return fill_cubes(numbers, shifts, values);
  }

  PredictedCubes fill_cubes(std::vector<std::int64_t> const& numbers,
                            std::vector<Vec3> const& shifts,
                            std::vector<float> const& values) const {
    PredictedCubes cubes;
    cubes.range = even_range(std::ssize(rows_), comm_.rank(), comm_.size());
    auto const n_cells = lattices_.front().n_cells();
    cubes.pressure.assign(cubes.range.size() * n_cells, 0);
    cubes.shift.assign(cubes.range.size() * 3, 0);
    std::size_t next = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      auto const& item = items_[numbers[i]];
      auto const cube = static_cast<std::size_t>(item.cube - cubes.range.first);
      for (std::int64_t v = item.first_voxel; v < item.last_voxel; ++v)
        cubes.pressure[cube * static_cast<std::size_t>(n_cells) +
                       static_cast<std::size_t>((*voxels_[item.cube])[v])] = values[next++];
      for (std::size_t j = 0; j < 3; ++j) cubes.shift[3 * cube + j] = shifts[i][j];
    }
    for (std::int64_t c = cubes.range.first; c < cubes.range.last; ++c) {
      double sum = 0;
      auto const first = (c - cubes.range.first) * n_cells;
      for (auto v = first; v < first + n_cells; ++v) sum += real(cubes.pressure[v]);
      auto const& lattice = lattices_[c];
      cubes.y.push_back(y_unit(cluster(rows_[c]), table_.cosmology.h) *
                        std::pow(lattice.voxel_r200(), 3) * sum);
    }
    return cubes;
  }

  std::int64_t cube_of(std::int64_t item) const { return items_[item].cube; }

  PredictTask const& task_;
  Context& context_;
  Comm const& comm_;
  std::uint64_t seed_;
  ClusterTable table_;
  std::optional<Network> network_;
  std::vector<std::int64_t> rows_;
  std::vector<CubeLattice> lattices_;
  std::vector<std::shared_ptr<std::vector<std::int32_t> const>> voxels_;
  std::vector<WorkItem> items_;
  std::vector<Finished> finished_;
  std::int64_t computed_ = 0;

  std::optional<ParticleStore> store_;
  std::unique_ptr<ClusterSource> source_;  ///< the cluster at work
  std::int64_t source_row_ = -1;
  Vec3 shift_;
};

}  // namespace

void predict_network(PredictTask const& task, Context& context) {
  use_one_thread();
  auto const device = device_description(task.options.device, context.comm().rank());
  Log::info("predict: on ", device);
  context.note("device", device);
  PredictionRun run(task, context);
  run.go();
  run.write_product();
}

}  // namespace setsz
