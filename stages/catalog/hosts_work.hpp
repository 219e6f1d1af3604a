// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "stages/catalog/hosts.hpp"

namespace setsz {

/// Collective: of the haloes of all ranks those that lie in another one and are not lighter than
/// it, or whose parent no rank has. A few of all: each rank gets some of them, in any order. \param
/// mine  all that this rank has, hosts too
std::vector<HaloLink> not_lighter_than_parents(Comm const& comm, std::vector<HaloLink> mine);

/// Collective: ids of the haloes of this rank that lie within a heavier one of any rank, as
/// inside_heavier says.
std::unordered_set<std::int64_t> inside_heavier(Comm const& comm, std::vector<HaloSphere> mine,
                                                double box_ckpch);

/// Collective: nearly_equal of the haloes of all ranks.
std::optional<HaloPair> nearly_equal(Comm const& comm, std::vector<HaloSphere> mine,
                                     double box_ckpch, double share);

}  // namespace setsz
