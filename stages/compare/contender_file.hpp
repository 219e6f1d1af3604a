// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include "stages/compare/paired.hpp"

namespace setsz {

/// A model's scores.json. Local.
struct ScoresFile {
  std::string snapshot;
  Contender contender;  ///< without the cost of its training
};
/// Throws Error(bad_data) if it is no such file, Error(missing_input) if there is none.
ScoresFile read_scores(std::string const& path);

/// "origin@box75" of a file ".../box75/evaluate/z0/origin/ensemble/scores.json": a model of another
/// run, beside one of this run that may have the same name.
std::string name_in_other_run(std::string const& path, std::string const& model);

/// Time of all cores in a finished stage, from its manifest; nothing if there is none. Of a
/// training that was interrupted it is the time of the last start. \param product  path of one of
/// its files
std::optional<double> core_seconds_of(std::string const& product);

/// The validation ratio at the end of a training, from its manifest; nothing if there is none.
std::optional<double> validation_of(std::string const& product);

}  // namespace setsz
