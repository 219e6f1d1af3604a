// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/reached_cells.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "pipeline/base/dispatch.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// One loop without branches and calls: the compiler makes vector instructions of it.
template <class T>
[[gnu::always_inline]] inline void mark(T const* __restrict position, std::size_t n, T per_length,
                                        unsigned power, std::uint32_t const* __restrict bits,
                                        std::uint8_t* __restrict marks) {
  auto const last = static_cast<std::int32_t>((1U << power) - 1);
  for (std::size_t i = 0; i < n; ++i) {
    auto const x = std::min(static_cast<std::int32_t>(position[3 * i] * per_length), last);
    auto const y = std::min(static_cast<std::int32_t>(position[3 * i + 1] * per_length), last);
    auto const z = std::min(static_cast<std::int32_t>(position[3 * i + 2] * per_length), last);
    auto const cell = static_cast<std::uint32_t>(((x << power | y) << power) | z);
    marks[i] = static_cast<std::uint8_t>(bits[cell / 32] >> (cell % 32) & 1U);
  }
}

SETSZ_DISPATCH void mark_single(float const* position, std::size_t n, float per_length,
                                unsigned power, std::uint32_t const* bits, std::uint8_t* marks) {
  mark(position, n, per_length, power, bits, marks);
}
SETSZ_DISPATCH void mark_double(double const* position, std::size_t n, double per_length,
                                unsigned power, std::uint32_t const* bits, std::uint8_t* marks) {
  mark(position, n, per_length, power, bits, marks);
}

}  // namespace

void mark_reached(std::span<float const> positions, CellBits const& cells,
                  std::span<std::uint8_t> marks) {
  mark_single(positions.data(), marks.size(), single(cells.cells_per_length), cells.power,
              cells.bits.data(), marks.data());
}
void mark_reached(std::span<double const> positions, CellBits const& cells,
                  std::span<std::uint8_t> marks) {
  mark_double(positions.data(), marks.size(), cells.cells_per_length, cells.power,
              cells.bits.data(), marks.data());
}

std::size_t list_marked(std::span<std::uint8_t const> marks, std::uint16_t* list) {
  std::size_t n = 0, k = 0;
  for (; k + 8 <= marks.size(); k += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, &marks[k], 8);
    if (eight == 0) continue;  // neighbours in a snapshot are often neighbours in space
    for (std::size_t j = k; j < k + 8; ++j) {
      list[n] = static_cast<std::uint16_t>(j);
      n += marks[j];  // no branch: which ones are marked cannot be guessed
    }
  }
  for (; k < marks.size(); ++k) {
    list[n] = static_cast<std::uint16_t>(k);
    n += marks[k];
  }
  return n;
}

}  // namespace setsz
