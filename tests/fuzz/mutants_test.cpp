// SPDX-License-Identifier: BSD-3-Clause
// The kept corpus, and files that differ from it in some bytes: each is read or refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "pipeline/base/random.hpp"
#include "tests/fixtures/figures.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fuzz/targets.hpp"

namespace setsz {
namespace {

std::vector<std::string> corpus_of(fuzz::Target const& target) {
  std::vector<std::string> all;
  for (auto const& file : std::filesystem::directory_iterator(
           concat(SETSZ_SOURCE_FOLDER, "/tests/fuzz/corpus/", target.name)))
    all.push_back(file.path());
  std::sort(all.begin(), all.end());
  return all;
}

/// One to four changes: of a byte, of a word to an extreme number, of the length, of a digit.
std::string mutant_of(std::string bytes, Random& random) {
  static constexpr std::uint32_t extremes[]{0,          1,          0x7fffffff, 0x80000000,
                                            0xffffffff, 0x7f800000, 0x7fc00000, 0x00010000};
  for (auto n = 1 + random.below(4); n > 0 && !bytes.empty(); --n) {
    auto const at = random.below(bytes.size());
    switch (random.below(6)) {
      case 0:
        bytes[at] = static_cast<char>(random.below(256));
        break;
      case 1:
        bytes.erase(at, 1 + random.below(40));
        break;
      case 2:
        bytes.insert(at, 1 + random.below(300), static_cast<char>(random.below(256)));
        break;
      case 3:
        if (at + 4 <= bytes.size()) std::memcpy(&bytes[at], &extremes[random.below(8)], 4);
        break;
      case 4:
        bytes.insert(at, bytes.substr(random.below(bytes.size()), random.below(200)));
        break;
      default:
        if (bytes[at] >= '0' && bytes[at] <= '9')
          bytes.replace(at, 1, random.below(2) == 0 ? "-9e99" : "nan");
        else
          bytes.resize(at);
    }
  }
  return bytes;
}

/// SETSZ_FUZZ_ROUNDS=100000 for longer runs.
std::uint64_t n_rounds() {
  auto const* const wanted = std::getenv("SETSZ_FUZZ_ROUNDS");
  return wanted ? std::strtoull(wanted, nullptr, 10) : 2000;
}

TEST(Corpus, IsReadOrRefused) {
  for (auto const& target : fuzz::targets()) {
    std::int64_t accepted = 0;
    for (auto const& file : corpus_of(target)) {
      bool const good = fuzz::accepts(target, test::file_bytes(file));
      bool const named_bad = std::filesystem::path(file).filename().string().starts_with("bad");
      EXPECT_NE(good, named_bad) << file;
      accepted += good;
    }
    EXPECT_GT(accepted, 0) << target.name;
  }
}

TEST(Corpus, MutantsAreReadOrRefused) {
  for (auto const& target : fuzz::targets()) {
    std::int64_t n_refused = 0, n = 0;
    auto const files = corpus_of(target);
    for (std::uint64_t round = 0; round < n_rounds(); ++round) {
      Random random(20261126, Purpose::test, round);
      auto const& seed = files[round % files.size()];
      auto const bytes = mutant_of(test::file_bytes(seed), random);
      ASSERT_NO_THROW(n_refused += fuzz::accepts(target, bytes) ? 0 : 1)
          << seed << ", round " << round;
      ++n;
    }
    EXPECT_GT(n_refused, n / 4) << target.name;
    EXPECT_LT(n_refused, n) << target.name;
    test::count_faults("mutants", "bytes changed", std::string(target.title), n_refused,
                       n - n_refused);
  }
}

}  // namespace
}  // namespace setsz
