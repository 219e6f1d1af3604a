// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "model/module.hpp"
#include "stages/common/cluster_table.hpp"

namespace setsz {

/// What a prediction says of each of its clusters beside the cubes, by row of the list.
struct ClusterFigures {
  std::vector<std::int64_t> rows;           ///< of clusters.h5
  std::vector<ClusterStateInfo> states;     ///< what the modules leave of each cluster
  std::vector<std::vector<double>> values;  ///< (n, size) of each state
  std::vector<double> y, flux_factor;       ///< see PredictedCubes
  /// Flags by the name of their dataset; all have n.
  std::vector<std::pair<std::string, std::vector<std::uint8_t>>> flags;
};

/// clusters.csv: a line for each cluster below a line of names, "name [unit]". Numbers have as many
/// digits as it takes to read the same double again. Units are those of clusters.h5 and
/// prediction.h5; the components of a vector are name_x, name_y, name_z, other numbers of a state
/// name_0, name_1, ...
std::string cluster_list(ClusterTable const& table, ClusterFigures const& figures);

}  // namespace setsz
