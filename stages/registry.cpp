// SPDX-License-Identifier: BSD-3-Clause
#include "stages/registry.hpp"

#include "stages/catalog/catalog_stage.hpp"
#include "stages/common/cluster_choice.hpp"
#include "stages/compare/compare_stage.hpp"
#include "stages/evaluate/evaluate_stage.hpp"
#include "stages/extract/extract_stage.hpp"
#include "stages/fit/fit_stage.hpp"
#include "stages/halos/catalogue_section.hpp"
#include "stages/halos/profile_section.hpp"
#include "stages/mock/mock_stage.hpp"
#include "stages/moments/moments_stage.hpp"
#include "stages/paint/paint_stage.hpp"
#include "stages/predict/predict_stage.hpp"
#include "stages/residuals/residuals_stage.hpp"
#include "stages/sky/sky_stage.hpp"
#include "stages/train/train_stage.hpp"
#include "stages/voxelize/voxelize_stage.hpp"

namespace setsz {

std::vector<StageRow> stage_rows() {
  constexpr std::string_view of_mock = "[snapshot.NAME] with mock = yes";
  constexpr std::string_view of_models = "[snapshot.NAME] and [model.NAME]";
  constexpr std::string_view of_maps =
      "[snapshot.NAME], and [model.NAME] or a map with model = none";
  constexpr bool family = true;
  return {
      {.name = "mock",
       .sections = {schema_of<MockOptions>()},
       .add = add_mock_stages,
       .needs = of_mock,
       .starts_over = true,
       .by_default = false},
      {.name = "catalog",
       .sections = {schema_of<CatalogOptions>()},
       .add = add_catalog_stages,
       .starts_over = true},
      {.name = "extract", .sections = {schema_of<ExtractOptions>()}, .add = add_extract_stages},
      {.name = "voxelize", .sections = {schema_of<VoxelizeOptions>()}, .add = add_voxelize_stages},
      {.name = "moments",
       .sections = {schema_of<MomentsOptions>()},
       .add = add_moments_stages,
       .needs = "[snapshot.NAME] and a [model.NAME] with the module moments"},
      {.name = "fit", .sections = {schema_of<FitOptions>()}, .add = add_fit_stages},
      {.name = "train",
       .sections = {schema_of<ModelSection>(family), schema_of<TrainOptions>(family)},
       .add = add_train_stages,
       .needs = of_models,
       .needs_libtorch = true},
      {.name = "residuals",
       .sections = {schema_of<ResidualsOptions>()},
       .add = add_residuals_stages,
       .needs = "[snapshot.NAME] and a [model.NAME] with the key stochastic_residuals",
       .starts_over = true},
      {.name = "predict",
       .sections = {schema_of<PredictOptions>()},
       .add = add_predict_stages,
       .needs = of_models,
       .needs_libtorch = true},
      {.name = "evaluate",
       .sections = {schema_of<EvaluateOptions>()},
       .add = add_evaluate_stages,
       .needs = of_models,
       .starts_over = true},
      {.name = "compare",
       .sections = {schema_of<CompareOptions>(), schema_of<StatementOptions>(family)},
       .add = add_compare_stages,
       .needs = of_models,
       .starts_over = true},
      {.name = "paint",
       .sections = {schema_of<PaintOptions>(family)},
       .add = add_paint_stages,
       .needs = of_maps},
      {.name = "sky",
       .sections = {schema_of<SkyOptions>(family), schema_of<CatalogueSection>(family)},
       .add = add_sky_stages,
       .needs = "[snapshot.NAME], and [model.NAME] or a map with model = none; or a "
                "[catalogue.NAME] that a map names"},
  };
}

std::vector<SectionSchema> shared_sections() {
  return {schema_of<RunOptions>(), schema_of<CosmologySection>(), schema_of<SnapshotSection>(true),
          schema_of<ClusterChoice>(), schema_of<ProfileSection>(true)};
}

bool asks_for_device(Configuration const& configuration) {
  auto const predict = configuration.get<PredictOptions>();
  if (predict.device == Device::cuda || predict.arithmetic != Arithmetic::single) return true;
  for (auto const& model : configuration.names("model"))
    if (configuration.get<TrainOptions>("train." + model).device == Device::cuda) return true;
  return false;
}

}  // namespace setsz
