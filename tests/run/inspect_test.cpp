// SPDX-License-Identifier: BSD-3-Clause
// What `setsz inspect` says of files that are not setsz's own.
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <iostream>
#include <sstream>

#include "pipeline/app/commands.hpp"
#include "pipeline/app/project.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/snapshot_writer.hpp"

namespace setsz {
namespace {

using test::contains;

std::string inspected(std::string const& path, bool values = false) {
  struct Captured {  // also where inspect_file throws
    std::ostringstream output;
    std::streambuf* before = std::cout.rdbuf(output.rdbuf());
    ~Captured() { std::cout.rdbuf(before); }
  } captured;
  CommandLine line;
  line.target = path;
  line.values = values;
  inspect_file(line);
  return captured.output.str();
}

TEST(Inspect, shows_what_the_header_of_a_snapshot_means) {
  test::Scratch const scratch(Comm::self());
  test::SmallSnapshot::of_dark_matter({4, 3}).write(scratch.path());
  auto const path = test::snapshot_file(scratch.path(), 1);
  test::H5Edit(path).make_contiguous("/PartType1/Velocities");  // without a unit
  auto const text = inspected(path);
  EXPECT_TRUE(contains(text, "snapshot, AREPO/TNG HDF5, one of 2 file(s)"));
  EXPECT_TRUE(contains(text, "box 10000 ckpc/h, a = 0.5 (z = 1), Omega_m = 0.3089"));
  EXPECT_TRUE(contains(text, "type 1: 3 of 7 particles of 4.0625 x 1e10 Msun/h"));
  EXPECT_TRUE(contains(text, "Velocities  float32 (3, 3)\n"));
}

TEST(Inspect, shows_the_datasets_of_a_folder_with_a_snapshot) {
  test::Scratch const scratch(Comm::self());
  test::SmallSnapshot::of_dark_matter({4, 3}).write(scratch.path());
  EXPECT_TRUE(contains(inspected(scratch.path()), "ParticleIDs  uint64 (4)"));
  EXPECT_FALSE(contains(inspected(scratch.path()), "min "));
  EXPECT_TRUE(contains(inspected(scratch.path(), true), "min 1000, max 1003\n"));
}

TEST(Inspect, shows_what_the_header_of_a_catalogue_means) {
  test::Scratch const scratch(Comm::self());
  test::write_bytes(scratch / "out_0.list",
                    "#ID DescID M200c X Y Z PID\n#a = 0.5\n1 -1 1e12 1 1 1 -1\n");
  auto const text = inspected(scratch / "out_0.list");
  EXPECT_TRUE(contains(text, "halo catalogue, Rockstar list or ascii"));
  EXPECT_TRUE(contains(text, "a = 0.5; 7 columns, with the parents of subhaloes"));
  EXPECT_TRUE(contains(text, "1 -1 1e12"));
}

TEST(Inspect, what_is_no_file_is_said_and_not_waited_for) {
  test::Scratch const scratch(Comm::self());
  auto const pipe = scratch / "snap_000.0.hdf5", loop = scratch / "loop", folder = scratch / "a";
  std::filesystem::create_directory(folder);
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::filesystem::create_symlink(loop, loop);
  for (auto const& one : {std::pair{pipe, "is a named pipe"}, std::pair{loop, "symbolic links"},
                          std::pair{std::string("/dev/zero"), "is a device"}}) {
    auto const message = test::error_of([&] { inspected(one.first); });
    EXPECT_TRUE(contains(message, one.second)) << message;
  }
  std::filesystem::create_symlink("nowhere", folder + "/link");
  ASSERT_EQ(mkfifo((folder + "/pipe").c_str(), 0600), 0);
  auto const text = inspected(folder);
  EXPECT_TRUE(contains(text, "link  no file\n")) << text;
  EXPECT_TRUE(contains(text, "pipe  a named pipe\n")) << text;
}

TEST(Configuration, is_a_regular_file_of_the_size_of_one) {
  test::Scratch const scratch(Comm::self());
  auto const pipe = scratch / "pipe.ini", snapshot = scratch / "snap.hdf5";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  test::write_bytes(snapshot, "");
  std::filesystem::resize_file(snapshot, 17 << 20);
  CommandLine line;
  auto const refusal = [&](std::string const& path) {
    line.target = path;
    return test::error_of([&] { outline_project(line); });
  };
  EXPECT_TRUE(contains(refusal(pipe), "is a named pipe, not a regular file"));
  EXPECT_TRUE(contains(refusal("/dev/zero"), "is a device"));
  EXPECT_TRUE(contains(refusal(snapshot), "is no configuration"));
}

}  // namespace
}  // namespace setsz
