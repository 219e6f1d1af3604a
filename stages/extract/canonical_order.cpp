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

/// Sorts the particles of a cell by their keys, over the leading halves of these: 8 bytes are moved
/// about in place of 36.
class CellSorter {
 public:
  void operator()(std::span<KeptParticle> cell) {
    auto const n = cell.size();
    if (n < 2) return;
    order_.resize(n);
    for (std::size_t i = 0; i < n; ++i) order_[i] = std::uint64_t{cell[i].key[0]} << 32 | i;
    sort_order();
    sorted_.resize(n);
    for (std::size_t i = 0; i < n; ++i) sorted_[i] = cell[order_[i] & 0xffffffff];
    std::copy(sorted_.begin(), sorted_.end(), cell.begin());
    auto const by_key = [](auto const& a, auto const& b) { return a.key < b.key; };
    if (!std::is_sorted(cell.begin(), cell.end(), by_key))  // two leading halves were the same
      std::sort(cell.begin(), cell.end(), by_key);
  }

 private:
  /// Keys are hashes: in bins of their values they have nearly their places, and steps of few
  /// places bring them there.
  void sort_order() {
    constexpr std::size_t few = 12;
    if (order_.size() > few) bin_order();
    for (std::size_t i = 1; i < order_.size(); ++i) {
      auto const key = order_[i];
      auto j = i;
      for (; j > 0 && order_[j - 1] > key; --j) order_[j] = order_[j - 1];
      order_[j] = key;
    }
  }

  /// One bin a particle.
  void bin_order() {
    auto const n = order_.size();
    auto const bin_of = [n](std::uint64_t key) { return (key >> 32) * n >> 32; };
    next_.assign(n + 1, 0);
    for (auto const key : order_) ++next_[bin_of(key) + 1];
    std::partial_sum(next_.begin(), next_.end(), next_.begin());
    binned_.resize(n);
    for (auto const key : order_) binned_[next_[bin_of(key)]++] = key;
    order_.swap(binned_);
  }

  /// Leading half of the key, then the place in the cell.
  std::vector<std::uint64_t> order_, binned_;
  std::vector<std::uint32_t> next_;  ///< of each bin
  std::vector<KeptParticle> sorted_;
};

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

  CellSorter sort;
  for (std::size_t c = 0; c + 1 < first.size(); ++c)
    sort(std::span(particles).subspan(first[c], first[c + 1] - first[c]));
  require_different(particles);
  return ordered;
}

}  // namespace setsz
