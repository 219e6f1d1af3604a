// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/network.hpp"

namespace setsz {

/// States of a cluster with codes drawn from their prior, one for each realisation; of a network
/// without a code `known` alone.
///
/// A pure function of its arguments. Numbers of other networks (seeds), realisations and clusters
/// are independent.
/// \param id  of the cluster in the halo catalogue, or another number that it alone has
std::vector<ClusterState> drawn_states(NetworkOptions const& options, ClusterState const& known,
                                       std::uint64_t seed, std::int64_t id,
                                       std::span<std::int64_t const> realisations);

/// The states with all codes 0.
ClusterState without_code(NetworkOptions const& options, ClusterState states);

}  // namespace setsz
