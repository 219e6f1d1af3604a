// SPDX-License-Identifier: BSD-3-Clause
#include "model/state_row.hpp"

namespace setsz {

StateRow::StateRow(NetworkOptions const& options) {
  for (auto const* module : options.chosen())
    for (auto const& state : module->state()) {
      places_.emplace_back(state.name, Range{size_, size_ + state.size});
      size_ += state.size;
    }
}

void StateRow::add(ClusterState const& states, std::span<double> row) const {
  for (auto const& [name, place] : places_) {
    auto const found = states.find(name);
    if (found == states.end()) continue;
    for (std::int64_t i = 0; i < place.size(); ++i) row[place.first + i] += found->second[i];
  }
}

ClusterState StateRow::states(std::span<double const> row) const {
  ClusterState states;
  for (auto const& [name, place] : places_)
    states[name].assign(row.begin() + place.first, row.begin() + place.last);
  return states;
}

}  // namespace setsz
