// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "pipeline/base/number.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {

/// A particle as the owner of a cluster keeps it: 36 bytes, no gaps.
struct KeptParticle {
  std::array<std::uint32_t, 2> key;  ///< hash64(seed, ParticleID), high word first
  std::array<float, 3> q;            ///< position minus the cluster's, minimum image [ckpc/h]
  std::array<float, 3> v;            ///< velocity minus the halo's [km/s]
  float mass;                        ///< [1e10 Msun/h]

  Vec3 position() const { return {q[0], q[1], q[2]}; }
  Vec3 velocity() const { return {v[0], v[1], v[2]}; }
};
static_assert(sizeof(KeptParticle) == 36);

/// \param common_mass  of all particles [1e10 Msun/h]; 0: every particle weighs its own
inline double mass_of(KeptParticle const& particle, double common_mass) {
  return common_mass > 0 ? common_mass : real(particle.mass);
}

/// The same on its way to the owner.
struct CapturedParticle {
  std::int32_t cluster;  ///< row of clusters.h5
  KeptParticle particle;
};
static_assert(sizeof(CapturedParticle) == 40);

/// The particles of one cluster in pieces of a fixed size: growing copies nothing and wastes no
/// more than one piece.
using ParticleBlocks = std::vector<std::vector<KeptParticle>>;

/// All clusters that a rank holds particles of.
class ClusterBins {
 public:
  explicit ClusterBins(std::int64_t n_clusters) : blocks_(n_clusters), count_(blocks_.size(), 0) {}

  void add(CapturedParticle const& captured) {
    std::size_t const cluster = captured.cluster;
    auto& blocks = blocks_[cluster];
    if (blocks.empty() || blocks.back().size() == block_size) begin_block(blocks);
    blocks.back().push_back(captured.particle);
    ++count_[cluster];
  }
  std::int64_t count(std::int64_t cluster) const { return count_[cluster]; }
  ParticleBlocks const& blocks(std::int64_t cluster) const { return blocks_[cluster]; }
  /// Gives the particles of a cluster away.
  ParticleBlocks take(std::int64_t cluster) {
    count_[cluster] = 0;
    return std::exchange(blocks_[cluster], {});
  }

  static constexpr std::size_t block_size = 2048;

 private:
  /// The first block grows as it fills, so that small clusters stay small.
  static void begin_block(ParticleBlocks& blocks) {
    bool const is_first = blocks.empty();
    blocks.emplace_back();
    if (!is_first) blocks.back().reserve(block_size);
  }

  std::vector<ParticleBlocks> blocks_;
  std::vector<std::int64_t> count_;
};

}  // namespace setsz
