// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/sample_draw.hpp"

#include <numeric>
#include <vector>

#include "pipeline/base/random.hpp"

namespace setsz {

std::int64_t SampleDraw::sample_of(std::int64_t id, std::array<std::int16_t, 3> const& cell) const {
  std::uint64_t replica = 0;
  for (auto const i : cell) replica = (replica << 16) | static_cast<std::uint16_t>(i);
  Random random(hash64(seed, replica), Purpose::replica_sample, static_cast<std::uint64_t>(id));
  std::vector<std::int64_t> order(static_cast<std::size_t>(n_samples));
  std::iota(order.begin(), order.end(), std::int64_t{1});
  shuffle(order, random, static_cast<std::size_t>(realisation));
  return order[static_cast<std::size_t>(realisation - 1)];
}

}  // namespace setsz
