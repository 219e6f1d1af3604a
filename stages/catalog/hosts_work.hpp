// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "stages/catalog/hosts.hpp"
#include "stages/catalog/periodic_cells.hpp"

namespace setsz {

/// Where haloes meet: the box is cut into cells, of which each rank owns some here and there. A
/// halo goes to the owners of all cells that its ball touches, so that each centre meets all balls
/// in which it lies on the rank that owns its cell.
class MeetingPlaces {
 public:
  MeetingPlaces(int n_ranks, double box_ckpch);
  /// Ranks that the halo goes to, each once: the owner of its centre's cell first. Valid until the
  /// next call. \param share  of the radii, that of the balls
  std::vector<std::size_t> const& of(HaloSphere const& halo, double share);

 private:
  std::size_t owner(std::int64_t cell) const;
  std::uint64_t n_ranks_;
  PeriodicCells cells_;
  std::vector<std::size_t> owners_;
};

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
