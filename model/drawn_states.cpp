// SPDX-License-Identifier: BSD-3-Clause
#include "model/drawn_states.hpp"

#include <algorithm>

#include "pipeline/base/random.hpp"

namespace setsz {

std::vector<ClusterState> drawn_states(NetworkOptions const& options, ClusterState const& known,
                                       std::uint64_t seed, std::int64_t id,
                                       std::span<std::int64_t const> realisations) {
  if (!options.has_code()) return {known};
  std::vector<ClusterState> drawn;
  for (auto const k : realisations) {
    drawn.push_back(known);
    Random random(hash64(seed, static_cast<std::uint64_t>(id)), Purpose::latent_sample,
                  static_cast<std::uint64_t>(k));
    for (auto const* module : options.chosen())
      for (auto const& state : module->state())
        if (state.kind == StateKind::code)
          for (auto& number : drawn.back().at(state.name)) number = random.normal();
  }
  return drawn;
}

ClusterState without_code(NetworkOptions const& options, ClusterState states) {
  for (auto const* module : options.chosen())
    for (auto const& state : module->state())
      if (state.kind == StateKind::code) std::ranges::fill(states.at(state.name), 0.0);
  return states;
}

}  // namespace setsz
