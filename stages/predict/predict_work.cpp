// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/predict_work.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "model/flux_correction.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/run/work_loop.hpp"
#include "stages/common/cluster_choice.hpp"
#include "stages/common/trained_model.hpp"
#include "stages/predict/cluster_prediction_work.hpp"
#include "stages/predict/prediction_file_work.hpp"
#include "stages/predict/sample_file_work.hpp"
#include "stages/predict/work_items.hpp"

namespace setsz {

namespace {

/// What a finished item leaves.
struct Finished {
  std::int64_t item = 0;
  /// Of its cluster, all states in a row; behind them the sums of the samples, the sum of the
  /// pressure before the flux correction, and at how many voxels networks were evaluated.
  std::vector<double> state;
  std::vector<float> pressure;  ///< of its voxels, corrected; then of the reconstruction
};

class PredictionRun {
 public:
  PredictionRun(PredictTask const& task, Context& context)
      : task_(task),
        context_(context),
        comm_(context.comm()),
        files_(task.network.empty() ? task.trained_files()
                                    : std::vector{context.product(task.network)}),
        inputs_(task, context, table_),
        voxels_(task.cube.n_voxels, task.cube.voxel_position) {
    table_ = read_clusters(comm_, context.product(task.clusters));
    collectively(comm_, "predict: reading the model", [&] {
      for (std::size_t i = 0; i < files_.size(); ++i)
        predictors_.emplace_back(files_[i], task, comm_.rank(), task.realisations_of(i));
      for (auto const& predictor : predictors_) n_predictions_ += predictor.n_samples();
      rows_ = clusters_to_predict(table_, task.options, task.fold);
      require(!rows_.empty(), ExitCode::config, "fold ", task.fold.value_or(0), " of '",
              task.clusters,
              "' has no cluster to predict; lower [catalog] mass_min, or set "
              "[predict] clusters = all");
    });
    states_ = task.section.network.predicted_states();
    for (auto const& state : states_) state_size_ += state.size;
    if (task.samples_kept()) state_size_ += SampleSums::size(n_predictions_);
    state_size_ += 2;  // the sum of the pressure, the number of evaluated voxels
    // What is kept of samples belongs to a whole cluster, to write it block by block would be too
    // much; so do targets that follow from each other.
    tolerance_ = task.options.tolerance();
    bool const whole = task.samples_kept() || tolerance_;
    std::vector<std::int64_t> n_voxels;
    for (std::int64_t cube = 0; cube < std::ssize(rows_); ++cube)
      n_voxels.push_back(voxels_.count(lattice(cube)));
    items_ = {n_voxels,
              whole ? std::numeric_limits<std::int32_t>::max() : task.options.block_voxels};
  }

  void go() {
    todo_ = {items_, {}, comm_.size()};
    work_through(context_,
                 {.label = "predict",
                  .unit = "blocks",
                  .end = items_.size(),
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
    flag_masses(table);
    table.in_training = in_training();
    if (task_.network.empty()) compare_with_training(table);
    auto const cubes = assemble();
    write_prediction(comm_, context_.part("prediction.h5"), table_, table, cubes);
    if (task_.samples_kept()) write_kept_samples(table, cubes);
    write_cluster_list(comm_, context_.part("clusters.csv"), table_, table, cubes);
    context_.note("clusters", std::ssize(rows_));
    if (predictors_.size() == 1) context_.note("flux_correction", predictors_.front().flux());
    context_.note("voxels", items_.n_voxels());
    context_.note_local("voxels_computed", real(computed_));
  }

 private:
  Cluster const& cluster(std::int64_t row) const { return table_.clusters[row]; }
  CubeLattice lattice(std::int64_t cube) const { return task_.cube.lattice(cluster(rows_[cube])); }

  /// A spell of own items on every rank that has any left. \return how many are done then
  std::int64_t step(std::int64_t done) {
    auto const before = next_;
    collectively(comm_, "predict", [&] {
      WorkSpell const spell(context_.options());
      while (next_ < todo_.share(comm_.rank())) {
        compute(todo_.item(comm_.rank(), next_++));
        mark_progress("predict");
        if (spell.is_over()) break;
      }
    });
    return done + comm_.all_sum(next_ - before);
  }

  /// Takes back what the journal holds.
  void restore() {
    std::vector<std::int64_t> own;
    auto const state_bytes = sizeof(double) * static_cast<std::size_t>(state_size_);
    context_.journal().for_each([&](Journal::Record const& record) {
      require(record.unit >= 0 && record.unit < items_.size(), ExitCode::bad_data,
              "the journal has a record of block ", record.unit, ", expected 0 to ",
              items_.size() - 1, "; start again with --force");
      Finished done{record.unit, std::vector<double>(state_size_),
                    std::vector<float>(n_fields() * items_[record.unit].size())};
      auto const bytes = done.pressure.size() * sizeof(float);
      require(record.bytes.size() == state_bytes + bytes, ExitCode::bad_data,
              "the journal's record of block ", record.unit, " has ", record.bytes.size(),
              " bytes, expected ", state_bytes + bytes, "; start again with --force");
      if (state_bytes > 0) std::memcpy(done.state.data(), record.bytes.data(), state_bytes);
      std::memcpy(done.pressure.data(), record.bytes.data() + state_bytes, bytes);
      own.push_back(done.item);
      finished_.push_back(std::move(done));
    });
    todo_ = {items_, comm_.all_gather_v(as_ranges(std::move(own))), comm_.size()};
    next_ = 0;
  }

  /// Makes the cluster at work that of a cube, if it is not yet.
  void load(std::int64_t cube) {
    auto const row = rows_[cube];
    lattice_ = lattice(cube);
    voxels_.of(lattice_);
    if (!inputs_.load(row, lattice_)) return;
    for (auto& predictor : predictors_) predictor.begin(inputs_.sampler(), row, cluster(row).id);
  }

  /// Of the cluster at work. \param v  in its list of voxels [R200]
  Vec3 voxel_centre(std::int64_t v) const {
    std::int64_t const n = lattice_.n, voxel = voxels_.held()[v];
    return lattice_.centre_r200(voxel / (n * n), voxel / n % n, voxel % n);
  }

  /// The mean of all samples of all networks, in their order, as EnsembleStage takes it.
  void compute(std::int64_t number) {
    WorkItem const item = items_[number];
    load(item.cube);
    ClusterPrediction prediction(task_, inputs_, predictors_, lattice_, voxels_.held());
    if (tolerance_) prediction.choose_targets(profile_of(cluster(inputs_.row())), *tolerance_);
    Block sums(item, task_.samples_kept() ? n_predictions_ : 0);
    for (std::int64_t v = item.first_voxel; v < item.last_voxel; v += task_.options.block_voxels)
      add_block(prediction, {v, std::min(v + task_.options.block_voxels, item.last_voxel)}, sums);
    Finished done{number, states_of_networks(), {}};
    auto const samples = sums.samples.numbers();
    done.state.insert(done.state.end(), samples.begin(), samples.end());
    done.state.push_back(sums.uncorrected);
    done.state.push_back(real(prediction.n_evaluated()));
    for (double const p : sums.pressure) done.pressure.push_back(single(p));
    if (has_gas())
      for (double const p : sums.reconstructed) done.pressure.push_back(single(p));
    for (float const p : done.pressure)
      require(std::isfinite(p) && p >= 0, ExitCode::internal, "the network predicts a pressure of ",
              p, " P200 in cluster ", cluster(inputs_.row()).id, "; is the model trained?");
    context_.journal().append(
        number, {std::as_bytes(std::span(done.state)), std::as_bytes(std::span(done.pressure))});
    computed_ += prediction.n_evaluated();
    finished_.push_back(std::move(done));
  }

  /// What comes of the voxels of an item.
  struct Block {
    Block(WorkItem const& the_item, std::int64_t n_samples)
        : item(the_item),
          pressure(the_item.size()),
          reconstructed(pressure.size()),
          samples(n_samples) {}
    WorkItem const& item;
    std::vector<double> pressure, reconstructed;
    SampleSums samples;
    double uncorrected = 0;
  };

  /// What the first network has started from.
  GnfwShape profile_of(Cluster const& cluster) const {
    return gnfw_shape(predictors_.front().benchmark(), cluster.m200c, table_.cosmology.h,
                      table_.redshift);
  }

  void add_block(ClusterPrediction& prediction, Range voxels, Block& block) {
    auto const share = 1 / real(n_predictions_), network_share = 1 / real(predictors_.size());
    double uncorrected = 0;  // block by block, whether or not each is an item
    for (std::size_t network = 0; network < predictors_.size(); ++network) {
      auto const& predictor = predictors_[network];
      auto const predictions = prediction(network, voxels);
      double const strength = predictor.flux().strength(cluster(inputs_.row()).m200c);
      for (std::int64_t s = 0; s < predictor.n_samples(); ++s)
        for (std::int64_t v = voxels.first; v < voxels.last; ++v) {
          double const raw = real(predictions[s][v - voxels.first]);
          double const p = corrected(v, strength, raw);
          uncorrected += share * raw;
          block.pressure[v - block.item.first_voxel] += share * p;
          if (!task_.samples_kept()) continue;
          auto const voxel = voxels_.held()[v];
          block.samples.add(predictor.place(s), shells_of(lattice_).shares(voxel), p,
                            inputs_.truth().empty() ? 0 : real(inputs_.truth()[voxel]));
        }
      if (!has_gas()) continue;
      for (std::int64_t v = voxels.first; v < voxels.last; ++v)
        block.reconstructed[v - block.item.first_voxel] +=
            network_share * corrected(v, strength, real(predictions.back()[v - voxels.first]));
    }
    block.uncorrected += uncorrected;
  }

  /// With the flux correction.
  double corrected(std::int64_t v, double strength, double pressure) const {
    return real(single((1 + strength * flux_share(norm(voxel_centre(v)))) * pressure));
  }

  /// The mean of the networks.
  std::vector<double> states_of_networks() const {
    auto const share = 1 / real(predictors_.size());
    std::vector<double> mean(flat(predictors_.front().shown()).size());
    for (auto const& predictor : predictors_) {
      auto const one = flat(predictor.shown());
      for (std::size_t i = 0; i < one.size(); ++i) mean[i] += share * one[i];
    }
    return mean;
  }

  bool has_gas() const { return !task_.residuals.empty(); }
  /// Numbers of a voxel that an item leaves.
  std::int64_t n_fields() const { return has_gas() ? 2 : 1; }

  RadialShells const& shells_of(CubeLattice const& lattice) {
    if (!shells_ || shells_->lattice().edge_r200 != lattice.edge_r200)
      shells_.emplace(lattice, n_profile_shells);
    return *shells_;
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
                            std::vector<double> const& states, std::vector<float> const& values) {
    PredictedCubes cubes;
    cubes.range = even_range(std::ssize(rows_), comm_.rank(), comm_.size());
    auto const n_cells = lattice(0).n_cells();
    cubes.pressure.assign(cubes.range.size() * n_cells, 0);
    if (has_gas()) cubes.reconstructed.assign(cubes.pressure.size(), 0);
    if (task_.samples_kept()) cubes.samples.resize(cubes.range.size(), SampleSums(n_predictions_));
    for (auto const& state : states_) cubes.states.emplace_back(cubes.range.size() * state.size);
    cubes.evaluated.assign(cubes.range.size(), 0);
    std::vector<std::map<std::int64_t, double>> uncorrected(cubes.range.size());  // by item
    auto value = values.begin();
    auto number = states.begin();
    for (auto const item_number : numbers) {
      auto const item = items_[item_number];
      auto const& voxels = voxels_.of(lattice(item.cube));
      auto const cube = item.cube - cubes.range.first;
      auto const fill = [&](std::vector<float>& field) {
        for (std::int64_t v = item.first_voxel; v < item.last_voxel; ++v)
          field[cube * n_cells + voxels[v]] = *value++;
      };
      fill(cubes.pressure);
      if (has_gas()) fill(cubes.reconstructed);
      for (std::size_t i = 0; i < states_.size(); ++i) {
        std::copy_n(number, states_[i].size, cubes.states[i].begin() + cube * states_[i].size);
        number += states_[i].size;
      }
      if (task_.samples_kept()) {
        auto const size = SampleSums::size(n_predictions_);
        cubes.samples[cube] = SampleSums(std::span(&*number, size));
        number += size;
      }
      uncorrected[cube][item_number] = *number++;
      cubes.evaluated[cube] += *number++;  // a count so far
    }
    add_sums(cubes, uncorrected);
    return cubes;
  }

  /// Y, and the flux correction that it contains.
  void add_sums(PredictedCubes& cubes,
                std::vector<std::map<std::int64_t, double>> const& uncorrected) const {
    auto const n_cells = lattice(0).n_cells();
    for (std::int64_t c = cubes.range.first; c < cubes.range.last; ++c) {
      double sum = 0;
      auto const first = (c - cubes.range.first) * n_cells;
      for (auto v = first; v < first + n_cells; ++v) sum += real(cubes.pressure[v]);
      auto const cube = lattice(c);
      cubes.y.push_back(y_unit(cluster(rows_[c]), table_.cosmology.h) *
                        std::pow(cube.voxel_r200(), 3) * sum);
      double before = 0;
      for (auto const& [item, part] : uncorrected[c - cubes.range.first]) before += part;
      bool const corrected = flux_corrections() != "none" && before > 0;
      cubes.flux_factor.push_back(corrected ? sum / before : 1);
      double strength = 0;
      for (auto const& predictor : predictors_)
        strength += predictor.flux().strength(cluster(rows_[c]).m200c) / real(predictors_.size());
      cubes.flux_strength.push_back(strength);
      cubes.evaluated[c - cubes.range.first] /= real(voxels_.count(cube));
    }
  }

  void write_kept_samples(PredictionTable const& table, PredictedCubes const& cubes) {
    PredictedSamples samples{.n_samples = n_predictions_,
                             .n_shells = n_profile_shells,
                             .profile = {},
                             .y = {},
                             .loss = {},
                             .reconstructed = cubes.reconstructed};
    for (std::int64_t c = cubes.range.first; c < cubes.range.last; ++c) {
      auto const& sums = cubes.samples[c - cubes.range.first];
      auto const cube = lattice(c);
      double const unit =
          y_unit(cluster(rows_[c]), table_.cosmology.h) * std::pow(cube.voxel_r200(), 3);
      samples.add(sums, {shells_of(cube).volume(), unit, voxels_.count(cube)}, has_gas());
    }
    write_samples(comm_, context_.part("samples.h5"),
                  {.model = table.model,
                   .member = table.member,
                   .rows = table.rows,
                   .ids = table.ids,
                   .n_voxels = table.n_voxels,
                   .with_gas = has_gas()},
                  samples, cubes.range);
    context_.note("samples", n_predictions_);
  }

  /// The flux corrections as JSON, of several networks a list.
  std::string flux_corrections() const {
    auto all = nlohmann::json::array();
    bool any = false;
    for (auto const& predictor : predictors_) {
      auto const& flux = predictor.flux();
      any = any || !flux.bins.empty();
      all.push_back(flux.bins.empty() ? nlohmann::json() : nlohmann::json(flux));
    }
    if (!any) return "none";
    return all.size() == 1 ? all.front().dump() : all.dump();
  }

  /// Which clusters extract has flagged.
  void flag_masses(PredictionTable& table) {
    on_root(comm_, "predict: reading flags", [&] {
      auto const flags = read_mass_disagrees(context_.product(task_.particles));
      for (auto const row : rows_) table.mass_disagrees.push_back(flags.at(row));
    });
    table.mass_disagrees = comm_.broadcast(table.mass_disagrees, 0);
    context_.note("mass_disagrees",
                  std::ssize(rows_) - std::ranges::count(table.mass_disagrees, 0));
  }

  /// Which clusters have taught one of the networks; empty where one does not know.
  std::vector<std::uint8_t> in_training() const {
    std::vector<std::uint8_t> flags(rows_.size(), 0);
    for (auto const& predictor : predictors_) {
      auto const& taught = predictor.training_clusters();
      if (taught.empty()) return {};
      for (std::size_t i = 0; i < rows_.size(); ++i)
        if (std::ranges::binary_search(taught, cluster_identity(cluster(rows_[i])))) flags[i] = 1;
    }
    return flags;
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
  ClusterInputs inputs_;
  std::vector<Predictor> predictors_;
  std::int64_t n_predictions_ = 0;  ///< samples of all networks
  std::vector<std::int64_t> rows_;
  VoxelLists voxels_;
  CubeLattice lattice_{};                 ///< of the cluster at work
  std::vector<ClusterStateInfo> states_;  ///< that the product holds
  std::int64_t state_size_ = 0;           ///< numbers of a cluster in all of them
  std::optional<double> tolerance_;       ///< of targets that are chosen; none: all voxels
  WorkItems items_;
  ItemsLeft todo_;
  std::int64_t next_ = 0;  ///< of this rank's items, that it has not taken yet
  std::vector<Finished> finished_;
  std::int64_t computed_ = 0;

  std::optional<RadialShells> shells_;
};

}  // namespace

void predict_network(PredictTask const& task, Context& context) {
  use_one_thread();
  auto const device = device_description(task.options.device, context.comm().rank());
  Log::info("predict: on ", device, ", arithmetic: ", name(task.options.arithmetic));
  context.note("device", device);
  PredictionRun run(task, context);
  run.go();
  run.write_product();
}

}  // namespace setsz
