// SPDX-License-Identifier: BSD-3-Clause
// What `setsz inspect` says of files that are not setsz's own.
#include <gtest/gtest.h>

#include <iostream>
#include <sstream>

#include "pipeline/app/commands.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/snapshot_writer.hpp"

namespace setsz {
namespace {

using test::contains;

std::string inspected(std::string const& path) {
  std::ostringstream output;
  auto* const before = std::cout.rdbuf(output.rdbuf());
  CommandLine line;
  line.target = path;
  inspect_file(line);
  std::cout.rdbuf(before);
  return output.str();
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

TEST(Inspect, shows_what_the_header_of_a_catalogue_means) {
  test::Scratch const scratch(Comm::self());
  test::write_bytes(scratch / "out_0.list",
                    "#ID DescID M200c X Y Z PID\n#a = 0.5\n1 -1 1e12 1 1 1 -1\n");
  auto const text = inspected(scratch / "out_0.list");
  EXPECT_TRUE(contains(text, "halo catalogue, Rockstar list or ascii"));
  EXPECT_TRUE(contains(text, "a = 0.5; 7 columns, with the parents of subhaloes"));
  EXPECT_TRUE(contains(text, "1 -1 1e12"));
}

}  // namespace
}  // namespace setsz
