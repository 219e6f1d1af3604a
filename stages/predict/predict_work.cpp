// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/predict_work.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "model/flux_correction.hpp"
#include "model/model_file.hpp"
#include "model/network.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/run/work_loop.hpp"
#include "stages/common/cluster_sampler.hpp"
#include "stages/common/moment_file.hpp"
#include "stages/common/trained_model.hpp"
#include "stages/predict/prediction_file_work.hpp"
#include "stages/predict/work_items.hpp"

namespace setsz {

namespace {

/// Epoch number of the samples of a prediction: no training reaches it.
constexpr std::uint64_t prediction_epoch = 0xfffffffd;

FluxCorrection flux_correction_of(ModelState const& model, std::string const& product) {
  require(model.description.contains("flux"), ExitCode::config, "'", product,
          "' has no flux correction (an earlier version has trained it); train it again, or set "
          "[predict] flux_correction = no");
  return model.description.at("flux").get<FluxCorrection>();
}

/// A network, and what it has found out of the cluster at work.
struct Predictor {
  Network network;
  std::uint64_t seed;   ///< of the particles that it draws
  FluxCorrection flux;  ///< without bins: none
  TargetBatch whole{};  ///< the cluster without targets
  ClusterState known{};
};

Predictor read_predictor(std::string const& path, PredictTask const& task, int rank) {
  auto const state = read_model(path);
  require(state.description.contains("sampling_seed"), ExitCode::bad_data, "'", path,
          "' has no sampling_seed; it was written by another version of setsz, train it again");
  Predictor predictor{
      Network::from_state(state), state.description.at("sampling_seed").get<std::uint64_t>(),
      task.options.flux_correction ? flux_correction_of(state, path) : FluxCorrection{}};
  predictor.network.use(task.options.device, rank);
  require(predictor.network.options() == task.section.network, ExitCode::internal, "'", path,
          "' is another network than [model.", task.model, "]");
  return predictor;
}

/// What a finished item leaves.
struct Finished {
  std::int64_t item = 0;
  /// Of its cluster, all states in a row; behind them the sum of the pressure before the flux
  /// correction.
  std::vector<double> state;
  std::vector<float> pressure;  ///< of its voxels, corrected
};

class PredictionRun {
 public:
  PredictionRun(PredictTask const& task, Context& context)
      : task_(task),
        context_(context),
        comm_(context.comm()),
        files_(task.network.empty() ? task.section.trained.files()
                                    : std::vector{context.product(task.network)}) {
    collectively(comm_, "predict: reading the model", [&] {
      table_ = read_clusters(context.product(task.clusters));
      for (auto const& file : files_)
        predictors_.push_back(read_predictor(file, task, comm_.rank()));
      rows_ = clusters_to_predict(table_, task.options, task.fold);
      require(!rows_.empty(), ExitCode::config, "fold ", task.fold.value_or(0), " of '",
              task.clusters,
              "' has no cluster to predict; lower [catalog] mass_min, or set "
              "[predict] clusters = all");
    });
    states_ = task.section.network.predicted_states();
    for (auto const& state : states_) state_size_ += state.size;
    state_size_ += 1;  // the sum of the pressure
    std::vector<std::int64_t> n_voxels;
    for (auto const row : rows_) {
      lattices_.push_back(task.cube.lattice(cluster(row)));
      voxels_.push_back(lattices_.size() > 1 && lattices_.back().edge_r200 ==
                                                    lattices_[lattices_.size() - 2].edge_r200
                            ? voxels_.back()
                            : std::make_shared<std::vector<std::int32_t> const>(
                                  voxels_to_predict(lattices_.back())));
      n_voxels.push_back(std::ssize(*voxels_.back()));
    }
    items_ = cut_into_items(n_voxels, task.options.block_voxels);
  }

  void go() {
    todo_.resize(items_.size());
    std::iota(todo_.begin(), todo_.end(), std::int64_t{0});
    deal();
    work_through(context_,
                 {.label = "predict",
                  .unit = "blocks",
                  .end = std::ssize(items_),
                  .restore = [this] { restore(); },
                  .step = [this](std::int64_t done) { return step(done); },
                  .save = [this](std::int64_t done) { context_.journal().commit(done); }});
  }

  void write_product() {
    PredictionTable table;
    table.model = task_.model;
    table.fold = task_.fold.value_or(0);
    table.member = task_.member.name();
    table.flux_correction = flux_corrections();
    table.states = states_;
    table.n_voxels = task_.cube.n_voxels;
    table.voxel_position = task_.cube.voxel_position;
    table.rows = rows_;
    for (auto const row : rows_) {
      table.ids.push_back(cluster(row).id);
      table.edges.push_back(task_.cube.edge(cluster(row)));
    }
    if (task_.network.empty()) compare_with_training(table);
    write_prediction(comm_, context_.part("prediction.h5"), table, assemble());
    context_.note("clusters", std::ssize(rows_));
    if (predictors_.size() == 1) context_.note("flux_correction", predictors_.front().flux);
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

  /// Deals the items that are left out to the ranks, by cost.
  void deal() {
    std::vector<double> cost;
    for (auto const item : todo_)
      cost.push_back(real(items_[item].last_voxel - items_[item].first_voxel));
    boundaries_ = balanced_boundaries(cost, comm_.size());
    round_ = 0;
  }

  /// One item on every rank that has one left. \return how many are done then
  std::int64_t step(std::int64_t done) {
    collectively(comm_, "predict", [&] {
      auto const next = boundaries_[comm_.rank()] + round_;
      if (next < boundaries_[comm_.rank() + 1]) compute(todo_[next]);
    });
    for (int rank = 0; rank < comm_.size(); ++rank)
      done += boundaries_[rank] + round_ < boundaries_[rank + 1];
    ++round_;
    return done;
  }

  /// Takes back what the journal holds.
  void restore() {
    std::vector<std::int64_t> own;
    auto const state_bytes = sizeof(double) * static_cast<std::size_t>(state_size_);
    context_.journal().for_each([&](Journal::Record const& record) {
      auto const& item = items_.at(record.unit);
      Finished done{record.unit, std::vector<double>(state_size_),
                    std::vector<float>(item.last_voxel - item.first_voxel)};
      auto const bytes = done.pressure.size() * sizeof(float);
      require(record.bytes.size() == state_bytes + bytes, ExitCode::bad_data,
              "the journal's record of block ", record.unit, " has ", record.bytes.size(),
              " bytes, expected ", state_bytes + bytes, "; start again with --force");
      if (state_bytes > 0) std::memcpy(done.state.data(), record.bytes.data(), state_bytes);
      std::memcpy(done.pressure.data(), record.bytes.data() + state_bytes, bytes);
      own.push_back(done.item);
      finished_.push_back(std::move(done));
    });
    auto finished = comm_.all_gather_v(own);
    std::ranges::sort(finished);
    std::vector<std::int64_t> left;
    std::ranges::set_difference(todo_, finished, std::back_inserter(left));
    todo_ = std::move(left);
    deal();
  }

  /// Makes the cluster at work that of a cube, if it is not yet.
  void load(std::int64_t cube) {
    auto const row = rows_[cube];
    if (row_ == row) return;
    if (!store_) store_.emplace(context_.product(task_.particles));
    auto const needs = task_.section.network.needs();
    auto const spheres = sphere_query(needs, cluster(row).r200c);
    store_->require_local_spheres(row, spheres.radius_ckpch);
    sampler_.reset();  // before the next one takes its memory
    auto particles = store_->load(row);
    auto input = cluster_input(table_, *store_, row, task_.section.network.columns());
    input.density = cluster_density(particles, input, needs.density_cells);
    sampler_ =
        std::make_unique<ClusterSampler>(std::move(particles), std::move(input), spheres);
    for (auto& predictor : predictors_) {
      predictor.whole =
          sampler_->batch(row, needs.cluster_particles.in(Phase::prediction),
                          Random(predictor.seed, Purpose::cluster_sample, stream(row)));
      predictor.known = predictor.network.cluster_state(predictor.whole);
    }
    row_ = row;
    if (needs.target_columns.empty()) return;
    if (!moments_) moments_.emplace(context_.product(task_.moments)).require_clusters(table_);
    moments_->require_lattice(row, lattices_[cube], cluster(row).r200c);
    n_columns_ = std::ssize(needs.target_columns);
    columns_ = moments_->read(row, needs.target_columns);
  }

  static std::uint64_t stream(std::int64_t row) {
    return (prediction_epoch << 32) | static_cast<std::uint64_t>(row);
  }

  /// P/P200 of the voxels of an item, by one network.
  std::vector<float> predict(Predictor const& predictor, WorkItem const& item) const {
    auto batch = predictor.whole;
    auto const n_local = task_.section.network.needs().local_particles.in(Phase::prediction);
    for (std::int64_t v = item.first_voxel; v < item.last_voxel; ++v) {
      std::int64_t const voxel = (*voxels_[item.cube])[v];
      sampler_->add_target(batch, voxel_centre(item.cube, v), n_local,
                           Random(predictor.seed, Purpose::local_sample, stream(row_),
                                  static_cast<std::uint64_t>(voxel)));
      auto const own = columns_.begin() + v * n_columns_;
      batch.columns.insert(batch.columns.end(), own, own + n_columns_);
    }
    return predictor.network.predict(batch, {.rows = task_.options.chunk_rows, .targets = 64},
                                     predictor.known);
  }

  /// \param v  in the cube's list of voxels [R200]
  Vec3 voxel_centre(std::int64_t cube, std::int64_t v) const {
    std::int64_t const n = task_.cube.n_voxels, voxel = (*voxels_[cube])[v];
    return lattices_[cube].centre_r200(voxel / (n * n), voxel / n % n, voxel % n);
  }

  void compute(std::int64_t number) {
    WorkItem const& item = items_[number];
    auto const row = rows_[item.cube];
    load(item.cube);
    // The mean of the networks, in their order, as EnsembleStage takes it.
    auto const share = 1 / real(predictors_.size());
    std::vector<double> state(static_cast<std::size_t>(state_size_)),
        pressure(static_cast<std::size_t>(item.last_voxel - item.first_voxel));
    for (auto const& predictor : predictors_) {
      auto const one_state = flat(predictor.known);
      auto const one_pressure = predict(predictor, item);
      double const strength = predictor.flux.strength(cluster(row).m200c);
      for (std::size_t i = 0; i < one_state.size(); ++i) state[i] += share * one_state[i];
      for (std::size_t i = 0; i < pressure.size(); ++i) {
        state.back() += share * real(one_pressure[i]);
        double const radius =
            norm(voxel_centre(item.cube, item.first_voxel + static_cast<std::int64_t>(i)));
        double const factor = 1 + strength * flux_share(radius);
        pressure[i] += share * real(single(factor * real(one_pressure[i])));
      }
    }
    Finished done{number, std::move(state), {}};
    for (double const p : pressure) done.pressure.push_back(single(p));
    for (float const p : done.pressure)
      require(std::isfinite(p) && p >= 0, ExitCode::internal, "the network predicts a pressure of ",
              p, " P200 in cluster ", cluster(row).id, "; is the model trained?");
    context_.journal().append(
        number, {std::as_bytes(std::span(done.state)), std::as_bytes(std::span(done.pressure))});
    computed_ += item.last_voxel - item.first_voxel;
    finished_.push_back(std::move(done));
  }

  /// All states in a row; zero for what this network does not leave.
  std::vector<double> flat(ClusterState const& known) const {
    std::vector<double> numbers;
    for (auto const& state : states_) {
      auto const found = known.find(state.name);
      if (found != known.end())
        numbers.insert(numbers.end(), found->second.begin(), found->second.end());
      else
        numbers.resize(numbers.size() + static_cast<std::size_t>(state.size), 0);
    }
    return numbers;
  }

  /// Sends every finished block to the rank that writes its cube.
  PredictedCubes assemble() {
    std::ranges::sort(finished_, {}, &Finished::item);
    std::vector<std::vector<std::int64_t>> numbers(comm_.size());
    std::vector<std::vector<double>> states(comm_.size());
    std::vector<std::vector<float>> values(comm_.size());
    std::size_t next = 0;
    for (int rank = 0; rank < comm_.size(); ++rank) {
      Range const range = even_range(std::ssize(rows_), rank, comm_.size());
      for (; next < finished_.size() && range.contains(items_[finished_[next].item].cube); ++next) {
        auto const& [item, state, pressure] = finished_[next];
        numbers[rank].push_back(item);
        states[rank].insert(states[rank].end(), state.begin(), state.end());
        values[rank].insert(values[rank].end(), pressure.begin(), pressure.end());
      }
    }
    finished_.clear();
    auto const own_numbers = comm_.exchange(numbers);
    auto const own_states = comm_.exchange(states);
    return fill_cubes(own_numbers, own_states, comm_.exchange(values));
  }

  PredictedCubes fill_cubes(std::vector<std::int64_t> const& numbers,
                            std::vector<double> const& states,
                            std::vector<float> const& values) const {
    PredictedCubes cubes;
    cubes.range = even_range(std::ssize(rows_), comm_.rank(), comm_.size());
    auto const n_cells = lattices_.front().n_cells();
    cubes.pressure.assign(cubes.range.size() * n_cells, 0);
    for (auto const& state : states_) cubes.states.emplace_back(cubes.range.size() * state.size);
    std::vector<std::map<std::int64_t, double>> uncorrected(cubes.range.size());  // by item
    auto value = values.begin();
    auto number = states.begin();
    for (auto const item_number : numbers) {
      auto const& item = items_[item_number];
      auto const cube = item.cube - cubes.range.first;
      for (std::int64_t v = item.first_voxel; v < item.last_voxel; ++v)
        cubes.pressure[cube * n_cells + (*voxels_[item.cube])[v]] = *value++;
      for (std::size_t i = 0; i < states_.size(); ++i) {
        std::copy_n(number, states_[i].size, cubes.states[i].begin() + cube * states_[i].size);
        number += states_[i].size;
      }
      uncorrected[cube][item_number] = *number++;
    }
    add_sums(cubes, uncorrected);
    return cubes;
  }

  /// Y, and the flux correction that it contains.
  void add_sums(PredictedCubes& cubes,
                std::vector<std::map<std::int64_t, double>> const& uncorrected) const {
    auto const n_cells = lattices_.front().n_cells();
    for (std::int64_t c = cubes.range.first; c < cubes.range.last; ++c) {
      double sum = 0;
      auto const first = (c - cubes.range.first) * n_cells;
      for (auto v = first; v < first + n_cells; ++v) sum += real(cubes.pressure[v]);
      auto const& lattice = lattices_[c];
      cubes.y.push_back(y_unit(cluster(rows_[c]), table_.cosmology.h) *
                        std::pow(lattice.voxel_r200(), 3) * sum);
      double before = 0;
      for (auto const& [item, part] : uncorrected[c - cubes.range.first]) before += part;
      bool const corrected = flux_corrections() != "none" && before > 0;
      cubes.flux_factor.push_back(corrected ? sum / before : 1);
      double strength = 0;
      for (auto const& predictor : predictors_)
        strength += predictor.flux.strength(cluster(rows_[c]).m200c) / real(predictors_.size());
      cubes.flux_strength.push_back(strength);
    }
  }

  /// The flux corrections as JSON, of several networks a list.
  std::string flux_corrections() const {
    auto all = nlohmann::json::array();
    bool any = false;
    for (auto const& [network, seed, flux, whole, known] : predictors_) {
      any = any || !flux.bins.empty();
      all.push_back(flux.bins.empty() ? nlohmann::json() : nlohmann::json(flux));
    }
    if (!any) return "none";
    return all.size() == 1 ? all.front().dump() : all.dump();
  }

  /// Which clusters are unlike those that the model has seen.
  void compare_with_training(PredictionTable& table) {
    on_root(comm_, "predict: comparing with the training", [&] {
      auto const trained = read_trained(files_);
      require_comparable(trained.on, table_.mass_definition, concat("[model.", task_.model, "]"));
      auto const particle_mass = ParticleStore(context_.product(task_.particles)).particle_mass();
      auto const bits = outside_training(trained.on, table_, particle_mass);
      for (auto const row : rows_) table.outside_training.push_back(bits[row]);
      table.trained_on = nlohmann::json(trained.on).dump();
    });
    table.outside_training = comm_.broadcast(table.outside_training, 0);
    table.trained_on = comm_.broadcast(table.trained_on, 0);
    context_.note("networks", std::ssize(predictors_));
    context_.note("outside_training",
                  std::ssize(rows_) - std::ranges::count(table.outside_training, 0));
  }

  PredictTask const& task_;
  Context& context_;
  Comm const& comm_;
  std::vector<std::string> files_;  ///< of the networks
  ClusterTable table_;
  std::vector<Predictor> predictors_;
  std::vector<std::int64_t> rows_;
  std::vector<CubeLattice> lattices_;
  std::vector<std::shared_ptr<std::vector<std::int32_t> const>> voxels_;
  std::vector<ClusterStateInfo> states_;  ///< that the product holds
  std::int64_t state_size_ = 0;           ///< numbers of a cluster in all of them
  std::vector<WorkItem> items_;
  std::vector<std::int64_t> todo_;        ///< numbers of the items that are left, ascending
  std::vector<std::int64_t> boundaries_;  ///< in todo_, of the ranks
  std::int64_t round_ = 0;                ///< items that each rank has taken of its own
  std::vector<Finished> finished_;
  std::int64_t computed_ = 0;

  std::optional<ParticleStore> store_;
  std::optional<MomentFile> moments_;
  std::unique_ptr<ClusterSampler> sampler_;  ///< of the cluster at work
  std::int64_t row_ = -1;                    ///< of it
  std::vector<float> columns_;               ///< of its voxels, each n_columns_ numbers
  std::int64_t n_columns_ = 0;
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
