// SPDX-License-Identifier: BSD-3-Clause
#include "stages/registry.hpp"

#include "stages/catalog/catalog_stage.hpp"
#include "stages/common/sections.hpp"
#include "stages/evaluate/evaluate_stage.hpp"
#include "stages/extract/extract_stage.hpp"
#include "stages/fit/fit_stage.hpp"
#include "stages/mock/mock_stage.hpp"
#include "stages/paint/paint_stage.hpp"
#include "stages/predict/predict_stage.hpp"
#include "stages/sky/sky_stage.hpp"
#include "stages/train/train_stage.hpp"
#include "stages/voxelize/voxelize_stage.hpp"

namespace setsz {

std::vector<std::string> stage_names() {
  return {"mock",  "catalog", "extract",  "voxelize", "fit",
          "train", "predict", "evaluate", "paint",    "sky"};
}

bool needs_libtorch(std::string_view stage) { return stage == "train" || stage == "predict"; }

std::vector<SectionSchema> all_schemas() {
  return {
      schema_of<RunOptions>(),      schema_of<CosmologySection>(), schema_of<SnapshotSection>(true),
      schema_of<MockOptions>(),     schema_of<CatalogOptions>(),   schema_of<ExtractOptions>(),
      schema_of<VoxelizeOptions>(), schema_of<FitOptions>(),       schema_of<ModelSection>(true),
      schema_of<TrainOptions>(),    schema_of<PredictOptions>(),   schema_of<EvaluateOptions>(),
      schema_of<PaintOptions>(),    schema_of<SkyOptions>(),
  };
}

std::vector<std::unique_ptr<Stage>> build_stages(Configuration const& configuration,
                                                 LearningBodies const& bodies) {
  std::vector<std::unique_ptr<Stage>> stages;
  add_mock_stages(configuration, stages);
  add_catalog_stages(configuration, stages);
  add_extract_stages(configuration, stages);
  add_voxelize_stages(configuration, stages);
  add_fit_stages(configuration, stages);
  add_train_stages(configuration, bodies, stages);
  add_predict_stages(configuration, bodies, stages);
  add_evaluate_stages(configuration, stages);
  add_paint_stages(configuration, stages);
  add_sky_stages(configuration, stages);
  return stages;
}

}  // namespace setsz
