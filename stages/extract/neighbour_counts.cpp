// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/neighbour_counts.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "pipeline/base/dispatch.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// Points that are compared at a time.
constexpr std::int32_t lanes = 16;
using Numbers [[gnu::vector_size(lanes * sizeof(float))]] = float;
using Integers [[gnu::vector_size(lanes * sizeof(float))]] = std::int32_t;

/// A point's cell, then its place among those that were given.
using Key = std::uint64_t;

/// Cells in a cube, z fastest, with an empty layer outside.
struct Cells {
  double half_side, per_length;
  std::int32_t per_side;

  /// Wider than `distance` by more than rounding.
  Cells(double half, double distance)
      : half_side(half),
        per_length((1 - 1e-12) / distance),
        per_side(static_cast<std::int32_t>(2 * half * per_length) + 3) {}
};

/// One loop without branches: the compiler makes vector instructions of it.
SETSZ_DISPATCH void find_keys(double const* __restrict x, double const* __restrict y,
                              double const* __restrict z, std::size_t n, Cells const& cells,
                              Key* __restrict keys) {
  auto const [half_side, per_length, side] = cells;
  for (std::size_t i = 0; i < n; ++i) {
    auto const along_x = static_cast<std::int32_t>((x[i] + half_side) * per_length) + 1;
    auto const along_y = static_cast<std::int32_t>((y[i] + half_side) * per_length) + 1;
    auto const along_z = static_cast<std::int32_t>((z[i] + half_side) * per_length) + 1;
    auto const cell = (along_x * side + along_y) * side + along_z;
    keys[i] = static_cast<Key>(cell) << 32 | i;
  }
}

/// By cells, digit by digit. \param n_cells  above the largest
void sort_by_cell(std::vector<Key>& keys, Key n_cells) {
  constexpr int bits = 9;
  std::vector<Key> sorted(keys.size());
  for (int shift = 32; n_cells >> (shift - 32) > 0; shift += bits) {
    std::array<std::uint32_t, (1 << bits) + 1> next{};
    auto const digit = [shift](Key key) { return key >> shift & ((1 << bits) - 1); };
    for (auto const key : keys) ++next[digit(key) + 1];
    std::partial_sum(next.begin(), next.end(), next.begin());
    for (auto const key : keys) sorted[next[digit(key)]++] = key;
    keys.swap(sorted);
  }
}

/// Points sorted by cell, and so in columns along z.
struct Columns {
  Cells cells;
  std::vector<std::int32_t> place, cell_z;  ///< (n) among those given; of the cell along z
  std::vector<std::int32_t> first;          ///< (per_side^2 + 1)
  std::vector<float> x, y, z;               ///< (n + lanes)

  Columns(PointSpans const& points, Cells const& its_cells);
  std::int32_t size() const { return static_cast<std::int32_t>(place.size()); }
};

Columns::Columns(PointSpans const& points, Cells const& its_cells) : cells(its_cells) {
  auto const n = points.x.size(), side = static_cast<std::size_t>(cells.per_side);
  std::vector<Key> keys(n);
  find_keys(points.x.data(), points.y.data(), points.z.data(), n, cells, keys.data());
  sort_by_cell(keys, side * side * side);
  place.resize(n), cell_z.resize(n), first.assign(side * side + 1, 0);
  x.resize(n + lanes), y.resize(n + lanes), z.resize(n + lanes);
  for (std::size_t i = 0; i < n; ++i) {
    auto const at = keys[i] & 0xffffffff;
    auto const cell = static_cast<std::uint32_t>(keys[i] >> 32);
    auto const column = cell / static_cast<std::uint32_t>(side);
    place[i] = static_cast<std::int32_t>(at);
    cell_z[i] = static_cast<std::int32_t>(cell - column * static_cast<std::uint32_t>(side));
    ++first[column + 1];
    x[i] = single(points.x[at]), y[i] = single(points.y[at]), z[i] = single(points.z[at]);
  }
  std::partial_sum(first.begin(), first.end(), first.begin());
}

/// Points that follow one another, and where all that are close to them lie.
struct Block {
  std::int32_t begin = 0, end = 0, n_ranges = 0;
  std::array<std::int32_t, 9> first, last;

  void add(std::int32_t from, std::int32_t to) {
    first[n_ranges] = from, last[n_ranges] = to;
    n_ranges += from < to;
  }
};

/// Of the points of a column, those in cells near those of `block`. Most columns are short.
void add_part(Columns const& columns, std::int32_t column, Block& block) {
  auto const* cell = columns.cell_z.data();
  auto from = columns.first[column], to = columns.first[column + 1];
  auto const lowest = cell[block.begin] - 1, highest = cell[block.end - 1] + 1;
  constexpr std::int32_t many = 32;
  if (to - from > many) {
    from = static_cast<std::int32_t>(std::lower_bound(cell + from, cell + to, lowest) - cell);
    to = static_cast<std::int32_t>(std::upper_bound(cell + from, cell + to, highest) - cell);
  } else {
    while (from < to && cell[from] < lowest) ++from;
    while (from < to && cell[to - 1] > highest) --to;
  }
  block.add(from, to);
}

/// The points from `begin` on, the first of `column`'s that is not yet done: a part of that column,
/// or several columns of one plane that are short. \param column  then that of the next block
Block next_block(Columns const& columns, std::int32_t begin, std::int32_t& column) {
  auto const& first = columns.first;
  auto const side = columns.cells.per_side;
  Block block;
  block.begin = begin, block.end = std::min(begin + lanes, first[column + 1]);
  auto last = column;
  if (begin == first[column])
    for (auto next = column + 1; next % side != 0 && first[next + 1] <= begin + lanes; ++next)
      if (first[next + 1] > block.end) block.end = first[(last = next) + 1];
  for (std::int32_t const plane : {-side, 0, side}) {
    if (last > column)
      block.add(first[column + plane - 1], first[last + plane + 2]);
    else
      for (std::int32_t const next : {-1, 0, 1}) add_part(columns, column + plane + next, block);
  }
  column = last;
  return block;
}

/// Of each point of the block: how many are near, and by how much the closest call was one.
struct Verdict {
  Integers near, closest;
};

/// \param x, y, z  of all points, then some more
[[gnu::always_inline]] inline Verdict compare(Block const& block, float const* x, float const* y,
                                              float const* z, float distance2) {
  Numbers block_x, block_y, block_z;
  std::memcpy(&block_x, x + block.begin, sizeof block_x);
  std::memcpy(&block_y, y + block.begin, sizeof block_y);
  std::memcpy(&block_z, z + block.begin, sizeof block_z);
  Integers near{}, closest = near + std::numeric_limits<std::int32_t>::max();
  for (std::int32_t r = 0; r < block.n_ranges; ++r)
    for (auto j = block.first[r]; j < block.last[r]; ++j) {
      Numbers const dx = block_x - x[j], dy = block_y - y[j], dz = block_z - z[j];
      Numbers const beyond = dx * dx + (dy * dy + (dz * dz - distance2));
      auto const bits = reinterpret_cast<Integers>(beyond);
      near -= bits >> 31;  // the sign
      Integers const size = bits & std::numeric_limits<std::int32_t>::max();
      closest = size < closest ? size : closest;  // numbers that are not negative sort as bits
    }
  return {near, closest};
}

/// Of one point of the block, in double.
std::int32_t count_again(PointSpans const& points, Columns const& columns, Block const& block,
                         std::int32_t i, double distance2) {
  auto const at = columns.place[i];
  std::int32_t count = 0;
  for (std::int32_t r = 0; r < block.n_ranges; ++r)
    for (auto j = block.first[r]; j < block.last[r]; ++j) {
      auto const to = columns.place[j];
      double const dx = points.x[to] - points.x[at], dy = points.y[to] - points.y[at],
                   dz = points.z[to] - points.z[at];
      count += dx * dx + dy * dy + dz * dz < distance2;
    }
  return count;
}

SETSZ_DISPATCH void compare_all(Block const* blocks, std::size_t n_blocks, float const* x,
                                float const* y, float const* z, float distance2, std::int32_t* near,
                                std::int32_t* closest) {
  for (std::size_t b = 0; b < n_blocks; ++b) {
    auto const verdict = compare(blocks[b], x, y, z, distance2);
    std::memcpy(near + blocks[b].begin, &verdict.near, sizeof verdict.near);
    std::memcpy(closest + blocks[b].begin, &verdict.closest, sizeof verdict.closest);
  }
}

}  // namespace

std::vector<std::int32_t> neighbour_counts(PointSpans const& points, double half_side,
                                           double distance) {
  Columns const columns(points, Cells(half_side, distance));
  std::vector<Block> blocks;
  for (std::int32_t begin = 0, column = 0; begin < columns.size(); begin = blocks.back().end) {
    while (columns.first[column + 1] <= begin) ++column;
    blocks.push_back(next_block(columns, begin, column));
  }
  auto const n = static_cast<std::size_t>(columns.size());
  std::vector<std::int32_t> near(n + lanes), closest(n + lanes), counts(n);
  compare_all(blocks.data(), blocks.size(), columns.x.data(), columns.y.data(), columns.z.data(),
              single(distance * distance), near.data(), closest.data());
  // Rounding of coordinates moves a squared distance near this one by up to
  // 2 d (3^(1/2) 2 half_side 2^-24), that of the sums by up to 6 2^-24 d^2.
  double const rounding = std::ldexp(distance, -22) * (2 * half_side + 2 * distance);
  auto const doubtful = std::bit_cast<std::int32_t>(single(rounding));
  for (auto const& block : blocks)
    for (auto i = block.begin; i < block.end; ++i)
      counts[columns.place[i]] = closest[i] > doubtful
                                     ? near[i]
                                     : count_again(points, columns, block, i, distance * distance);
  return counts;
}

}  // namespace setsz
