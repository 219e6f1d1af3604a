// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace setsz {

/// A bit for every cell of a periodic box with 2^power cells a side, z fastest.
struct CellBits {
  unsigned power = 0;
  double cells_per_length = 0;
  std::span<std::uint32_t const> bits;
};

/// Looks up the bits of the cells that positions lie in; of a position on a border, that of one of
/// its neighbours. The fastest instructions of this processor are chosen at run time.
///
/// \param positions  (n, 3), in [0, box)
/// \param marks      (n): 1 where the bit is set, else 0
void mark_reached(std::span<float const> positions, CellBits const& cells,
                  std::span<std::uint8_t> marks);
void mark_reached(std::span<double const> positions, CellBits const& cells,
                  std::span<std::uint8_t> marks);

/// Lists the indices of the marks that are 1. \param list  room for marks.size() + 8
/// \return how many there are. \pre marks.size() <= 65536
std::size_t list_marked(std::span<std::uint8_t const> marks, std::uint16_t* list);

}  // namespace setsz
