// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "stages/predict/adaptive_cube.hpp"
#include "stages/predict/cluster_input_work.hpp"
#include "stages/predict/predictor_work.hpp"

namespace setsz {

/// The voxels of the cluster at work, by all networks: evaluated one by one, or interpolated
/// between targets that AdaptiveCube has chosen.
class ClusterPrediction {
 public:
  /// \pre `inputs` and `predictors` have begun the cluster
  ClusterPrediction(PredictTask const& task, ClusterInputs const& inputs,
                    std::vector<Predictor> const& predictors, CubeLattice const& lattice,
                    std::span<std::int32_t const> voxels)
      : task_(task), inputs_(inputs), predictors_(predictors), lattice_(lattice), voxels_(voxels) {}

  /// Evaluates the networks at targets until their mean is accurate enough. Without it, all voxels
  /// are evaluated. \param profile  that the mean resembles
  void choose_targets(GnfwShape const& profile, double tolerance);

  /// P/P200 of some voxels by each sample of a network, as Predictor gives them.
  std::vector<std::vector<float>> operator()(std::size_t network, Range voxels);
  /// At how many voxels networks were evaluated.
  std::int64_t n_evaluated() const { return n_evaluated_; }

 private:
  std::vector<std::vector<float>> evaluate(std::size_t network,
                                           std::span<std::int64_t const> places) const;
  std::vector<double> evaluate_targets(std::span<std::int64_t const> places);
  Vec3 mean_shift() const;

  PredictTask const& task_;
  ClusterInputs const& inputs_;
  std::vector<Predictor> const& predictors_;
  CubeLattice const& lattice_;
  std::span<std::int32_t const> voxels_;
  std::optional<AdaptiveCube> adaptive_;
  std::vector<std::vector<std::vector<float>>> known_;  ///< of each network and sample, at targets
  std::int64_t n_evaluated_ = 0;
};

}  // namespace setsz
