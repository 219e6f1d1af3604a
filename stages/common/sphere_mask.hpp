// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>

namespace setsz {

/// The sphere of a query in float32. A particle is inside if, in float32 arithmetic without fused
/// multiply-add, (dx * dx + dy * dy) + dz * dz < radius2 with dx = x - centre_x and so on.
struct FloatSphere {
  float centre_x, centre_y, centre_z;
  float radius2;

  bool holds(float x, float y, float z) const;
};

/// Positions in separate arrays.
struct FloatPositions {
  float const* x;
  float const* y;
  float const* z;
  std::int64_t size;
};

/// A run of particles [first, last), and how many of them are inside the sphere.
struct Segment {
  std::int32_t first;
  std::int32_t last;
  std::int32_t inside;
  std::int64_t mask;  ///< where its bits start in the mask bytes; -1: all are inside, no test
};

/// Tests the particles of every segment that has a mask. Particle first + k is bit k % 8 of byte
/// mask + k / 8; bits past the end are 0. Fills `inside`.
using MaskKernel = void (*)(FloatPositions const&, FloatSphere const&, std::span<Segment>,
                            std::uint8_t* mask);

/// The kernels of this machine, slowest (plain C++) first; all give the same bits.
std::span<MaskKernel const> mask_kernels();
/// The fastest one.
MaskKernel best_mask_kernel();

}  // namespace setsz
