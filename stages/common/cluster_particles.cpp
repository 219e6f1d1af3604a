// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/cluster_particles.hpp"

namespace setsz {

ClusterParticles sorted_into_cells(ClusterParticles const& unsorted, CellGrid const& grid) {
  auto const n = unsorted.x.size();
  std::vector<std::int64_t> cell(n);
  for (std::size_t i = 0; i < n; ++i)
    cell[i] = grid.cell_of(unsorted.x[i], unsorted.y[i], unsorted.z[i]);

  ClusterParticles sorted;
  sorted.grid = grid;
  sorted.first_in_cell.assign(static_cast<std::size_t>(grid.n_cells()) + 1, 0);
  for (auto const c : cell) ++sorted.first_in_cell[static_cast<std::size_t>(c) + 1];
  for (std::size_t c = 1; c < sorted.first_in_cell.size(); ++c)
    sorted.first_in_cell[c] += sorted.first_in_cell[c - 1];

  auto next = sorted.first_in_cell;
  for (auto* field : {&sorted.x, &sorted.y, &sorted.z, &sorted.vx, &sorted.vy, &sorted.vz})
    field->resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t const to = next[cell[i]]++;
    sorted.x[to] = unsorted.x[i], sorted.y[to] = unsorted.y[i], sorted.z[to] = unsorted.z[i];
    sorted.vx[to] = unsorted.vx[i], sorted.vy[to] = unsorted.vy[i], sorted.vz[to] = unsorted.vz[i];
  }
  return sorted;
}

}  // namespace setsz
