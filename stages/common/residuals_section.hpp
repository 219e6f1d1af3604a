// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/base/option_list.hpp"

namespace setsz {

struct Blueprint;

/// [residuals]: which predictions a stochastic network is compared with.
struct ResidualsOptions {
  static constexpr std::string_view section = "residuals";
  static constexpr std::string_view help =
      "what a deterministic model misses in each cluster, for models that take it up";
  bool out_of_fold = false;
  void declare(OptionList& options);
  void validate() const {}
};

/// A model whose residuals others take.
struct ResidualsAsked {
  std::string model;
  std::int64_t n_shells = 0;
};
/// By the models that this run trains, each once. Throws Error(config) where a model does not
/// exist, takes its own residuals, or two ask for another number of shells.
std::vector<ResidualsAsked> residuals_asked(Blueprint const& blueprint);

/// Must each fold predict all clusters, for the residuals of this model?
bool residuals_need_all_predictions(Blueprint const& blueprint, std::string const& model);

}  // namespace setsz
