// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cstdint>

// Nodes of tables between which loops interpolate: a value and the difference to the next one in
// one number, so that a place in the table costs one load.
namespace setsz {

using TableNode = std::uint64_t;

inline TableNode node_of(float value, float next) {
  return std::bit_cast<std::uint32_t>(value) | TableNode{std::bit_cast<std::uint32_t>(next - value)}
                                                   << 32;
}

/// The nodes of n values. \pre there are n + 1 values
void pack_nodes(float const* table, int n, TableNode* nodes);

/// \param share  of the way to the next value, 0 to 1
inline float value_at(TableNode node, float share) {
  auto const value = static_cast<std::uint32_t>(node);
  auto const rise = static_cast<std::uint32_t>(node >> 32);
  return std::bit_cast<float>(value) + share * std::bit_cast<float>(rise);
}

}  // namespace setsz
