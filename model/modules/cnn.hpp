// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>

#include "model/module_list.hpp"
#include "model/network_options.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

/// The convolutional network against which sets of particles are judged: a 3-D U-Net on the matter
/// density around the cluster, with the fitted GNFW profile as a second channel and the cluster's
/// scalars at its lowest level; its corrections are read off at the targets by trilinear
/// interpolation. It does not know that rotations change nothing; `cnn_augment` teaches it those of
/// the cube.
/// \source Thiele et al. (2022), appendix A; Thiele et al. (2020), ApJ 902, 129 (density and
/// semi-analytic profile into a U-Net); Ronneberger et al. (2015)
class Cnn : public ModuleOf<Cnn> {
 public:
  static constexpr std::string_view key = "cnn";

  static constexpr std::int64_t n_grids = 2;  ///< channels that are grids: density and profile

  std::int64_t cells = 32;
  std::int64_t levels = 2;
  std::int64_t width = 8;
  bool augment = true;

  std::string title() const override { return "the convolutional network"; }
  void declare(OptionList& options) override {
    options.add(
        "cnn_cells", cells,
        {.help = "cells a side of the density grid, which is 5 R200 wide", .min = 8, .max = 256});
    options.add("cnn_levels", levels,
                {.help = "halvings of the resolution; cnn_cells must be a multiple of 2^cnn_levels",
                 .min = 1,
                 .max = 5});
    add_size(options, "cnn_width", width, "channels at full resolution; each level doubles them");
    options.add("cnn_augment", augment,
                {.help = "in training, turn and mirror each cluster by one of the 48 symmetries of "
                         "the cube, another one in every epoch"});
  }
  void validate(NetworkOptions const& network) const override {
    require(cells % (std::int64_t{1} << levels) == 0, ExitCode::config, "cnn_cells = ", cells,
            " is no multiple of 2^cnn_levels = ", std::int64_t{1} << levels);
    require(!network.any(&ModuleJoints::takes_features), ExitCode::config,
            "cnn makes the corrections of the profile by itself, as the aggregator does; list one "
            "of them");
  }
  ModuleJoints joints() const override { return {.sees_position = true, .gives_pressure = true}; }
  ModuleNeeds needs() const override { return {.density_cells = cells}; }
  LearningGroup learning() const override { return {.max_rate = 1e-3, .weight_decay = 1e-4}; }

  std::vector<std::string> measured() const override { return {"cnn_log_density"}; }
  void measure(std::span<TargetBatch const> lanes, std::span<Moments> sums) const override {
    for (float const density : lanes.front().cluster.density) sums[0].add(log_density(density));
  }
  ModuleCost cost(NetworkOptions const& network, Phase) const override {
    auto const pair = [](std::int64_t inputs, std::int64_t outputs, std::int64_t n) {
      return 2 * 27 * real(outputs) * real(inputs + outputs) * std::pow(real(n), 3);
    };
    double flops = pair((width << (levels - 1)) + network.columns().n_scalars(), width << levels,
                        cells >> levels);
    for (std::int64_t level = 0; level < levels; ++level) {
      auto const channels = width << level;
      flops += pair(level == 0 ? n_grids : channels / 2, channels, cells >> level);
      flops += pair(3 * channels, channels, cells >> level);
    }
    // libtorch's convolutions of few channels: 3.5 GFLOP/s where the kernels do 30.
    return {.per_cluster = 8 * flops};
  }

  /// Of a density relative to the mean: linear in voids, a logarithm in clusters.
  static double log_density(float relative) { return std::log1p(real(relative)); }

  std::unique_ptr<ModuleNetwork> network(NetworkSetup const& setup, ParameterLayout& layout) const;
};

}  // namespace setsz
