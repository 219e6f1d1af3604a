// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/common/cluster_sampler.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/common/moment_file.hpp"
#include "stages/common/residual_file.hpp"
#include "stages/predict/predict_stage.hpp"

namespace setsz {

/// What the products tell of one cluster at a time: its particles, the columns of its targets, and
/// of its gas the residuals, where the network takes them.
class ClusterInputs {
 public:
  ClusterInputs(PredictTask const& task, Context const& context, ClusterTable const& table)
      : task_(task), context_(context), table_(table) {}

  /// Reads a cluster, unless it is the one at work. \return whether it is a new one
  bool load(std::int64_t row, CubeLattice const& lattice);
  std::int64_t row() const { return row_; }
  ClusterSampler const& sampler() const { return *sampler_; }
  /// Of a voxel, by its place in the cube's list.
  std::span<float const> columns(std::int64_t v) const {
    return std::span(columns_).subspan(static_cast<std::size_t>(v * n_columns_),
                                       static_cast<std::size_t>(n_columns_));
  }
  /// P/P200 of its cube; empty: not known.
  std::vector<float> const& truth() const { return truth_; }

 private:
  void read_gas(std::int64_t row, ClusterInput& input);

  PredictTask const& task_;
  Context const& context_;
  ClusterTable const& table_;
  std::optional<ParticleStore> store_;
  std::optional<MomentFile> moments_;
  std::optional<ResidualFile> residuals_;
  std::optional<CubeFile> gas_;
  std::int64_t row_ = -1;
  std::unique_ptr<ClusterSampler> sampler_;
  std::vector<float> columns_;
  std::int64_t n_columns_ = 0;
  std::vector<float> truth_;
};

}  // namespace setsz
