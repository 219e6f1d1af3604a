// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/repeated_key.hpp"

#include <algorithm>
#include <bit>
#include <vector>

namespace setsz {

namespace {

/// A bit for every value of a key's leading bits.
class LeadingBits {
 public:
  explicit LeadingBits(int n_leading)
      : shift_(64 - n_leading), words_((std::size_t{1} << n_leading) / 64) {}

  bool has(std::uint64_t key) const { return (words_[word(key)] >> bit(key) & 1) != 0; }
  void set(std::uint64_t key) { words_[word(key)] |= std::uint64_t{1} << bit(key); }

 private:
  std::size_t word(std::uint64_t key) const { return static_cast<std::size_t>(key >> shift_) / 64; }
  int bit(std::uint64_t key) const { return static_cast<int>((key >> shift_) % 64); }
  int shift_;
  std::vector<std::uint64_t> words_;
};

}  // namespace

std::optional<std::uint64_t> repeated_key(std::span<KeptParticle const> particles) {
  // Eight to sixteen bits a particle: keys that share one are few, and twins are among them.
  int const n_leading = std::max(6, static_cast<int>(std::bit_width(8 * particles.size())));
  LeadingBits seen(n_leading), seen_twice(n_leading);
  for (auto const& particle : particles) {
    auto const key = key_of(particle);
    if (seen.has(key)) seen_twice.set(key);
    seen.set(key);
  }
  std::vector<std::uint64_t> suspects;
  for (auto const& particle : particles)
    if (seen_twice.has(key_of(particle))) suspects.push_back(key_of(particle));
  std::sort(suspects.begin(), suspects.end());
  auto const twin = std::adjacent_find(suspects.begin(), suspects.end());
  if (twin == suspects.end()) return {};
  return *twin;
}

}  // namespace setsz
