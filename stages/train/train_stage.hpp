// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "model/learning_groups.hpp"
#include "model/optimizer.hpp"
#include "pipeline/run/stage.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/common/cluster_choice.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/model_section.hpp"
#include "stages/common/voxelize_section.hpp"
#include "stages/train/target_sampler.hpp"

namespace setsz {

/// What the loss of a cluster is multiplied by.
enum class ClusterWeight {
  none,      ///< Eq. 7 of Thiele et al. (2022)
  p200,      ///< (P200/P_ref)^2: the loss of the pressure itself
  benchmark  ///< over the cluster's own benchmark loss: the mean of what Eq. 8 takes the median of
};

/// Which parameters become the model.
enum class Keep { best, last, average };

/// [train]: how every network learns.
struct TrainOptions {
  static constexpr std::string_view section = "train";
  static constexpr std::string_view help =
      "training of [model.NAME], with the same NAME; the plain section: of every model";
  std::vector<std::string> snapshots;  ///< that teach together, see Axes; empty: each alone
  std::vector<double> seeds{1};
  std::int64_t epochs = 100;
  std::int64_t clusters_per_step = 4;
  std::int64_t lanes = 3;      ///< of each cluster: 12 lanes suit 1, 2, 3, 4, 6, 12 ranks
  std::int64_t targets = 256;  ///< of each cluster in a step
  std::int64_t validation_targets = 256;  ///< fixed ones of each validation cluster
  std::int64_t validation_every = 1;      ///< epochs
  Keep keep = Keep::best;
  std::int64_t average_epochs = 10;  ///< the last ones, for Keep::average
  TargetSampling target_sampling = TargetSampling::importance;
  LearningGroups groups;            ///< rate_<module>, decay_<module>
  std::vector<std::string> freeze;  ///< modules whose parameters stay as they start
  WeightDecay decay = WeightDecay::l2;
  double clip_norm = 1;
  double noise = 10;      ///< N of equation 6 in Thiele et al. (2022)
  double noise_mass = 5;  ///< the same for ln M200
  double vector_noise_deg = 0;
  ClusterWeight cluster_weight = ClusterWeight::none;
  std::int64_t flux_bins = 3;  ///< of mass, in the flux correction
  Device device = Device::cpu;
  std::int64_t chunk_rows = 4096;
  std::int64_t chunk_targets = 64;
  void declare(OptionList& options);
  void validate() const;

 private:
  /// Learning rates, decay, noise and weights.
  void declare_learning(OptionList& options);
};

/// What a snapshot teaches from: names of products.
struct TrainSource {
  std::string clusters, particles, pressure, gnfw;
  std::string moments, residuals;  ///< empty: the network does not look at them
  std::string simulation;          ///< name of the snapshot's, for the model file
};

/// Everything that the body of the stage needs; plain data.
struct TrainTask {
  ModelInstance instance;
  ModelSection model;
  TrainOptions options;
  /// Place of the seed among those of [train] seeds: which of several `trained` files it starts
  /// from.
  std::int64_t seed_number = 0;
  ClusterChoice choice;
  std::int64_t run_seed = 1;
  std::vector<TrainSource> sources;  ///< the snapshots of the instance
  /// Options of other sections that decide what the inputs of the network mean: "extract.radius".
  std::vector<std::pair<std::string, std::string>> inputs;
  /// What the model depends on, for the model file.
  std::vector<std::pair<std::string, std::string>> description;

  /// The model file whose parameters the network starts from; empty: it starts anew. Local; lists
  /// files.
  std::string start_file() const;
};

/// Trains one network: train/<snapshot>/<model>/fold<k>/seed<s>/model.h5 (best on the validation
/// clusters, and last) and history.h5; of several snapshots that teach together <snapshot> is
/// z0+z05. Restartable at any step, bit by bit.
class TrainStage : public Stage {
 public:
  TrainStage(Blueprint const& blueprint, ModelInstance instance);

  void preflight(Comm const& comm, Outlook& outlook) const override;
  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  /// Reads what the options of one section cannot say alone.
  void take_options(Configuration const& configuration);
  void refuse_keys(Configuration const& configuration, std::string const& section) const;
  void add_source(SnapshotInstance const& snapshot);
  std::vector<ClusterTable> known_tables(Outlook const& outlook) const;
  void compare_with_start(Outlook const& outlook) const;  ///< local
  void warn_of_redshifts(Outlook const& outlook) const;   ///< local
  /// One warning for all folds and seeds.
  bool speaks_for_all() const { return task_.instance.fold == 0 && task_.seed_number == 0; }

  TrainTask task_;
  std::vector<SnapshotInstance> snapshots_;  ///< as task_.sources
  VoxelizeOptions cube_;
  LearningBodies bodies_;
};

/// One for every network of this run.
void add_train_stages(Blueprint const& blueprint, StageList& stages);

}  // namespace setsz
