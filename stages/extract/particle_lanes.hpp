// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "stages/extract/captured.hpp"

/// Sums over the particles of a cluster, eight particles at a time: each lane has every eighth one,
/// and the lanes are added in their order at the end, so that a sum has the same bits on every
/// processor. The functions belong into loops that SETSZ_DISPATCH compiles.
namespace setsz::in_lanes {

constexpr std::size_t lanes = 8;
using Numbers [[gnu::vector_size(lanes * sizeof(double))]] = double;
using Bits [[gnu::vector_size(lanes * sizeof(double))]] = std::int64_t;
using Singles [[gnu::vector_size(lanes * sizeof(float))]] = float;

/// Some particles, a quantity in an array of its own. Those that fill up the last lanes weigh
/// nothing and lie far away.
struct Block {
  static constexpr std::size_t most = 256;
  static constexpr float far = 1e15F;

  std::size_t size = 0;  ///< full lanes
  alignas(64) std::array<std::array<float, most>, 3> q, v;
  alignas(64) std::array<double, most> mass;

  /// \param common_mass  of all particles; 0: every particle weighs its own
  /// \pre at most `most` particles
  void load(std::span<KeptParticle const> particles, double common_mass) {
    for (std::size_t i = 0; i < particles.size(); ++i) {
      auto const& particle = particles[i];
      for (std::size_t k = 0; k < 3; ++k) q[k][i] = particle.q[k], v[k][i] = particle.v[k];
      mass[i] = mass_of(particle, common_mass);
    }
    size = (particles.size() + lanes - 1) / lanes * lanes;
    for (auto i = particles.size(); i < size; ++i) {
      for (std::size_t k = 0; k < 3; ++k) q[k][i] = far, v[k][i] = 0;
      mass[i] = 0;
    }
  }
};

/// Calls `work(block)` for all particles, in their order.
void for_each_block(std::span<KeptParticle const> particles, double common_mass, auto&& work) {
  Block block;
  for (std::size_t first = 0; first < particles.size(); first += Block::most) {
    auto const n = std::min(Block::most, particles.size() - first);
    block.load(particles.subspan(first, n), common_mass);
    work(block);
  }
}

/// A sum in lanes.
struct Sum {
  Numbers lane{};

  double total() const {
    double sum = 0;
    for (std::size_t l = 0; l < lanes; ++l) sum += lane[l];
    return sum;
  }
};

struct VectorSum {
  Sum x, y, z;
  Vec3 total() const { return {x.total(), y.total(), z.total()}; }
};

struct Vectors {
  Numbers x, y, z;
};

[[gnu::always_inline]] inline void get(std::array<float, Block::most> const& from, std::size_t i,
                                       Numbers& into) {
  Singles values;
  std::memcpy(&values, from.data() + i, sizeof values);
  into = __builtin_convertvector(values, Numbers);
}
[[gnu::always_inline]] inline void get(std::array<double, Block::most> const& from, std::size_t i,
                                       Numbers& into) {
  std::memcpy(&into, from.data() + i, sizeof into);
}
[[gnu::always_inline]] inline void get(std::array<std::array<float, Block::most>, 3> const& from,
                                       std::size_t i, Vectors& into) {
  get(from[0], i, into.x), get(from[1], i, into.y), get(from[2], i, into.z);
}

/// The lanes in which values are negative: all bits are their sign, which needs no comparison.
struct Negative {
  Bits bits;

  [[gnu::always_inline]] explicit Negative(Numbers const& values)
      : bits(reinterpret_cast<Bits>(values) >> 63) {}
  [[gnu::always_inline]] void leave_out(Negative const& others) { bits &= ~others.bits; }
};

/// Adds these lanes, and 0 to the others.
[[gnu::always_inline]] inline void add(Sum& sum, Numbers const& values, Negative const& which) {
  sum.lane += reinterpret_cast<Numbers>(reinterpret_cast<Bits>(values) & which.bits);
}
[[gnu::always_inline]] inline void add(VectorSum& sum, Numbers const& weight, Vectors const& a,
                                       Negative const& which) {
  add(sum.x, weight * a.x, which), add(sum.y, weight * a.y, which);
  add(sum.z, weight * a.z, which);
}

}  // namespace setsz::in_lanes
