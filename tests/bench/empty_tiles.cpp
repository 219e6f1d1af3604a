// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/empty_tiles.hpp"

#include "model/kernels/avx512_rounding.hpp"
#include "model/kernels/tile_kernels.hpp"

namespace setsz {

namespace {

/// A tile of numbers from -2 to 2.
struct alignas(64) RandomTile {
  float numbers[256];
  RandomTile() {
    std::uint32_t bits = 1;
    for (float& x : numbers) {
      bits = bits * 1664525U + 1013904223U;
      x = static_cast<float>(static_cast<std::int32_t>(bits)) * 0x1p-30F;
    }
  }
};
RandomTile const sums;

/// Registers that are neither read nor multiplied; storing one writes to memory as AMX does.
class EmptyTiles {
 public:
  template <int t>
  void clear() {}
  template <int t>
  void load(float const*) {}
  template <int c, int a, int b>
  void multiply() {}
  template <int t>
  void store(float* to, long stride) {
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i)
      _mm512_store_ps(to + i * stride, _mm512_load_ps(sums.numbers + i * 16));
  }
};

}  // namespace

TileForward empty_tile_forward(Arithmetic arithmetic) {
  return tile_forward<EmptyTiles, Avx512Rounding>(arithmetic);
}

}  // namespace setsz
