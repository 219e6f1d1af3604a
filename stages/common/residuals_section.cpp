// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/residuals_section.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/common/model_section.hpp"

namespace setsz {
namespace {

/// One key of a model. Few models have it: whole sections of all, for every instance, take seconds.
struct ResidualsOfKey {
  static constexpr std::string_view section = "model";
  std::string model;
  void declare(OptionList& options) { options.add("stochastic_residuals", model, {}); }
  void validate() const {}
};

}  // namespace

void ResidualsOptions::declare(OptionList& options) {
  options.add(
      "out_of_fold", out_of_fold,
      {.help = "yes: the residual of each cluster is that of the network whose fold tests it, "
               "so that training and testing clusters have residuals of one kind; needs "
               "[catalog] folds of 2 or more. no: that of the network of the same fold "
               "(published), which has seen the training clusters and errs less on them; then "
               "each fold predicts all clusters"});
}

std::vector<ResidualsAsked> residuals_asked(Blueprint const& blueprint) {
  auto const& models = blueprint.axes.models();
  std::vector<ResidualsAsked> asked;
  for (auto const& taker : models) {
    if (blueprint.axes.comes_trained(taker)) continue;  // it draws what it cannot know
    auto const section = "model." + taker;
    if (blueprint.configuration.get<ResidualsOfKey>(section).model.empty()) continue;
    auto const needs = blueprint.configuration.get<ModelSection>(section).network.needs();
    auto const& model = needs.residuals_of;
    if (model.empty()) continue;
    auto const fail_at = [&](auto const&... what) {
      fail(ExitCode::config, blueprint.configuration.where(section), ": [", section,
           "] takes the residuals of '", model, "', ", what...);
    };
    if (model == taker) fail_at("which is itself; name a model without this module");
    if (std::ranges::find(models, model) == models.end())
      fail_at("but there is no [model.", model, "]; the nearest one is ", nearest(model, models));
    auto const same = std::ranges::find(asked, model, &ResidualsAsked::model);
    if (same == asked.end()) {
      asked.push_back({model, needs.residual_shells});
    } else if (same->n_shells != needs.residual_shells) {
      fail_at("in ", needs.residual_shells, " shells, but another model in ", same->n_shells,
              "; give both the same number");
    }
  }
  return asked;
}

bool residuals_need_all_predictions(Blueprint const& blueprint, std::string const& model) {
  if (blueprint.configuration.get<ResidualsOptions>().out_of_fold) return false;
  auto const asked = residuals_asked(blueprint);
  return std::ranges::find(asked, model, &ResidualsAsked::model) != asked.end();
}

}  // namespace setsz
