// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/comm.hpp"
#include "pipeline/base/number.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>

namespace setsz {
namespace {

/// Runs every test with whole messages and with pieces of a few bytes, so that all loops run
/// several times.
class CommTest : public ::testing::TestWithParam<std::int64_t> {
 protected:
  void SetUp() override { Comm::max_bytes_per_call = GetParam(); }
  void TearDown() override { Comm::max_bytes_per_call = std::int64_t{1} << 30; }
  Comm const comm = Comm::world();
  std::int64_t const size = comm.size();
};
INSTANTIATE_TEST_SUITE_P(Pieces, CommTest, ::testing::Values(std::int64_t{1} << 30, 8, 40, 1000));

TEST_P(CommTest, ReducesIntegersAndExtremes) {
  std::int64_t const rank = comm.rank();
  EXPECT_EQ(comm.all_sum(rank + 1), size * (size + 1) / 2);
  EXPECT_EQ(comm.all_min(rank), 0);
  EXPECT_EQ(comm.all_max(rank), size - 1);
  EXPECT_EQ(comm.all_max(0.5 * real(rank)), 0.5 * real(size - 1));
  EXPECT_EQ(comm.all_sum((std::int64_t{1} << 40) + 1), size * ((std::int64_t{1} << 40) + 1));
  EXPECT_EQ(comm.sum_before(rank + 1), rank * (rank + 1) / 2);
  EXPECT_TRUE(comm.any(rank == size - 1));
  EXPECT_EQ(comm.all_and(rank == 0), size == 1);
  std::vector<std::int64_t> values(333);
  std::iota(values.begin(), values.end(), rank);
  comm.all_sum(values);
  for (std::int64_t i = 0; i < 333; ++i) {
    EXPECT_EQ(values[i], size * i + size * (size - 1) / 2);
  }
}

TEST_P(CommTest, BroadcastsFromEveryRank) {
  for (int root = 0; root < comm.size(); ++root) {
    bool const mine = comm.rank() == root;
    EXPECT_EQ(comm.broadcast(mine ? std::string("some text, not short") : std::string(), root),
              "some text, not short");
    std::vector<double> list(mine ? 100U : 3U, mine ? 2.5 : 0.0);
    EXPECT_EQ(comm.broadcast(list, root), std::vector<double>(100, 2.5));
    EXPECT_EQ(comm.broadcast(mine ? 7 : 0, root), 7);
    EXPECT_EQ(comm.broadcast(std::string(), root), "");
  }
}

TEST_P(CommTest, GathersUnequalPartsInRankOrder) {
  std::vector<std::int32_t> own(std::size_t{5} * comm.rank(), comm.rank());
  auto const all = comm.all_gather_v(own);  // rank 0 gives nothing
  std::vector<std::int32_t> expected;
  for (int rank = 0; rank < comm.size(); ++rank) {
    expected.insert(expected.end(), std::size_t{5} * rank, rank);
  }
  EXPECT_EQ(all, expected);
  EXPECT_EQ(comm.all_gather(comm.rank() * 1.5).back(), 1.5 * real(size - 1));
  EXPECT_TRUE(comm.all_gather_v(std::vector<double>{}).empty());
}

TEST_P(CommTest, GathersUnequalPartsIntoMemoryThatIsThere) {
  std::vector<std::int64_t> counts, expected;  // rank r has 2 r + 1 times its number
  for (int rank = 0; rank < comm.size(); ++rank) {
    counts.push_back(2 * rank + 1);
    expected.insert(expected.end(), counts.back(), rank);
  }
  std::vector<std::int64_t> const own(counts[comm.rank()], comm.rank());
  std::vector<std::int64_t> all(expected.size(), -1);
  comm.all_gather_known(std::span<std::int64_t const>(own), counts, std::span(all));
  EXPECT_EQ(all, expected);
}

TEST_P(CommTest, ExchangesUnequalPartsBetweenAllPairs) {
  // Rank s sends s * 10 + t, (s + 2 t) times, to rank t.
  std::vector<std::int64_t> send, counts;
  for (int target = 0; target < comm.size(); ++target) {
    counts.push_back(comm.rank() + 2 * target);
    send.insert(send.end(), counts.back(), comm.rank() * 10 + target);
  }
  std::vector<std::int64_t> received_counts;
  auto const received =
      comm.all_to_all_v(std::span<std::int64_t const>(send), counts, &received_counts);
  std::vector<std::int64_t> expected, expected_counts;
  for (int source = 0; source < comm.size(); ++source) {
    expected_counts.push_back(source + 2 * comm.rank());
    expected.insert(expected.end(), expected_counts.back(), source * 10 + comm.rank());
  }
  EXPECT_EQ(received, expected);
  EXPECT_EQ(received_counts, expected_counts);
  EXPECT_EQ(comm.exchange_counts(counts), expected_counts);
  EXPECT_EQ(comm.all_to_all_known(std::span<std::int64_t const>(send),
                                  std::span<std::int64_t const>(counts),
                                  std::span<std::int64_t const>(expected_counts)),
            expected);
}

TEST_P(CommTest, AFailureOnOneRankIsThrownOnAll) {
  for (int bad = 0; bad < comm.size(); ++bad) {
    try {
      collectively(comm, "reading", [&] {
        if (comm.rank() >= bad) fail(ExitCode::bad_data, "file ", comm.rank(), " is bad");
      });
      ADD_FAILURE() << "no error";
    } catch (CollectiveError const& error) {
      EXPECT_EQ(error.code(), ExitCode::bad_data);
      EXPECT_NE(std::string(error.what()).find(concat("file ", bad, " is bad")), std::string::npos);
    }
  }
  EXPECT_NO_THROW(collectively(comm, "nothing", [] {}));
}

TEST_P(CommTest, OtherExceptionsBecomeErrorsWithACode) {
  auto const code_of = [&](auto&& thrower) {
    try {
      collectively(comm, "", [&] {
        if (comm.rank() == comm.size() - 1) thrower();
      });
    } catch (CollectiveError const& error) {
      return error.code();
    }
    return ExitCode::ok;
  };
  EXPECT_EQ(code_of([] { throw std::bad_alloc(); }), ExitCode::out_of_memory);
  EXPECT_EQ(code_of([] { throw std::out_of_range("index"); }), ExitCode::internal);
  EXPECT_EQ(code_of([] { throw 3; }), ExitCode::internal);
  EXPECT_EQ(code_of([] {}), ExitCode::ok);
}

TEST_P(CommTest, AFileThatTheStandardLibraryCannotUseHasTheCodeOfItsCause) {
  auto const error_of = [&](std::errc cause) {
    try {
      collectively(comm, "", [&] {
        throw std::filesystem::filesystem_error("cannot do it", "/runs/a",
                                                std::make_error_code(cause));
      });
    } catch (CollectiveError const& error) {
      return concat(static_cast<int>(error.code()), " ", error.what());
    }
    return std::string();
  };
  EXPECT_EQ(error_of(std::errc::no_space_on_device),
            "74 cannot use '/runs/a' (No space left on device)");
  EXPECT_EQ(error_of(std::errc::no_such_file_or_directory),
            "66 cannot use '/runs/a' (No such file or directory)");
}

TEST_P(CommTest, RanksFindOutWhetherAllHaveArrived) { EXPECT_TRUE(comm.all_arrive_within(5)); }

}  // namespace
}  // namespace setsz
