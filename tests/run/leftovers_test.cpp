// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/leftovers.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

TEST(Leftovers, SegmentsThatNoProcessHasOpenAreFound) {
  test::Scratch const folder(Comm::self());
  std::string const memory = folder / "shm", processes = folder / "proc";
  std::filesystem::create_directories(memory);
  std::filesystem::create_directories(processes + "/12");
  std::filesystem::create_directories(processes + "/self");  // without maps: of another user
  for (auto const* name : {"vader_segment.n1.0.1.0", "vader_segment.n1.0.1.1", "sm_segment.x", "y"})
    test::write_bytes(memory + "/" + name, "memory");
  test::write_bytes(processes + "/12/maps",
                    "7f00-7f10 rw-s 0 00:1 5 /lib/x.so\n7f20-7f30 rw-s 0 0:1 6 " + memory +
                        "/vader_segment.n1.0.1.1\n");
  EXPECT_EQ(
      leftover_segments(memory, processes),
      (std::vector<std::string>{memory + "/sm_segment.x", memory + "/vader_segment.n1.0.1.0"}));
  EXPECT_TRUE(leftover_segments(folder / "none", processes).empty());
}

}  // namespace
}  // namespace setsz
