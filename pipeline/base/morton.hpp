// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "pipeline/base/vec3.hpp"

namespace setsz {

/// Interleaves the lowest 21 bits of three cell numbers: neighbours in space lie near in order.
constexpr std::uint64_t morton_key(std::uint32_t ix, std::uint32_t iy, std::uint32_t iz) {
  auto const spread = [](std::uint64_t x) {
    x &= 0x1fffff;
    x = (x | x << 32) & 0x1f00000000ffffULL;
    x = (x | x << 16) & 0x1f0000ff0000ffULL;
    x = (x | x << 8) & 0x100f00f00f00f00fULL;
    x = (x | x << 4) & 0x10c30c30c30c30c3ULL;
    x = (x | x << 2) & 0x1249249249249249ULL;
    return x;
  };
  return spread(ix) << 2 | spread(iy) << 1 | spread(iz);
}

/// The key of a position in [0, edge)^3 on a grid of 2^21 cells a side.
inline std::uint64_t morton_key(Vec3 const& position, double edge) {
  auto const cell = [&](double x) {
    double const scaled = x / edge * 2097152.0;
    return static_cast<std::uint32_t>(scaled < 0 ? 0 : scaled > 2097151 ? 2097151 : scaled);
  };
  return morton_key(cell(position.x), cell(position.y), cell(position.z));
}

}  // namespace setsz
