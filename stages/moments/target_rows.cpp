// SPDX-License-Identifier: BSD-3-Clause
#include "stages/moments/target_rows.hpp"

#include <algorithm>

namespace setsz {

TargetRows::TargetRows(CubeLattice const& lattice)
    : lattice_(lattice), rows_(lattice.n * lattice.n) {
  std::int64_t const n = lattice.n;
  begin_ = n;
  lattice.each_within(score_radius_r200, [&](std::int64_t voxel, std::int64_t) {
    auto& row = rows_[voxel / n];
    std::int64_t const k = voxel % n;
    if (row.size() == 0) row = {size_, k, k};
    row.end = k + 1;
    begin_ = std::min(begin_, k);
    end_ = std::max(end_, k + 1);
    ++size_;
  });
  begin_ = std::min(begin_, end_);
}

}  // namespace setsz
