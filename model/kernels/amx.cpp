// SPDX-License-Identifier: BSD-3-Clause
#include "model/kernels/avx512_rounding.hpp"
#include "model/kernels/tile_kernels.hpp"

namespace setsz {

namespace {

/// The tile registers of this thread, each 16 rows of 64 bytes. Plain assembly, because GCC's own
/// functions do not say that they read and write memory.
class AmxTiles {
 public:
  AmxTiles() {
    struct alignas(64) Configuration {
      std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
      std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    } const configuration;
    static_assert(sizeof(Configuration) == 64);
    asm volatile("ldtilecfg %0" : : "m"(configuration));
  }
  /// Threads whose registers are free are switched faster.
  ~AmxTiles() { asm volatile("tilerelease"); }
  AmxTiles(AmxTiles const&) = delete;
  AmxTiles& operator=(AmxTiles const&) = delete;

  template <int t>
  void clear() {
    asm volatile("tilezero %%tmm%c0" : : "i"(t));
  }
  template <int t>
  void load(float const* from) {
    asm volatile("tileloadd (%1,%2,1), %%tmm%c0" : : "i"(t), "r"(from), "r"(64L) : "memory");
  }
  template <int c, int a, int b>
  void multiply() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(c), "i"(a), "i"(b));
  }
  template <int t>
  void store(float* to, long stride) {
    asm volatile("tilestored %%tmm%c0, (%1,%2,1)" : : "i"(t), "r"(to), "r"(4 * stride) : "memory");
  }
};

}  // namespace

LayerKernels amx_kernels(Arithmetic arithmetic) {
  LayerKernels kernels = avx512_kernels();
  kernels.tiles = tile_forward<AmxTiles, Avx512Rounding>(arithmetic);
  return kernels;
}

}  // namespace setsz
