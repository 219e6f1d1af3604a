// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>

#include "model/module_list.hpp"
#include "model/moment_columns.hpp"
#include "model/moment_features.hpp"
#include "model/network_options.hpp"

namespace setsz {

/// Gaussian moments of all particles around a target, handed to the module that takes features.
///
/// They come from the stage `moments`, exact under permutation, rotation, mirror and translation,
/// and without the noise of a sample. The module has no parameters.
class MomentColumns : public ModuleOf<MomentColumns> {
 public:
  static constexpr std::string_view key = "moments";

  MomentFeatures features;
  double clip = 4;  ///< of a standardised number

  std::string title() const override { return "the moments"; }
  void declare(OptionList& options) override {
    options.add("moments_scales", features.n_scales,
                {.help = "scales of [moments] that the network sees, from the smallest on",
                 .min = 1,
                 .max = 16});
    options.add(
        "moments_clip", clip,
        {.help = "a moment further from its mean than so many deviations counts as that far",
         .min = 0.1});
    options.add("moments_drop", features.drop,
                {.help = concat("kinds of moments that the network does not see, any of ",
                                join(MomentFeatures::kinds(), ", "))});
  }
  void validate(NetworkOptions const& network) const override {
    require(network.any(&ModuleJoints::takes_features), ExitCode::config,
            "moments hands its numbers to the aggregator, which is not listed; add aggregator, or "
            "remove moments");
    auto const known = MomentFeatures::kinds();
    for (auto const& kind : features.drop)
      require(std::ranges::find(known, kind) != known.end(), ExitCode::config,
              "moments_drop: unknown kind '", kind, "' (nearest: '", nearest(kind, known), "')");
    require(!features.names().empty(), ExitCode::config,
            "moments_drop leaves nothing; remove moments from the modules instead");
  }
  ModuleJoints joints() const override { return {.features = std::ssize(features.names())}; }
  ModuleNeeds needs() const override {
    return {.target_columns = moment_columns(features.n_scales)};
  }
  LearningGroup learning() const override { return {.parameters = false}; }

  std::vector<std::string> measured() const override {
    auto names = features.names();
    for (auto& name : names) name.insert(0, "moments_");
    return names;
  }
  void measure(std::span<TargetBatch const> lanes, std::span<Moments> sums) const override {
    for (auto const& lane : lanes) {
      auto const values = features(lane, {0, lane.size()});
      for (std::size_t i = 0; i < values.size(); ++i) sums[i % sums.size()].add(values[i]);
    }
  }
  std::unique_ptr<ModuleNetwork> network(NetworkSetup const& setup, ParameterLayout& layout) const;
};

}  // namespace setsz
