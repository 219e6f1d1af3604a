// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/module.hpp"
#include "pipeline/base/comm.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/cube_lattice.hpp"
#include "stages/predict/sample_sums.hpp"

namespace setsz {

/// What a prediction.h5 says of its cubes; the same on all ranks.
struct PredictionTable {
  std::string model;
  std::int64_t fold = 0;
  std::string member;           ///< "seed1", "ensemble"
  std::string flux_correction;  ///< its bins as JSON, of a mean those of each member; or "none"
  std::int64_t n_voxels = 0;
  VoxelPosition voxel_position = VoxelPosition::centre;
  std::vector<std::int64_t> rows;  ///< of clusters.h5, ascending
  std::vector<std::int64_t> ids;
  std::vector<double> edges;  ///< [ckpc/h]
  /// Flags of particles.h5: does the mass of the particles disagree with the catalogue?
  std::vector<std::uint8_t> mass_disagrees;
  std::vector<ClusterStateInfo> states;  ///< what the modules leave of each cluster
  /// Of a model that comes trained: bits of each cube (trained_on.hpp), and what it has seen.
  std::vector<std::uint8_t> outside_training{};
  std::string trained_on{};
  /// 1: a network of the prediction was trained on this very cluster; empty: not known.
  std::vector<std::uint8_t> in_training{};
};

/// Predictions of one rank's cubes, ready to be written.
struct PredictedCubes {
  Range range;                              ///< in the list of predicted clusters
  std::vector<float> pressure;              ///< (n, n_voxels^3), z fastest, P_e/P200
  std::vector<double> flux_factor;          ///< (n), of y with the flux correction
  std::vector<double> flux_strength;        ///< (n), of that correction
  std::vector<double> y;                    ///< (n), within 2 R200 [(kpc/h)^2]
  std::vector<double> evaluated;            ///< (n), share of the voxels; others are interpolated
  std::vector<std::vector<double>> states;  ///< (n, size) of each of PredictionTable::states
  // Of a model with a code, for samples.h5:
  std::vector<SampleSums> samples{};   ///< (n)
  std::vector<float> reconstructed{};  ///< as pressure, from the codes that the gas implies
};

/// Collective: writes prediction.h5, each rank its cubes. \pre the ranks' ranges partition the rows
void write_prediction(Comm const& comm, std::string const& path, ClusterTable const& clusters,
                      PredictionTable const& table, PredictedCubes const& cubes);
/// Collective: writes clusters.csv, the same without the cubes.
void write_cluster_list(Comm const& comm, std::string const& path, ClusterTable const& clusters,
                        PredictionTable const& table, PredictedCubes const& cubes);

}  // namespace setsz
