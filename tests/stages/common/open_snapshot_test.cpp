// SPDX-License-Identifier: BSD-3-Clause
// 600 files and 1000 ranks must not be 600,000 opens: every header is read by one rank.
#include <gtest/gtest.h>

#include <filesystem>

#include "io/h5.hpp"
#include "stages/common/snapshot_check.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/snapshot_writer.hpp"

namespace setsz {
namespace {

using test::SmallSnapshot;
using Kind = Snapshot::Kind;

constexpr std::int64_t n_files = 31;

class OpenSnapshot : public testing::TestWithParam<Kind> {
 protected:
  Comm const comm_ = Comm::world();
  test::Scratch const scratch_{comm_};

  void SetUp() override {
    if (comm_.is_root()) {
      std::vector<std::int64_t> rows(n_files, 2);
      rows[0] = 0;
      (GetParam() == Kind::gas ? SmallSnapshot::of_gas(rows) : SmallSnapshot::of_dark_matter(rows))
          .write(scratch_.path());
    }
    comm_.barrier();
  }
  SnapshotInstance instance() const {
    SnapshotInstance instance{"z1", {}, {}, 1e-3, {}, 10};
    (GetParam() == Kind::gas ? instance.section.gas : instance.section.dark_matter) =
        scratch_.path();
    return instance;
  }
  std::string file(std::size_t number) const {
    return test::snapshot_file(scratch_.path(), number);
  }
  /// What every rank is told; all ranks must be told the same.
  std::string refusal() const {
    std::string text;
    try {
      open_snapshot(comm_, instance(), "", GetParam());
    } catch (CollectiveError const& error) {
      text = concat(static_cast<int>(error.code()), " ", error.what());
    }
    EXPECT_EQ(comm_.broadcast(text, 0), text);
    return text;
  }
};
INSTANTIATE_TEST_SUITE_P(Kinds, OpenSnapshot, testing::Values(Kind::dark_matter, Kind::gas),
                         [](auto const& test) {
                           return std::string(test.param == Kind::gas ? "Gas" : "DarkMatter");
                         });

TEST_P(OpenSnapshot, ReadsEachHeaderOnOneRankOnly) {
  auto const before = H5File::n_opened;
  auto const snapshot = open_snapshot(comm_, instance(), "", GetParam());
  auto const opened = H5File::n_opened - before;
  EXPECT_EQ(snapshot.n_rows(), 2 * (n_files - 1));
  // Rank 0 asks the first file how many there are; first and last particle of gas tell copies.
  bool const gas = GetParam() == Kind::gas;
  auto const share = (n_files + comm_.size() - 1) / comm_.size();
  EXPECT_LE(opened, (gas ? 2 : 1) * share + (comm_.is_root() ? 1 : 0));
  EXPECT_EQ(comm_.all_sum(opened), n_files + 1 + (gas ? n_files - 1 : 0));
}

TEST_P(OpenSnapshot, OutlinesItFromTheFirstFileThatHoldsTheType) {
  auto const before = H5File::n_opened;
  auto const outline = outline_snapshot(instance(), "", GetParam());
  EXPECT_EQ(H5File::n_opened - before, 3);  // how many files? one without rows, one with
  auto const snapshot = open_snapshot(comm_, instance(), "", GetParam());
  EXPECT_EQ(outline.n_rows, snapshot.n_rows());
  EXPECT_EQ(outline.bytes_per_row, snapshot.bytes_per_row());
  EXPECT_EQ(outline.header.a, snapshot.header().a);
  EXPECT_EQ(outline.header.n_particles, snapshot.header().n_particles);
}

TEST_P(OpenSnapshot, TellsAllRanksTheSameAboutBadFiles) {
  if (comm_.is_root())
    for (std::size_t const number : {7U, 8U, 20U}) test::write_bytes(file(number), "<html>");
  comm_.barrier();
  auto const text = refusal();
  EXPECT_TRUE(test::contains(text, "65 '"));
  for (std::size_t const number : {7U, 8U, 20U})
    EXPECT_TRUE(test::contains(text, file(number) + "' is not an HDF5 file"));
}

TEST_P(OpenSnapshot, TellsAllRanksTheSameAboutMissingFilesAndKeys) {
  if (comm_.is_root())
    for (std::size_t const number : {7U, 8U, 20U}) std::filesystem::remove(file(number));
  comm_.barrier();
  EXPECT_TRUE(test::contains(refusal(), "66 3 of 31 files of the snapshot are missing: 7-8, 20"));
  auto nothing = instance();
  nothing.section = {};
  EXPECT_TRUE(test::contains(test::error_of([&] { open_snapshot(comm_, nothing, "", GetParam()); }),
                             "78 [snapshot.z1]"));
}

}  // namespace
}  // namespace setsz
