// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/canonical_order.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <span>

#include "pipeline/base/dispatch.hpp"
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

/// The cells of some positions: at most 512^3. \param position  (3, n)
SETSZ_DISPATCH void find_cells(float const* __restrict position, std::size_t n,
                               CellGrid const& grid_of_all, std::int32_t* __restrict cells) {
  auto const grid = grid_of_all;
  for (std::size_t i = 0; i < n; ++i)
    cells[i] =
        static_cast<std::int32_t>(grid.cell_of(position[i], position[n + i], position[2 * n + i]));
}

/// The leading half of a particle's key, then its place among those that came: below 2^63.
using Entry = std::uint64_t;
constexpr int place_bits = 31;
constexpr Entry entry_of(std::uint32_t leading, std::size_t place) {
  return Entry{leading} << place_bits | place;
}
constexpr std::size_t place_of(Entry entry) { return entry & ((Entry{1} << place_bits) - 1); }
constexpr Entry leading_half(Entry entry) { return entry >> place_bits; }

constexpr std::size_t lanes = 8;
using Entries [[gnu::vector_size(lanes * sizeof(Entry))]] = Entry;

/// Sorts few entries by the number of those below each: no branch has to be guessed.
/// \param entries, sorted  (n), and room for full lanes
[[gnu::always_inline]] inline void sort_few(Entry const* entries, std::size_t n, Entry* sorted) {
  for (std::size_t i = 0; i < n; i += lanes) {
    Entries mine, n_below{};
    std::memcpy(&mine, entries + i, sizeof mine);
    for (std::size_t j = 0; j < n; ++j) n_below += (entries[j] - mine) >> 63;  // the sign
    for (std::size_t l = 0; l < std::min(lanes, n - i); ++l) sorted[n_below[l]] = entries[i + l];
  }
}

/// What the sorting of cells needs, used again.
struct Scratch {
  std::vector<Entry> binned, sorted;
  std::vector<std::uint32_t> next;  ///< of each bin

  void hold(std::size_t n) {
    if (sorted.size() >= n + lanes) return;
    binned.resize(n + lanes), sorted.resize(n + lanes), next.resize(n + 1);
  }
};

/// Many at a time would be compared with too many.
constexpr std::size_t few = 24;

/// Keys are hashes: bins of their values have few each.
/// \return the number of bins; they end at `scratch.next`
std::size_t bin(std::span<Entry const> cell, Scratch& scratch) {
  constexpr std::size_t per_bin = 8;
  auto const n_bins = cell.size() / per_bin;
  auto const bin_of = [n_bins](Entry entry) { return leading_half(entry) * n_bins >> 32; };
  auto const next = std::span(scratch.next).first(n_bins + 1);
  std::ranges::fill(next, 0);
  for (auto const entry : cell) ++next[bin_of(entry) + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());
  for (auto const entry : cell) scratch.binned[next[bin_of(entry)]++] = entry;
  return n_bins;
}

/// Sorts each cell. \param entries  those of a cell lie together, and room for full lanes behind
/// \param first  (n_cells + 1) \return whether two have the same leading half
SETSZ_DISPATCH bool sort_cells(Entry* entries, std::int64_t const* first, std::size_t n_cells,
                               Scratch& scratch) {
  bool same = false;
  for (std::size_t c = 0; c < n_cells; ++c) {
    std::span const cell(entries + first[c], static_cast<std::size_t>(first[c + 1] - first[c]));
    if (cell.size() < 2) continue;
    scratch.hold(cell.size());
    auto* const sorted = scratch.sorted.data();
    if (cell.size() <= few) {
      sort_few(cell.data(), cell.size(), sorted);
    } else {
      auto const n_bins = bin(cell, scratch);
      for (std::size_t b = 0, begin = 0; b < n_bins; begin = scratch.next[b++])
        sort_few(&scratch.binned[begin], scratch.next[b] - begin, sorted + begin);
    }
    for (std::size_t i = 1; i < cell.size(); ++i)
      same |= leading_half(sorted[i]) == leading_half(sorted[i - 1]);
    std::memcpy(cell.data(), sorted, cell.size_bytes());
  }
  return same;
}

}  // namespace

OrderedParticles in_canonical_order(ParticleBlocks&& blocks, CellGrid const& grid) {
  OrderedParticles ordered;
  ordered.grid = grid;
  auto& first = ordered.first_in_cell;
  first.assign(static_cast<std::size_t>(grid.n_cells()) + 1, 0);
  std::size_t n = 0;
  for (auto const& block : blocks) n += block.size();
  require(n < std::size_t{1} << place_bits, ExitCode::bad_data, "more than 2^31 particles (", n,
          ") around one cluster; thin them ([extract] particle_mass)");
  std::vector<std::int32_t> places(n);  // at first cells
  std::vector<std::uint32_t> leading(n);
  std::vector<float> position;
  std::size_t place = 0;
  for (auto const& block : blocks) {
    auto const size = block.size();
    position.resize(3 * size);
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t k = 0; k < 3; ++k) position[k * size + i] = block[i].q[k];
      leading[place + i] = block[i].key[0];
    }
    find_cells(position.data(), size, grid, places.data() + place);
    for (auto const end = place + size; place < end; ++place) ++first[places[place] + 1];
  }
  std::partial_sum(first.begin(), first.end(), first.begin());

  std::vector<Entry> entries(n + lanes);
  auto next = first;
  for (std::size_t i = 0; i < n; ++i) entries[next[places[i]]++] = entry_of(leading[i], i);
  leading = {};
  Scratch scratch;
  bool const same = sort_cells(entries.data(), first.data(), first.size() - 1, scratch);
  for (std::size_t i = 0; i < n; ++i) places[place_of(entries[i])] = static_cast<std::int32_t>(i);

  auto& particles = ordered.particles;
  particles.resize(n);
  auto to = places.begin();
  for (auto& block : blocks) {
    for (auto const& particle : block) particles[*to++] = particle;
    block = {};
  }
  blocks.clear();
  if (same)
    for (std::size_t c = 0; c + 1 < first.size(); ++c)
      std::sort(particles.begin() + first[c], particles.begin() + first[c + 1],
                [](auto const& a, auto const& b) { return a.key < b.key; });
  require_different(particles);
  return ordered;
}

}  // namespace setsz
