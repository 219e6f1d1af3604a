// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "model/flux_correction.hpp"
#include "model/network.hpp"
#include "stages/common/cluster_sampler.hpp"
#include "stages/predict/predict_stage.hpp"

namespace setsz {

/// A network, and what it knows of the cluster at work.
class Predictor {
 public:
  /// \param realisations  numbers of the samples that it makes, from 1; none: with the code 0, or
  ///                      there is no code
  Predictor(std::string const& path, PredictTask const& task, int rank,
            std::vector<std::int64_t> realisations);

  FluxCorrection const& flux() const { return flux_; }
  /// The profile from which its training has started.
  GnfwParameters const& benchmark() const { return benchmark_; }
  /// See ModelState.
  std::vector<std::uint64_t> const& training_clusters() const { return training_clusters_; }
  /// Predictions that go into the mean.
  std::int64_t n_samples() const { return std::max<std::int64_t>(1, std::ssize(realisations_)); }

  /// Where its sample s stands among those of all networks: they go by their numbers.
  std::int64_t place(std::int64_t s) const {
    return realisations_.empty() ? s : realisations_[s] - 1;
  }

  /// Makes a cluster the one at work. \param id  of the halo catalogue
  void begin(ClusterSampler const& sampler, std::int64_t row, std::int64_t id);
  /// Of this cluster, as the product shows them: codes are those of the sample, 0 for several.
  ClusterState const& shown() const { return shown_; }
  /// Without targets.
  TargetBatch const& whole() const { return whole_; }
  /// Of the particles around a target.
  Random local_stream(std::int64_t voxel) const;
  /// P/P200 at the targets of each sample; behind them the reconstruction where residuals are
  /// known.
  std::vector<std::vector<float>> operator()(TargetBatch const& batch, ChunkSize chunk) const;

 private:
  Predictor(ModelState const& state, std::string const& path, PredictTask const& task, int rank,
            std::vector<std::int64_t> realisations);
  bool spreads() const { return spread_ != 1 && !realisations_.empty(); }

  Network network_;
  std::int64_t n_cluster_particles_;  ///< as the section says: a model file leaves that open
  std::uint64_t seed_ = 0;            ///< of the particles and codes that it draws
  FluxCorrection flux_;               ///< without bins: none
  GnfwParameters benchmark_;
  double spread_ = 1;  ///< power of the samples' departures, see spread_sample
  std::vector<std::int64_t> realisations_;
  std::vector<std::uint64_t> training_clusters_;
  TargetBatch whole_;
  std::vector<ClusterState> states_;
  ClusterState shown_;
};

}  // namespace setsz
