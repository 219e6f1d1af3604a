// SPDX-License-Identifier: BSD-3-Clause
#include "model/container.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

Container example() {
  Container container;
  container.description = {{"name", "example"}, {"epoch", 3}};
  container.arrays["first"] = {1, 2, 3.5F};
  container.arrays["second"].assign(1000, -0.25F);
  container.arrays["empty"] = {};
  return container;
}

void expect_refused(std::span<std::byte const> bytes, std::string const& what) {
  try {
    container_from_bytes(bytes, "the/model.pt");
    ADD_FAILURE() << what << " was accepted";
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::bad_data);
    EXPECT_NE(std::string(error.what()).find("the/model.pt"), std::string::npos) << error.what();
  }
}

TEST(Container, ComesBackAsItWas) {
  auto const path = std::filesystem::temp_directory_path() /
                    ("setsz_container_" + std::to_string(::getpid()) + ".pt");
  write_container(path, example());
  auto const copy = read_container(path);
  EXPECT_EQ(copy.description, example().description);
  EXPECT_EQ(copy.arrays, example().arrays);
  EXPECT_FALSE(std::filesystem::exists(path.string() + ".tmp"));
  std::filesystem::remove(path);
}

TEST(Container, EveryFlippedBitIsRefused) {
  auto const good = to_bytes(example());
  Random random(1, Purpose::test);
  for (int i = 0; i < 200; ++i) {
    auto bad = good;
    auto const at = random.below(bad.size());
    bad[at] ^= static_cast<std::byte>(1U << random.below(8));
    expect_refused(bad, concat("a bit flipped in byte ", at));
  }
}

TEST(Container, EveryTruncationAndAddedByteIsRefused) {
  auto const good = to_bytes(example());
  for (std::size_t length = 0; length < good.size(); length += 1 + length / 20)
    expect_refused(std::span(good).first(length), concat("a file cut to ", length, " bytes"));
  auto longer = good;
  longer.push_back(std::byte{0});
  expect_refused(longer, "a file with a byte too many");
}

TEST(Container, SaysWhichFileIsMissingOrCannotBeWritten) {
  try {
    read_container("/nowhere/model.pt");
    ADD_FAILURE();
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::missing_input);
    EXPECT_NE(std::string(error.what()).find("/nowhere/model.pt"), std::string::npos);
  }
  try {
    write_container("/nowhere/model.pt", example());
    ADD_FAILURE();
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::cannot_create);
  }
}

TEST(Container, AFullDiskIsAnErrorAndNotACrash) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP();
  std::filesystem::path const folder =
      std::filesystem::temp_directory_path() / ("setsz_full_" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::filesystem::create_symlink("/dev/full", folder / "model.pt.tmp");
  try {
    write_container(folder / "model.pt", example());
    ADD_FAILURE();
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::io);
    EXPECT_NE(std::string(error.what()).find("No space left"), std::string::npos) << error.what();
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "model.pt"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace setsz
