// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/common/model_section.hpp"
#include "stages/registry.hpp"
#include "stages/voxelize/voxelize_stage.hpp"

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
  std::int64_t block_voxels = 512;
  Device device = Device::cpu;
  std::int64_t chunk_rows = 4096;
  void declare(OptionList& options);
  void validate() const {}
};

/// Everything that the body of the stage needs; plain data.
struct PredictTask {
  ModelInstance instance;
  ModelSection model;
  PredictOptions options;
  VoxelizeOptions
      cube;  ///< the lattice is that of pressure.h5, so that they compare voxel by voxel
  std::int64_t run_seed = 1;
  std::string clusters, particles, trained;  ///< product names
  std::vector<std::pair<std::string, std::string>> description;
};

/// Evaluates one network on the voxels of clusters:
/// predict/<snapshot>/<model>/fold<k>/seed<s>/prediction.h5.
///
/// Work is cut into blocks of neighbouring voxels, dealt out by expected cost; finished blocks are
/// journalled. Memory per rank: one cluster's particles at a time and the cubes it has finished.
class PredictStage : public Stage {
 public:
  PredictStage(Configuration const& configuration, ModelInstance instance,
               LearningBodies const& bodies);

  std::string name() const override { return "predict"; }
  std::string instance() const override { return task_.instance.path(); }
  std::vector<std::string> input_products() const override;
  std::vector<std::string> outputs() const override { return {"prediction.h5"}; }
  void describe(Fingerprint& fingerprint) const override;
  void preflight(Comm const& comm) const override;
  Estimate estimate(std::string const& run_directory, int n_ranks) const override;
  void run(Context& context) override;

 private:
  PredictTask task_;
  LearningBodies bodies_;
};

/// One for every snapshot, model, fold and seed.
void add_predict_stages(Configuration const& configuration, LearningBodies const& bodies,
                        std::vector<std::unique_ptr<Stage>>& stages);

}  // namespace setsz
