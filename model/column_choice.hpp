// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "model/columns.hpp"
#include "pipeline/base/option_list.hpp"

namespace setsz {

/// Which columns of its clusters a network sees, and in which order. Names are those of
/// cluster_columns(), or groups of them: published; of scalars profile, of vectors rows.
struct ColumnChoice {
  std::vector<std::string> scalars{"published"};
  std::vector<std::string> vectors{"published"};
  std::vector<std::string> drop;  ///< left out of both lists

  void declare(OptionList& options);
  /// A column that is listed twice is taken once. Throws Error(config) with the nearest name if one
  /// is unknown, and if a dropped one was not chosen.
  ClusterColumns columns() const;
};

}  // namespace setsz
