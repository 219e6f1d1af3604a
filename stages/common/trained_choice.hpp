// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "pipeline/base/option_list.hpp"

namespace setsz {

/// Which networks of another run a model consists of: the keys trained* of [model.NAME].
struct TrainedChoice {
  std::vector<std::string> paths;    ///< run directories, model files, or patterns of these
  std::string snapshot, model;       ///< of a run directory; empty: the only one
  std::vector<double> folds, seeds;  ///< of a run directory; empty: all
  void declare(OptionList& options);
  void validate() const;

  bool any() const { return !paths.empty(); }
  /// The model files, in the order of folds and seeds. Local. Throws Error(missing_input) or
  /// Error(config) that lists what there is.
  std::vector<std::string> files() const;
};

}  // namespace setsz
