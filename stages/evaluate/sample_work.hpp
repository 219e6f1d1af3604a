// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "stages/common/cluster_score.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/evaluate/sample_scores.hpp"

namespace setsz {

/// Paths of what a fold knows of its samples.
struct SampleFiles {
  std::string samples;                ///< samples.h5
  std::string residuals;              ///< shells.h5
  std::vector<std::string> networks;  ///< prediction.h5 of each single network
};

/// Collective: what the samples of the scored clusters say, in their order, on rank 0; each rank
/// reads its part. \param folds  by fold
std::vector<SampledCluster> read_samples(Comm const& comm, std::vector<ClusterScore> const& scores,
                                         std::vector<SampleFiles> const& folds,
                                         ClusterTable const& table, CubeFile const& truth);

}  // namespace setsz
