// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "model/gnfw.hpp"
#include "model/model_state.hpp"
#include "model/network_options.hpp"
#include "model/standardisation.hpp"
#include "stages/common/trained_on.hpp"

namespace setsz {

/// What a training takes from the model file that it goes on from. Its own are the denominator of
/// losses, the sampling of targets, the noise and the flux correction.
struct TrainingStart {
  std::string path;
  ModelState state;
  NetworkOptions network;
  Standardisation standardisation;
  GnfwParameters benchmark;  ///< that its profile started from
  TrainedOn on;

  /// Throws Error(config) if numbers mean something else in a table of clusters.
  void require_comparable(ClusterTable const& table) const;
  /// The benchmark from which a network starts: the profile of the file belongs to that of the
  /// file, whose slopes in redshift are no parameters. A network that has no profile yet starts
  /// from `own`.
  GnfwParameters const& profile(GnfwParameters const& own) const;
};

/// Local. Throws Error(config) if the network sees other columns of the clusters than that of the
/// file, or sees them in another way: equal parameters would mean something else.
TrainingStart read_start(std::string const& path, NetworkOptions const& network);

}  // namespace setsz
