// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/module.hpp"

namespace setsz {

/// How the parameters of every module that exists learn, in the order of the table: at first as the
/// modules declare.
class LearningGroups {
 public:
  LearningGroups();
  /// The keys rate_<module> and decay_<module>.
  void declare(OptionList& options);
  /// Throws Error(internal) if there is no such module.
  LearningGroup& of(std::string_view module);
  LearningGroup const& of(std::string_view module) const;
  /// Throws Error(config) if there is no such module, or it has no parameters.
  void freeze(std::vector<std::string> const& modules);

 private:
  struct Entry {
    std::string module, title;
    LearningGroup group;
  };
  std::vector<Entry> entries_;
};

}  // namespace setsz
