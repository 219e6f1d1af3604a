// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/halo_source.hpp"

#include <algorithm>

namespace setsz {

BoxReplicas::BoxReplicas(HaloSet const& set, Placement const& placement,
                         std::int64_t rows_per_block)
    : set_(set),
      placement_(placement),
      rows_per_block_(rows_per_block),
      order_(set.n_rows(), rows_per_block) {
  while (turn_of_last_ < order_.n_slices() && order_.slice(turn_of_last_) + 1 != order_.n_slices())
    ++turn_of_last_;
}

std::int64_t BoxReplicas::rows_before(std::int64_t turn) const {
  auto const missing = order_.n_slices() * rows_per_block_ - set_.n_rows();
  return turn * rows_per_block_ - (turn > turn_of_last_ ? missing : 0);
}

std::int64_t BoxReplicas::find_images(Range places, std::vector<HaloImage>& images) const {
  std::int64_t const n = placement_.n_replicas();
  if (places.size() == 0) return 0;
  std::int64_t n_left_out = 0;
  std::size_t const n_before = images.size();
  Range const wanted{places.first / n, (places.last - 1) / n + 1};  // in the order of the blocks
  auto turn = wanted.first / rows_per_block_;
  while (rows_before(turn + 1) <= wanted.first) ++turn;
  for (; turn < order_.n_slices() && rows_before(turn) < wanted.last; ++turn) {
    auto const block = order_.rows(turn);
    auto const to_row = block.first - rows_before(turn);
    Range const rows{std::max(block.first, wanted.first + to_row),
                     std::min(block.last, wanted.last + to_row)};
    for (auto const& halo : set_.read(rows)) {
      std::int64_t const first = (halo.row - to_row) * n;  // its places
      n_left_out += placement_.find_images(
          halo, {std::max(places.first - first, std::int64_t{0}), std::min(places.last - first, n)},
          images);
    }
  }
  for (std::size_t i = n_before; i < images.size(); ++i) set_.draw(images[i]);
  return n_left_out;
}

}  // namespace setsz
