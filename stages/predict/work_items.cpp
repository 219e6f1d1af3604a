// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/work_items.hpp"

#include <algorithm>
#include <numeric>

namespace setsz {

std::vector<std::int32_t> voxels_to_predict(CubeLattice const& lattice) {
  std::vector<std::int32_t> voxels;
  lattice.each_within(score_radius_r200, [&](std::size_t voxel, std::size_t) {
    voxels.push_back(static_cast<std::int32_t>(voxel));
  });
  return voxels;
}

VoxelLists::VoxelLists(std::int64_t n, VoxelPosition position) : below_{0} {
  // A cube of edge 1 whose shells are all counted: they have the same numbers in every cube.
  CubeLattice const lattice{n, 1, position};
  std::vector<std::int64_t> shells;
  lattice.each_within(2, [&](std::int64_t, std::size_t shell) {
    if (shell >= shells.size()) shells.resize(shell + 1, 0);
    ++shells[shell];
  });
  std::partial_sum(shells.begin(), shells.end(), std::back_inserter(below_));
}

std::int64_t VoxelLists::count(CubeLattice const& lattice) const {
  return below_[std::min(lattice.n_shells(score_radius_r200), std::ssize(below_) - 1)];
}

std::vector<std::int32_t> const& VoxelLists::of(CubeLattice const& lattice) {
  auto const shells = lattice.n_shells(score_radius_r200);
  if (held_ != shells) list_ = voxels_to_predict(lattice);
  held_ = shells;
  return list_;
}

WorkItems::WorkItems(std::vector<std::int64_t> const& n_voxels, std::int64_t block_voxels)
    : block_voxels_(block_voxels) {
  for (auto const n : n_voxels) {
    first_item_.push_back(first_item_.back() + (n + block_voxels - 1) / block_voxels);
    first_voxel_.push_back(first_voxel_.back() + n);
  }
}

WorkItem WorkItems::operator[](std::int64_t number) const {
  auto const next = std::ranges::upper_bound(first_item_, number);
  auto const cube = next - first_item_.begin() - 1;
  auto const first = (number - first_item_[cube]) * block_voxels_;
  return {cube, first,
          std::min(first + block_voxels_, first_voxel_[cube + 1] - first_voxel_[cube])};
}

std::int64_t WorkItems::voxels_before(std::int64_t number) const {
  if (number >= size()) return n_voxels();
  auto const item = (*this)[number];
  return first_voxel_[item.cube] + item.first_voxel;
}

ItemsLeft::ItemsLeft(WorkItems const& items, std::vector<Range> done, int n_ranks) {
  std::ranges::sort(done, {}, &Range::first);
  done.push_back({items.size(), items.size()});
  std::int64_t first = 0;
  for (auto const& range : done) {
    if (range.first > first) {
      ranges_.push_back({first, range.first});
      before_.push_back(before_.back() + range.first - first);
    }
    first = range.last;
  }
  deal(items, n_ranks);
}

std::int64_t ItemsLeft::number(std::int64_t k) const {
  auto const range = std::ranges::upper_bound(before_, k) - before_.begin() - 1;
  return ranges_[range].first + k - before_[range];
}

/// By the number of voxels: an item belongs to the rank whose share contains its middle.
void ItemsLeft::deal(WorkItems const& items, int n_ranks) {
  std::vector<std::int64_t> voxels{0};  // left in the ranges before each
  for (auto const& range : ranges_)
    voxels.push_back(voxels.back() + items.voxels_before(range.last) -
                     items.voxels_before(range.first));
  auto const twice_middle = [&](std::int64_t k) {
    auto const range = std::ranges::upper_bound(before_, k) - before_.begin() - 1;
    auto const at = items.voxels_before(number(k));
    return 2 * (voxels[range] + at - items.voxels_before(ranges_[range].first)) +
           items[number(k)].size();
  };
  boundaries_.assign(1, 0);
  for (int rank = 1; rank < n_ranks; ++rank) {
    auto first = boundaries_.back(), last = size();
    while (first < last) {
      auto const middle = (first + last) / 2;
      bool const before = twice_middle(middle) * n_ranks < 2 * voxels.back() * rank;
      (before ? first : last) = before ? middle + 1 : middle;
    }
    boundaries_.push_back(first);
  }
  boundaries_.push_back(size());
}

std::vector<Range> as_ranges(std::vector<std::int64_t> numbers) {
  std::ranges::sort(numbers);
  std::vector<Range> ranges;
  for (auto const number : numbers)
    if (!ranges.empty() && ranges.back().last == number)
      ++ranges.back().last;
    else
      ranges.push_back({number, number + 1});
  return ranges;
}

}  // namespace setsz
