// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "model/network_options.hpp"
#include "pipeline/run/options.hpp"
#include "stages/common/trained_on.hpp"

namespace setsz {

/// What decides where the networks of some model files can be applied, and how.
struct TrainedModel {
  NetworkOptions network;  ///< with the particle numbers of its predictions
  TrainedOn on;            ///< of all files together
  /// Options of other sections, by "section.key", that decide what its inputs mean.
  std::map<std::string, std::string> inputs;
};

/// Local. Throws Error(config) where the files are not one model (networks of other options, other
/// mass definitions) or its cluster columns are not those of this version, Error(bad_data) and
/// Error(missing_input) where a file is not what it should be.
TrainedModel read_trained(std::span<std::string const> files);

/// What the configuration leaves to the model files: for each [model.NAME] with the key `trained`
/// assignments "section.key=value", as for --set: the files that its paths and choices mean, the
/// options of the network, and those of [extract] and [moments] that decide what its inputs mean.
/// So all that is built from the configuration knows the network.
///
/// Keys that the configuration itself sets must be those of the files where the model is applied as
/// it is (Error(config)), but for those that change predictions only.
/// Local; reads the model files.
std::vector<std::string> trained_settings(Configuration const& configuration);

}  // namespace setsz
