// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/control_group.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

class ControlGroup : public testing::Test {
 protected:
  Comm const comm_ = Comm::self();
  test::Scratch const scratch_{comm_};

  void limit(std::string const& file, std::string const& text) const {
    std::filesystem::path const path = scratch_ / file;
    std::filesystem::create_directories(path.parent_path());
    test::write_bytes(path, text + "\n");
  }
  double limit_of(std::string const& groups) const {
    test::write_bytes(scratch_ / "groups", groups);
    return control_group_memory_bytes(scratch_ / "groups", scratch_.path());
  }
};

TEST_F(ControlGroup, TakesTheSmallestLimitOfAJobAndWhatItIsIn) {
  limit("system.slice/job_7/memory.max", "4000");
  limit("system.slice/job_7/step_0/memory.max", "max");
  EXPECT_EQ(limit_of("0::/system.slice/job_7/step_0\n"), 4000);
  EXPECT_EQ(limit_of("0::/system.slice/job_7/step_0/of/no/file\n"), 4000);
  EXPECT_TRUE(std::isinf(limit_of("0::/system.slice/job_8\n")));
  limit("memory.max", "3000");
  EXPECT_EQ(limit_of("0::/system.slice/job_8\n"), 3000);
}

TEST_F(ControlGroup, KnowsTheFirstVersionAndBothTogether) {
  limit("memory/slurm/uid_0/job_7/memory.limit_in_bytes", "5000");
  limit("memory/slurm/memory.limit_in_bytes", "9223372036854771712");
  std::string const groups = "5:cpu,cpuacct:/elsewhere\n4:memory:/slurm/uid_0/job_7\n0::/\n";
  EXPECT_EQ(limit_of(groups), 5000);
  limit("unified/memory.max", "4500");
  EXPECT_EQ(limit_of(groups), 4500);
  EXPECT_EQ(limit_of("4:hugetlb,memory:/slurm/uid_0/job_7\n"), 5000);
}

TEST_F(ControlGroup, IsNoneWithoutGroups) {
  EXPECT_TRUE(std::isinf(limit_of("")));
  EXPECT_TRUE(std::isinf(limit_of("nonsense\n7:\n")));
  EXPECT_TRUE(std::isinf(control_group_memory_bytes(scratch_ / "nothing", scratch_.path())));
  limit("memory.max", "no number");
  EXPECT_TRUE(std::isinf(limit_of("0::/\n")));
}

}  // namespace
}  // namespace setsz
