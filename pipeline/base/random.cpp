// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/random.hpp"
#include "pipeline/base/number.hpp"

#include <cmath>
#include <numbers>

namespace setsz {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    std::uint64_t const p0 = std::uint64_t{0xD2511F53} * counter[0];
    std::uint64_t const p1 = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {
        static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
        static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

namespace {

constexpr std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
constexpr std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

}  // namespace

// Key: seed and purpose, mixed. Counter: running block number, b, and a in two words.
Random::Random(std::uint64_t seed, Purpose purpose, std::uint64_t a, std::uint64_t b) {
  std::uint64_t const mixed = hash64(seed, static_cast<std::uint64_t>(purpose));
  key_ = {low(mixed), high(mixed)};
  counter_ = {0, low(b), low(a), high(a)};
}

std::uint32_t Random::bits() {
  if (used_ == 4) {
    block_ = philox4x32(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[used_++];
}

std::uint64_t Random::bits64() {
  std::uint64_t const upper = bits();
  return (upper << 32) | bits();
}

double Random::uniform() { return real(bits64() >> 11) * 0x1.0p-53; }

double Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  double const radius = std::sqrt(-2 * std::log1p(-uniform()));
  double const angle = 2 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

std::uint64_t Random::below(std::uint64_t n) {
  // Reject the incomplete last interval: unbiased for every n.
  std::uint64_t const limit = n * (UINT64_MAX / n);
  while (true) {
    std::uint64_t const x = bits64();
    if (x < limit) return x % n;
  }
}

}  // namespace setsz
