// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "pipeline/base/range.hpp"
#include "stages/common/cube_lattice.hpp"

namespace setsz {

/// The voxels of a cluster with r < 2 R200, in the cube's order.
std::vector<std::int32_t> voxels_to_predict(CubeLattice const& lattice);

/// The same of many clusters whose cubes have n voxels a side. Their number is looked up; of the
/// lists one is held at a time.
class VoxelLists {
 public:
  VoxelLists(std::int64_t n, VoxelPosition position);

  /// Voxels of the list.
  std::int64_t count(CubeLattice const& lattice) const;
  /// Valid until the next call. \pre the lattice has n voxels a side, at these positions
  std::vector<std::int32_t> const& of(CubeLattice const& lattice);
  /// The list of the last call.
  std::vector<std::int32_t> const& held() const { return list_; }

 private:
  std::vector<std::int64_t> below_;   ///< voxels of the shells 0 ... s - 1, by s
  std::optional<std::int64_t> held_;  ///< shells of the list
  std::vector<std::int32_t> list_;
};

/// A block of voxels of one cluster: a unit of work and of restart.
struct WorkItem {
  std::int64_t cube = 0;         ///< index in the list of predicted clusters
  std::int64_t first_voxel = 0;  ///< in its list of voxels to predict
  std::int64_t last_voxel = 0;
  std::int64_t size() const { return last_voxel - first_voxel; }
};

/// All items, cluster by cluster, computed from their numbers: 16 bytes a cluster, however many
/// items it has.
class WorkItems {
 public:
  WorkItems() = default;
  /// \param n_voxels      per predicted cluster
  /// \param block_voxels  of an item, at most
  WorkItems(std::vector<std::int64_t> const& n_voxels, std::int64_t block_voxels);

  std::int64_t size() const { return first_item_.back(); }
  std::int64_t n_voxels() const { return first_voxel_.back(); }
  /// \pre 0 <= number < size()
  WorkItem operator[](std::int64_t number) const;
  /// Voxels of all items below this number. \pre 0 <= number <= size()
  std::int64_t voxels_before(std::int64_t number) const;

 private:
  /// Of each cluster, and behind the last one.
  std::vector<std::int64_t> first_item_{0}, first_voxel_{0};
  std::int64_t block_voxels_ = 1;
};

/// The items that are left to do, as ranges of numbers, and who does them.
class ItemsLeft {
 public:
  ItemsLeft() = default;
  /// \param done  numbers that need not be done, in disjoint ranges
  ItemsLeft(WorkItems const& items, std::vector<Range> done, int n_ranks);

  std::int64_t size() const { return before_.back(); }
  /// How many a rank does.
  std::int64_t share(int rank) const { return boundaries_[rank + 1] - boundaries_[rank]; }
  /// The number of an item of the rank. \pre 0 <= k < share(rank)
  std::int64_t item(int rank, std::int64_t k) const { return number(boundaries_[rank] + k); }

 private:
  std::int64_t number(std::int64_t k) const;
  void deal(WorkItems const& items, int n_ranks);

  std::vector<Range> ranges_;            ///< ascending
  std::vector<std::int64_t> before_{0};  ///< items left in the ranges before each, and in all
  std::vector<std::int64_t> boundaries_;
};

/// Numbers as ascending, disjoint ranges. \param numbers  in any order, each once
std::vector<Range> as_ranges(std::vector<std::int64_t> numbers);

}  // namespace setsz
