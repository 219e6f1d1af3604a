// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/hash.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "pipeline/base/error.hpp"

namespace setsz {
namespace {

// \source xxHash 0.8: `xxhsum -H2` of nothing and of the three bytes "abc".
TEST(Hash, EqualsXxhsum) {
  EXPECT_EQ(Hash().hex(), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(Hash().add_bytes("abc", 3).hex(), "06b05ab6733a618578af5f94892f3950");
}

TEST(Hash, DoesNotDependOnThePieces) {
  std::string const text(100000, 'x');
  Hash pieces;
  for (std::size_t i = 0; i < text.size(); i += 777) {
    pieces.add_bytes(text.data() + i, std::min<std::size_t>(777, text.size() - i));
  }
  EXPECT_EQ(pieces.hex(), Hash().add_bytes(text.data(), text.size()).hex());
}

TEST(Hash, TellsTextsApartByTheirBorders) {
  EXPECT_NE(Hash().add("ab").add("c").hex(), Hash().add("a").add("bc").hex());
  EXPECT_NE(Hash().add(1).hex(), Hash().add(std::int64_t{1}).hex());
}

TEST(HashFile, NoticesEveryBitAndAMissingFile) {
  std::string const path = std::filesystem::temp_directory_path() / concat("setsz_hash_", getpid());
  std::ofstream(path) << "abc";
  EXPECT_EQ(hash_file(path), Hash().add_bytes("abc", 3).hex());
  std::ofstream(path) << "abb";
  EXPECT_NE(hash_file(path), Hash().add_bytes("abc", 3).hex());
  std::filesystem::remove(path);
  try {
    hash_file(path);
    FAIL() << "no error";
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::missing_input);
    EXPECT_NE(std::string(error.what()).find(path), std::string::npos);
  }
}

}  // namespace
}  // namespace setsz
