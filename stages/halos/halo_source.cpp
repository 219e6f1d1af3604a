// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/halo_source.hpp"

#include <algorithm>

namespace setsz {

std::int64_t BoxReplicas::find_images(Range places, std::vector<HaloImage>& images) const {
  std::int64_t const n = placement_.n_replicas();
  if (places.size() == 0) return 0;
  std::int64_t n_left_out = 0;
  std::size_t const n_before = images.size();
  for (auto const& halo : set_.read({places.first / n, (places.last - 1) / n + 1})) {
    std::int64_t const first = halo.row * n;  // its places
    n_left_out += placement_.find_images(
        halo, {std::max(places.first - first, std::int64_t{0}), std::min(places.last - first, n)},
        images);
  }
  for (std::size_t i = n_before; i < images.size(); ++i) set_.draw(images[i]);
  return n_left_out;
}

}  // namespace setsz
