// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/kernels/arithmetic.hpp"
#include "pipeline/run/stage.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/model_section.hpp"
#include "stages/common/voxelize_section.hpp"

namespace setsz {

/// [predict]: which clusters, and how the work is cut.
struct PredictOptions {
  static constexpr std::string_view section = "predict";
  static constexpr std::string_view help = "electron pressure of clusters from trained networks";
  enum class Clusters {
    automatic,  ///< with several folds the testing clusters, with one fold all
    testing,
    all
  };
  Clusters clusters = Clusters::automatic;
  bool flux_correction = true;             ///< as fitted at the end of the training
  bool sample_spread = true;               ///< likewise
  std::int64_t realisations = 0;           ///< see Axes
  std::int64_t samples = default_samples;  ///< of each cluster, by a network with a code
  std::string adaptive = "no";             ///< or a number, see AdaptiveCube
  std::int64_t block_voxels = 512;
  Device device = Device::cpu;
  Arithmetic arithmetic = Arithmetic::single;
  std::int64_t chunk_rows = 4096;
  void declare(OptionList& options);
  void validate() const;
  std::optional<double> tolerance() const;
};

/// Those that hold for a model: the residuals of a deterministic one may need all its predictions.
/// Throws Error(config) where `clusters` forbids them.
PredictOptions predict_options(Blueprint const& blueprint, std::string const& model);

/// Rows of clusters.h5 that a fold predicts, ascending.
/// \param fold  none: of a model that comes trained, to which all clusters are new; the testing
/// ones
///              are those of all folds
std::vector<std::int64_t> clusters_to_predict(ClusterTable const& table,
                                              PredictOptions const& options,
                                              std::optional<std::int64_t> fold);

/// Everything that the body of the stage needs; plain data.
struct PredictTask {
  std::string snapshot, model;
  std::optional<std::int64_t> fold;  ///< none: see clusters_to_predict
  Member member;
  ModelSection section;  ///< of the model
  PredictOptions options;
  VoxelizeOptions
      cube;  ///< the lattice is that of pressure.h5, so that they compare voxel by voxel
  std::string clusters, particles;  ///< product names
  std::string moments;              ///< likewise; empty: the network does not look at them
  std::string network;              ///< likewise; empty: the files of the section's `trained`
  /// Likewise, of a network with a code where there is gas: reconstructions and losses of samples.
  std::string residuals{}, pressure{};

  /// The files of a model that comes trained, from which this prediction is made.
  std::vector<std::string> trained_files() const;
  std::int64_t n_networks() const;
  /// Numbers of the samples that a network makes, from 1; none: one prediction, with the code 0.
  std::vector<std::int64_t> realisations_of(std::size_t network) const;
  /// Is there a samples.h5?
  bool samples_kept() const;
};

/// Evaluates one network on the voxels of clusters:
/// predict/<snapshot>/<model>/fold<k>/seed<s>/prediction.h5; of a model that comes trained the mean
/// of its files: predict/<snapshot>/<model>/trained/prediction.h5.
///
/// The particles that a network draws are a function of the seed in its model file and of the row
/// of the cluster: the same wherever it is applied.
///
/// Work is cut into blocks of neighbouring voxels, dealt out by expected cost; finished blocks are
/// journalled. Memory per rank: one cluster's particles at a time and the cubes it has finished.
class PredictStage : public Stage {
 public:
  /// \param snapshot     whose clusters are predicted
  /// \param realisation  0: the mean; else a drawn prediction of the fold of `network`, by which it
  ///                     is made
  PredictStage(Blueprint const& blueprint, std::string snapshot, ModelInstance const& network,
               std::int64_t realisation);
  /// A model that comes trained. \param realisation  0: the mean
  PredictStage(Blueprint const& blueprint, std::string snapshot, std::string model,
               std::int64_t realisation);

  void preflight(Comm const& comm, Outlook& outlook) const override;
  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  void describe(Blueprint const& blueprint);
  void compare_with_training(Outlook const& outlook) const;  ///< local
  PredictTask task_;
  SnapshotInstance snapshot_;
  LearningBodies bodies_;
};

/// One for every snapshot, model, fold and seed; one for every snapshot and model that comes
/// trained.
void add_predict_stages(Blueprint const& blueprint, StageList& stages);

}  // namespace setsz
