// SPDX-License-Identifier: BSD-3-Clause
#include "model/parameter_transfer.hpp"

#include <algorithm>
#include <set>

#include "pipeline/base/text.hpp"

namespace setsz {

void add_parameters(ModelState& state, std::string const& group, ParameterLayout const& layout,
                    std::span<float const> parameters) {
  for (auto const& info : layout.tensors()) {
    auto const values = parameters.subspan(info.first, info.size());
    state.tensors[group + "/" + info.name] = {info.shape, {values.begin(), values.end()}};
  }
}

std::string LoadReport::text() const {
  std::vector<std::string> parts;
  auto const add = [&](char const* what, std::vector<std::string> const& names) {
    if (!names.empty()) parts.push_back(concat(what, " ", join(names, ", ")));
  };
  if (!loaded.empty()) parts.push_back(concat(loaded.size(), " tensors loaded"));
  add("missing (keep their start)", missing);
  add("of another shape (keep their start)", other_shape);
  add("unused", unused);
  return join(parts, "; ");
}

LoadReport load_parameters(ModelState const& state, std::string const& group,
                           ParameterLayout const& layout, std::span<float> parameters) {
  LoadReport report;
  std::set<std::string> known;
  for (auto const& info : layout.tensors()) {
    known.insert(info.name);
    auto const found = state.tensors.find(group + "/" + info.name);
    if (found == state.tensors.end()) {
      report.missing.push_back(info.name);
    } else if (found->second.shape != info.shape) {
      report.other_shape.push_back(info.name);
    } else {
      std::ranges::copy(found->second.values, parameters.begin() + info.first);
      report.loaded.push_back(info.name);
    }
  }
  for (auto const& [name, tensor] : state.tensors) {
    if (!name.starts_with(group + "/")) continue;
    auto const own = name.substr(group.size() + 1);
    if (!known.contains(own)) report.unused.push_back(own);
  }
  return report;
}

}  // namespace setsz
