// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/option_list.hpp"

namespace setsz {

/// [run]: where products go and how the work is done.
struct RunOptions {
  static constexpr std::string_view section = "run";
  static constexpr std::string_view help = "run directory, stages, and how they run";
  std::string directory = "run";
  std::vector<std::string> stages;  ///< empty: all but mock
  std::int64_t seed = 1;
  double memory_mb = 2000;  ///< working memory per rank, beside what a stage must keep
  double checkpoint_minutes = 10;
  double watchdog_seconds = 600;
  std::int64_t slice_rows = 1 << 20;  ///< rows of a snapshot slice: fixed, so that results do not
                                      ///< depend on ranks or memory
  std::int64_t log_level = 1;
  void declare(OptionList& options);
  void validate() const;
};

}  // namespace setsz
