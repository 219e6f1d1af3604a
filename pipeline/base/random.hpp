// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace setsz {

/// What a stream of random numbers is for; part of the counter, so streams never meet.
enum class Purpose : std::uint32_t {
  cluster_split = 1,
  particle_order,
  mock_halo,
  mock_particle,
  mock_gas,
  mock_background,
  epoch_order,
  target_sample,
  cluster_sample,
  local_sample,
  scalar_noise,
  vector_noise,
  dropout,
  weights,
  bootstrap,
  fit_start,
  sky,
  test,
  latent,          ///< of a network in training
  latent_sample,   ///< of a prediction
  replica,         ///< of a box on the sky
  replica_sample,  ///< drawn prediction that a replica of a cluster shows
};

/// One block of Philox4x32-10: 128 random bits from a 128-bit counter and a 64-bit key.
/// \source Salmon et al. (2011), SC11, "Parallel random numbers: as easy as 1, 2, 3"; the test
///         compares with the known-answer vectors of their Random123 library
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

/// A reproducible stream: a pure function of (seed, purpose, a, b), whatever the rank or the order
/// in which streams are used. Cheap to construct: make one per cluster, particle or target.
///
/// `a` and `b` are free indices (epoch, cluster, target, ...): a up to 2^64, b up to 2^32.
class Random {
 public:
  Random(std::uint64_t seed, Purpose purpose, std::uint64_t a = 0, std::uint64_t b = 0);

  std::uint32_t bits();
  std::uint64_t bits64();
  /// Uniform in [0, 1), 53 bits.
  double uniform();
  /// Standard normal (Box-Muller, both numbers used).
  double normal();
  /// Uniform integer in [0, n), unbiased. \pre n > 0
  std::uint64_t below(std::uint64_t n);

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  int used_ = 4;
  double spare_ = 0;
  bool has_spare_ = false;
};

/// Moves a uniformly drawn choice of the values to the front, in random order: the first `count`,
/// or all of them. \source Fisher & Yates, as in Knuth, TAOCP vol. 2, algorithm 3.4.2 P
template <class T>
void shuffle(std::vector<T>& values, Random& random, std::size_t count) {
  for (std::size_t i = 0; i < std::min(count, values.size()); ++i)
    std::swap(values[i], values[i + random.below(values.size() - i)]);
}
template <class T>
void shuffle(std::vector<T>& values, Random& random) {
  if (!values.empty()) shuffle(values, random, values.size() - 1);
}

/// A 64-bit hash of (seed, value) with full avalanche; orders particles inside a cell.
/// \source finalizer of SplitMix64 (Steele, Lea & Flood 2014)
constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
constexpr std::uint64_t hash64(std::uint64_t seed, std::uint64_t value) {
  return mix64(mix64(seed) ^ value);
}

}  // namespace setsz
