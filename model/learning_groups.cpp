// SPDX-License-Identifier: BSD-3-Clause
#include "model/learning_groups.hpp"

#include <algorithm>

#include "model/module_list.hpp"
#include "pipeline/base/error.hpp"

namespace setsz {

LearningGroups::LearningGroups() {
  for (auto const& module : module_table())
    entries_.push_back({std::string(module->name()), module->title(), module->learning()});
}

void LearningGroups::declare(OptionList& options) {
  for (auto& [module, title, group] : entries_)
    if (group.parameters)
      options.add("rate_" + module, group.max_rate,
                  {.help = concat("largest learning rate of ", title), .min = 0, .max = 1});
  for (auto& [module, title, group] : entries_)  // decoupled decays are large
    if (group.parameters)
      options.add("decay_" + module, group.weight_decay,
                  {.help = concat("weight decay of ", title), .min = 0, .max = 100});
}

namespace {

/// \param entries  const or not
template <class Entries>
auto& find(Entries& entries, std::string_view module) {
  auto const found =
      std::ranges::find_if(entries, [&](auto const& entry) { return entry.module == module; });
  require(found != entries.end(), ExitCode::internal, "module '", module,
          "' has no learning group");
  return found->group;
}

}  // namespace

LearningGroup& LearningGroups::of(std::string_view module) { return find(entries_, module); }
LearningGroup const& LearningGroups::of(std::string_view module) const {
  return find(entries_, module);
}

void LearningGroups::freeze(std::vector<std::string> const& modules) {
  std::vector<std::string> known;
  for (auto const& entry : entries_)
    if (entry.group.parameters) known.push_back(entry.module);
  for (auto const& module : modules) {
    require(std::ranges::find(known, module) != known.end(), ExitCode::config, "freeze: '", module,
            "' is no module with parameters (known: ", join(known, ", "),
            "; nearest: ", nearest(module, known), ")");
    of(module).frozen = true;
  }
}

}  // namespace setsz
