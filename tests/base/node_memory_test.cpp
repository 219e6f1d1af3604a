// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/node_rows.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <filesystem>
#include <numeric>
#include <string>

namespace setsz {
namespace {

constexpr std::int64_t n_rows = 1 << 20;

struct Row {
  std::int64_t number = 0;
  double half = 0;
};

std::vector<Row> some_rows() {
  std::vector<Row> rows;
  for (std::int64_t i = 0; i < n_rows; ++i) rows.push_back({i, 0.5 * static_cast<double>(i)});
  return rows;
}

void expect_rows(NodeRows<Row> const& rows) {
  ASSERT_EQ(std::ssize(rows), n_rows);
  std::int64_t i = 0;
  for (auto const& row : rows) {
    ASSERT_EQ(row.number, i);
    ASSERT_EQ(row.half, 0.5 * static_cast<double>(i));
    ++i;
  }
  EXPECT_EQ(rows.back().number, n_rows - 1);
}

/// Taken from the heap by this process.
double held() {
  auto const heap = ::mallinfo2();
  return static_cast<double>(heap.uordblks + heap.hblkhd);
}

/// Names in /dev/shm that this program gives.
std::int64_t names_left() {
  std::int64_t n = 0;
  for (auto const& entry : std::filesystem::directory_iterator("/dev/shm"))
    n += entry.path().filename().string().starts_with("setsz-" + std::to_string(::getpid()) + "-");
  return n;
}

TEST(NodeMemory, RanksOfANodeHaveOneLeader) {
  Comm const comm = Comm::world();
  NodeMemory const node(comm);  // tests run on one node
  EXPECT_EQ(node.leads(), comm.is_root());
  EXPECT_EQ(node.is_shared(), comm.size() > 1);
}

TEST(NodeMemory, AllReadTheRowsOfTheLeaderAndNobodyHoldsACopy) {
  Comm const comm = Comm::world();
  NodeMemory const node(comm);
  double const before = held();
  NodeRows<Row> rows;
  if (node.leads()) rows = some_rows();
  ASSERT_TRUE(rows.share(node, "rows"));
  EXPECT_LT(held() - before, 1e5);  // of 17 MB
  EXPECT_EQ(names_left(), 0);
  expect_rows(rows);
}

TEST(NodeMemory, RowsAreWrittenStraightIntoTheMemoryOfTheNode) {
  Comm const comm = Comm::world();
  NodeMemory const node(comm);
  double const before = held();
  auto const rows =
      NodeRows<Row>::filled(node, node.leads() ? n_rows : 7, "rows", [&](std::span<Row> memory) {
        EXPECT_EQ(std::ssize(memory), node.leads() ? n_rows : 0);
        EXPECT_EQ(comm.all_sum(std::ssize(memory)), n_rows);  // all take part
        std::int64_t i = 0;
        for (auto& row : memory) row = {i, 0.5 * static_cast<double>(i)}, ++i;
      });
  EXPECT_LT(held() - before, 1e5);  // of 17 MB, for the leader too
  ASSERT_TRUE(rows);
  expect_rows(*rows);
  EXPECT_EQ(names_left(), 0);
}

TEST(NodeMemory, AnErrorWhileTheRowsAreWrittenIsOneOfAllRanks) {
  Comm const comm = Comm::world();
  NodeMemory const node(comm);
  auto const fail_to_fill = [&] {
    NodeRows<Row>::filled(node, n_rows, "rows", [&](std::span<Row>) {
      collectively(comm, "", [&] { require(!node.leads(), ExitCode::io, "no rows"); });
    });
  };
  EXPECT_THROW(fail_to_fill(), CollectiveError);
  EXPECT_EQ(names_left(), 0);
}

TEST(NodeMemory, RowsOutliveTheirFirstHolder) {
  Comm const comm = Comm::world();
  NodeRows<Row> copy;
  {
    NodeMemory const node(comm);
    NodeRows<Row> rows;
    if (node.leads()) rows = some_rows();
    ASSERT_TRUE(rows.share(node, "rows"));
    copy = rows;
  }
  comm.barrier();
  expect_rows(copy);
}

TEST(NodeMemory, WhoChangesRowsHasThemForHimself) {
  Comm const comm = Comm::world();
  NodeMemory const node(comm);
  NodeRows<Row> rows;
  if (node.leads()) rows = some_rows();
  ASSERT_TRUE(rows.share(node, "rows"));
  auto mine = rows;
  mine.edit()[7].number = -1 - comm.rank();
  comm.barrier();
  EXPECT_EQ(mine[7].number, -1 - comm.rank());
  EXPECT_EQ(std::ssize(mine), n_rows);
  expect_rows(rows);
}

TEST(NodeMemory, RowsOfAllRanksComeTogetherInTheirOrder) {
  Comm const comm = Comm::world();
  auto const all = some_rows();
  Range const part = even_range(n_rows, comm.rank(), comm.size());
  std::vector<Row> const mine(all.begin() + part.first, all.begin() + part.last);
  double const before = held();
  auto const rows = NodeRows<Row>::gathered(comm, mine, "rows");
  if (comm.size() > 1) {
    EXPECT_LT(held() - before, 1e5);  // of 17 MB, on the leader too
  }
  expect_rows(rows);
  EXPECT_EQ(comm.gather_v(mine, comm.size() - 1).size(),
            comm.rank() == comm.size() - 1 ? all.size() : 0);
}

TEST(NodeMemory, NoRowsCanBeShared) {
  Comm const comm = Comm::world();
  NodeRows<Row> rows;
  ASSERT_TRUE(rows.share(NodeMemory(comm), "rows"));
  EXPECT_TRUE(rows.empty());
  EXPECT_EQ(rows.begin(), rows.end());
}

TEST(NodeMemory, WithoutRoomNothingChanges) {
  Comm const comm = Comm::world();
  NodeMemory const node(comm);
  // A span of more than any machine holds is refused before a byte of it is looked at.
  std::byte const one{};
  testing::internal::CaptureStderr();
  auto const shared = node.share({&one, std::size_t{1} << 60}, "the rows of this test");
  auto const warning = testing::internal::GetCapturedStderr();
  EXPECT_FALSE(shared.has_value());
  EXPECT_NE(warning.find("each holds a copy of the rows of this test"), std::string::npos)
      << warning;
  EXPECT_EQ(names_left(), 0);
}

}  // namespace
}  // namespace setsz
