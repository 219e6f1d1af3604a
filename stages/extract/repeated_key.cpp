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

/// So many that about one in 32 is set.
int leading_bits_for(std::size_t n) { return std::max(6, int(std::bit_width(32 * n))); }

}  // namespace

std::optional<std::uint64_t> repeated_key(std::span<KeptParticle const> particles) {
  // Keys that share their leading bits with an earlier one are few, and twins are among them.
  LeadingBits seen(leading_bits_for(particles.size()));
  std::vector<std::uint64_t> suspects;
  for (auto const& particle : particles) {
    auto const key = key_of(particle);
    if (seen.has(key)) suspects.push_back(key);
    seen.set(key);
  }
  // And so are those that share other bits, which decide here, with one of these.
  auto const turned = [](std::uint64_t key) { return std::rotl(key, 32); };
  LeadingBits suspected(leading_bits_for(suspects.size()));
  for (auto const key : suspects) suspected.set(turned(key));
  suspects.clear();
  for (auto const& particle : particles)
    if (suspected.has(turned(key_of(particle)))) suspects.push_back(key_of(particle));
  std::sort(suspects.begin(), suspects.end());
  auto const twin = std::adjacent_find(suspects.begin(), suspects.end());
  if (twin == suspects.end()) return {};
  return *twin;
}

}  // namespace setsz
