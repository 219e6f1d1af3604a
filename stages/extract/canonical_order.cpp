// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/canonical_order.hpp"

#include <algorithm>
#include <numeric>

#include "pipeline/base/error.hpp"
#include "stages/extract/repeated_key.hpp"

namespace setsz {

namespace {

/// \throws Error(bad_data) that says where two particles with the same id lie
void require_different(std::vector<KeptParticle> const& particles) {
  auto const key = repeated_key(particles);
  if (!key) return;
  auto const has_key = [&](KeptParticle const& particle) { return key_of(particle) == *key; };
  auto const first = std::find_if(particles.begin(), particles.end(), has_key);
  auto const second = std::find_if(first + 1, particles.end(), has_key);
  fail(ExitCode::bad_data, "two particles have the same ParticleID, at (", first->q[0], ", ",
       first->q[1], ", ", first->q[2], ") and (", second->q[0], ", ", second->q[1], ", ",
       second->q[2],
       ") ckpc/h from the centre of the cluster; does a file of the snapshot exist twice?");
}

}  // namespace

OrderedParticles in_canonical_order(ParticleBlocks&& blocks, CellGrid const& grid) {
  OrderedParticles ordered;
  ordered.grid = grid;
  auto& first = ordered.first_in_cell;
  auto const cell_of = [&](KeptParticle const& particle) {
    return static_cast<std::size_t>(grid.cell_of(particle.q[0], particle.q[1], particle.q[2]));
  };

  first.assign(static_cast<std::size_t>(grid.n_cells()) + 1, 0);
  std::vector<std::int32_t> cells;  // at most 512^3 of them; found once, divisions are slow
  for (auto const& block : blocks)
    for (auto const& particle : block) {
      cells.push_back(static_cast<std::int32_t>(cell_of(particle)));
      ++first[static_cast<std::size_t>(cells.back()) + 1];
    }
  std::partial_sum(first.begin(), first.end(), first.begin());

  auto& particles = ordered.particles;
  particles.resize(first.back());
  auto next = first;
  auto cell = cells.begin();
  for (auto& block : blocks) {
    for (auto const& particle : block) particles[next[*cell++]++] = particle;
    block = {};
  }
  blocks.clear();

  for (std::size_t c = 0; c + 1 < first.size(); ++c) {
    auto const begin = particles.begin() + first[c], end = particles.begin() + first[c + 1];
    std::sort(begin, end,
              [](KeptParticle const& a, KeptParticle const& b) { return a.key < b.key; });
  }
  require_different(particles);
  return ordered;
}

}  // namespace setsz
