// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/ensemble_stage.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/residuals_section.hpp"
#include "stages/predict/prediction_file_work.hpp"
#include "stages/predict/sample_file_work.hpp"

namespace setsz {

namespace {

/// What the members say of their flux corrections, as one list.
std::string corrections_of(std::vector<CubeFile> const& members) {
  std::vector<std::string> texts;
  bool any = false;
  for (auto const& member : members) {
    auto const text = member.file().attribute<std::string>("/", "flux_correction");
    texts.push_back(text == "none" ? "null" : text);
    any = any || text != "none";
  }
  return any ? concat("[", join(texts, ", "), "]") : "none";
}

/// Has one of the networks been trained on the cluster? Empty where one does not know.
std::vector<std::uint8_t> in_training_of(std::vector<CubeFile> const& members) {
  std::vector<std::uint8_t> any(members.front().clusters().size(), 0);
  for (auto const& member : members) {
    if (!member.file().exists("/in_training")) return {};
    auto const its = member.file().read_all<std::uint8_t>("/in_training");
    for (std::size_t i = 0; i < any.size(); ++i) any[i] = any[i] != 0 || its.at(i) != 0;
  }
  return any;
}

/// Ratio of the mean Y with and without the members' flux corrections; 1 where Y is 0.
std::vector<double> mean_factors(std::vector<CubeFile> const& members, Range range,
                                 std::vector<double> const& mean_y) {
  std::vector<double> factors(mean_y.size(), 1);
  if (corrections_of(members) == "none") return factors;
  std::vector<double> uncorrected(mean_y.size(), 0);
  for (auto const& member : members) {
    auto const y = member.file().read_rows<double>("/y", range);
    for (std::size_t i = 0; i < y.size(); ++i)
      uncorrected[i] += y[i] / member.flux_factor(range.first + static_cast<std::int64_t>(i)) /
                        real(members.size());
  }
  for (std::size_t i = 0; i < mean_y.size(); ++i)
    if (uncorrected[i] > 0) factors[i] = mean_y[i] / uncorrected[i];
  return factors;
}

/// Mean over the members, in their order; each rank reads the cubes it will write.
PredictedCubes mean_of(std::vector<CubeFile> const& members,
                       std::vector<ClusterStateInfo> const& states, Range range) {
  PredictedCubes mean;
  mean.range = range;
  auto const share = 1 / real(members.size());
  auto const average = [&](std::string const& dataset) {
    std::vector<double> sum;
    for (auto const& member : members) {
      auto const values = member.file().read_rows<double>(dataset, range);
      sum.resize(values.size(), 0);
      for (std::size_t i = 0; i < values.size(); ++i) sum[i] += share * values[i];
    }
    return sum;
  };
  mean.y = average("/y");
  mean.flux_factor = mean_factors(members, range, mean.y);
  mean.flux_strength = average("/flux_strength");
  mean.evaluated = average("/evaluated");
  for (auto const& state : states) mean.states.push_back(average("/" + state.dataset));
  auto const n = members.front().n_voxels();
  mean.pressure.reserve(range.size() * n * n * n);
  std::vector<double> sum;
  for (std::int64_t cube = range.first; cube < range.last; ++cube) {
    sum.clear();
    for (auto const& member : members) {
      auto const values = member.read(cube);
      sum.resize(values.size(), 0);
      for (std::size_t i = 0; i < values.size(); ++i) sum[i] += share * real(values[i]);
    }
    for (double const value : sum) {
      require(std::isfinite(value), ExitCode::bad_data, "'", members.front().file().path(),
              "' or another seed's prediction holds ", value, " in cube ", cube,
              "; run the stage predict again");
      mean.pressure.push_back(single(value));
    }
    mark_progress("predict: ensemble");
  }
  return mean;
}

PredictedSamples samples_of(std::vector<H5File> const& members, std::int64_t n_voxels,
                            Range range) {
  auto const shape = members.front().info("/profile").shape;
  PredictedSamples samples{.n_samples = shape[1],
                           .n_shells = shape[2],
                           .profile = {},
                           .y = {},
                           .loss = {},
                           .reconstructed = {}};
  bool const with_gas = members.front().exists("/loss");
  std::size_t const n = members.size();
  for (std::int64_t cube = range.first; cube < range.last; ++cube) {
    Range const row{cube, cube + 1};
    std::vector<std::vector<float>> profile;
    std::vector<std::vector<double>> y, loss;
    std::vector<double> sum(n_voxels, 0);
    for (auto const& member : members) {
      profile.push_back(member.read_rows<float>("/profile", row));
      y.push_back(member.read_rows<double>("/y", row));
      if (!with_gas) continue;
      loss.push_back(member.read_rows<double>("/loss", row));
      auto const values = member.read_rows<float>("/reconstructed", row);
      for (std::size_t i = 0; i < values.size(); ++i) sum[i] += real(values[i]) / real(n);
    }
    for (std::int64_t k = 0; k < samples.n_samples; ++k) {
      auto const from = profile[k % n].begin() + k * samples.n_shells;
      samples.profile.insert(samples.profile.end(), from, from + samples.n_shells);
      samples.y.push_back(y[k % n][k]);
      if (with_gas) samples.loss.push_back(loss[k % n][k]);
    }
    if (with_gas)
      for (double const value : sum) samples.reconstructed.push_back(single(value));
    mark_progress("predict: ensemble");
  }
  return samples;
}

}  // namespace

EnsembleStage::EnsembleStage(Blueprint const& blueprint, std::string snapshot, std::string model,
                             std::int64_t fold)
    : snapshot_(std::move(snapshot)),
      model_(std::move(model)),
      fold_(fold),
      n_voxels_(blueprint.configuration.get<VoxelizeOptions>().n_voxels),
      predict_(predict_options(blueprint, model_)) {
  auto const network = blueprint.configuration.get<ModelSection>("model." + model_).network;
  for (auto const& state : network.predicted_states())
    if (state.kind == StateKind::plain) states_.push_back(state);
  bool const samples = network.has_code() && predict_.samples > 0;
  for (auto const seed : blueprint.axes.seeds(model_)) {
    members_.push_back(products::prediction(snapshot_, model_, fold_, Member{seed}));
    if (samples) samples_.push_back(products::samples(snapshot_, model_, fold_, Member{seed}));
  }
  record_ = {
      .stage = "predict", .instance = model_path(snapshot_, model_, fold_, Member{}), .version = 6};
  record_.inputs = members_;
  record_.inputs.push_back(products::clusters(snapshot_));
  record_.inputs.insert(record_.inputs.end(), samples_.begin(), samples_.end());
  record_.outputs = {"prediction.h5", "clusters.csv"};
  if (samples) record_.outputs.push_back("samples.h5");
  record_.settings.add("ensemble.members", join(members_, ", "));
}

Estimate EnsembleStage::estimate(Outlook const& outlook, int n_ranks) const {
  constexpr double bytes_per_second = 3e8;
  auto const table = expected_clusters(outlook, snapshot_);
  auto const n = real(clusters_to_predict(table, predict_, fold_).size());
  double const cube_bytes = 4 * std::pow(real(n_voxels_), 3);
  Estimate estimate;
  estimate.output_bytes = n * cube_bytes;
  estimate.memory_bytes = 2 * estimate.output_bytes / n_ranks + 6 * cube_bytes;
  estimate.seconds = real(members_.size() + 1) * estimate.output_bytes / bytes_per_second / n_ranks;
  estimate.note = concat("mean of ", members_.size(), " predictions");
  return estimate;
}

void EnsembleStage::write_mean_samples(Context& context, PredictionTable const& table) const {
  auto const& comm = context.comm();
  Range const range = even_range(std::ssize(table.rows), comm.rank(), comm.size());
  PredictedSamples samples;
  bool with_gas = false;
  collectively(comm, "predict: samples of the seeds", [&] {
    std::vector<H5File> members;
    for (auto const& name : samples_) {
      members.push_back(H5File::open(context.product(name)));
      require(members.back().info("/profile").shape == members.front().info("/profile").shape &&
                  members.back().exists("/loss") == members.front().exists("/loss"),
              ExitCode::bad_data, "'", name, "' and '", samples_.front(),
              "' hold other samples; run the stage predict again");
    }
    with_gas = members.front().exists("/loss");
    samples = samples_of(members, table.n_voxels * table.n_voxels * table.n_voxels, range);
  });
  write_samples(comm, context.part("samples.h5"),
                {.model = table.model,
                 .member = table.member,
                 .rows = table.rows,
                 .ids = table.ids,
                 .n_voxels = table.n_voxels,
                 .with_gas = with_gas},
                samples, range);
}

void EnsembleStage::run(Context& context) {
  auto const& comm = context.comm();
  auto const clusters = read_clusters(comm, context.product(products::clusters(snapshot_)));
  PredictionTable table;
  table.model = model_;
  table.fold = fold_;
  table.member = Member{}.name();
  table.states = states_;
  PredictedCubes mean;
  collectively(comm, "predict: the mean of the seeds", [&] {
    std::vector<CubeFile> members;
    for (auto const& name : members_) members.emplace_back(context.product(name));
    auto const& first = members.front();
    for (std::size_t m = 1; m < members.size(); ++m)
      require(members[m].clusters() == first.clusters() &&
                  members[m].n_voxels() == first.n_voxels() &&
                  members[m].file().read_all<double>("/cube_edge") ==
                      first.file().read_all<double>("/cube_edge"),
              ExitCode::bad_data, "'", members_[m], "' and '", members_.front(),
              "' hold other clusters or voxels; run the stage predict again");
    table.n_voxels = first.n_voxels();
    table.voxel_position = first.voxel_position();
    table.flux_correction = corrections_of(members);
    table.rows = first.clusters();
    table.ids = first.file().read_all<std::int64_t>("/id");
    table.edges = first.file().read_all<double>("/cube_edge");
    table.in_training = in_training_of(members);
    table.mass_disagrees = first.file().read_all<std::uint8_t>("/mass_disagrees");
    mean = mean_of(members, table.states, even_range(first.size(), comm.rank(), comm.size()));
  });
  write_prediction(comm, context.part("prediction.h5"), clusters, table, mean);
  if (!samples_.empty()) write_mean_samples(context, table);
  write_cluster_list(comm, context.part("clusters.csv"), clusters, table, mean);
  context.note("clusters", std::ssize(table.rows));
  context.note("members", std::ssize(members_));
}

}  // namespace setsz
