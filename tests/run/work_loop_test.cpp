// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/work_loop.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <numeric>
#include <thread>

#include "pipeline/run/stop_signal.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/stage_context.hpp"

namespace setsz {
namespace {

class NoStage : public Stage {
 public:
  NoStage() { record_ = {.stage = "adding", .instance = ""}; }
  Estimate estimate(Outlook const&, int) const override { return {}; }
  void run(Context&) override {}
};

/// Adds up 0 ... 9, three numbers a step; the sum so far is the state.
class Adding {
 public:
  std::int64_t sum = 0;
  int steps = 0, saves = 0;

  void run(Context& context) {
    Journal& journal = context.journal();
    std::int64_t mine = 0;
    work_through(context, {.label = "adding",
                           .unit = "numbers",
                           .end = 10,
                           .restore =
                               [&] {
                                 journal.for_each([&](Journal::Record const& record) {
                                   std::memcpy(&mine, record.bytes.data(), sizeof mine);
                                 });
                                 sum = context.comm().all_sum(mine);
                               },
                           .step =
                               [&](std::int64_t done) {
                                 auto const last = std::min<std::int64_t>(done + 3, 10);
                                 for (auto i = done; i < last; ++i) sum += i;
                                 ++steps;
                                 return last;
                               },
                           .save =
                               [&](std::int64_t done) {
                                 journal.restart();
                                 if (context.comm().is_root())
                                   journal.append(0, std::as_bytes(std::span(&sum, 1)));
                                 journal.commit(done);
                                 ++saves;
                               }});
  }
};

class WorkLoop : public testing::Test {
 protected:
  Comm const comm_ = Comm::world();
  test::Scratch const scratch_{comm_};
  NoStage const stage_;

  RunOptions options() const {
    RunOptions options;
    options.directory = scratch_.path();
    return options;
  }
};

TEST_F(WorkLoop, DoesEveryUnitOnce) {
  test::StageContext context(comm_, options(), stage_);
  Adding adding;
  adding.run(context);
  EXPECT_EQ(adding.sum, 45);
  EXPECT_EQ(adding.steps, 4);
  EXPECT_EQ(adding.saves, 0);
}

TEST_F(WorkLoop, SavesWhenACheckpointIsDue) {
  test::StageContext context(comm_, options(), stage_);
  context.checkpoint_every(1);
  Adding adding;
  adding.run(context);
  EXPECT_EQ(adding.sum, 45);
  EXPECT_EQ(adding.saves, 4);
}

TEST_F(WorkLoop, StopsAfterAnyStepAndResumesThere) {
  for (int stop_after = 1; stop_after <= 4; ++stop_after) {
    Adding first, second;
    {
      test::StageContext context(comm_, options(), stage_);
      context.stop_after(stop_after);
      EXPECT_THROW(first.run(context), test::StoppedInTest);
      EXPECT_EQ(first.steps, stop_after);
    }
    EXPECT_EQ(Journal::progress(options().directory + "/adding/journal"),
              concat(std::min(3 * stop_after, 10), " of 10 numbers"));
    test::StageContext context(comm_, options(), stage_);
    second.run(context);
    EXPECT_EQ(second.steps, 4 - stop_after);
    EXPECT_EQ(second.sum, 45);
    context.journal().discard();
  }
}

TEST(Journal, RecordsReachTheRankThatOwnsThem) {
  Comm const comm = Comm::world();
  test::Scratch const scratch(comm);
  Journal journal(comm, scratch / "journal", {{"a", "1"}});
  for (std::int64_t unit = comm.rank(); unit < 20; unit += comm.size()) {
    std::vector<std::int64_t> const row(unit + 1, unit);  // of different lengths
    journal.append(unit, std::as_bytes(std::span(row)));
  }
  journal.commit(20);
  std::vector<std::int64_t> found;
  auto const owner = [&](std::int64_t unit) { return static_cast<int>(unit / 7) % comm.size(); };
  journal.deliver(owner, [&](Journal::Record const& record) {
    EXPECT_EQ(owner(record.unit), comm.rank());
    std::vector<std::int64_t> row(record.bytes.size() / sizeof(std::int64_t));
    std::memcpy(row.data(), record.bytes.data(), record.bytes.size());
    EXPECT_EQ(row, std::vector<std::int64_t>(record.unit + 1, record.unit));
    found.push_back(record.unit);
  });
  auto all = comm.all_gather_v(found);
  std::sort(all.begin(), all.end());
  std::vector<std::int64_t> expected(20);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
}

TEST(WorkSpell, EndsWhereACheckpointIsDueOrASignalAsks) {
  RunOptions options;
  options.checkpoint_minutes = 0;
  EXPECT_TRUE(WorkSpell(options).is_over());
  options.checkpoint_minutes = 0.1 / 60;
  WorkSpell const brief(options);
  EXPECT_FALSE(brief.is_over());
  std::this_thread::sleep_for(std::chrono::milliseconds(120));
  EXPECT_TRUE(brief.is_over());
  options.checkpoint_minutes = 10;
  WorkSpell const spell(options);
  EXPECT_FALSE(spell.is_over());
  install_stop_signals();
  std::raise(SIGTERM);
  EXPECT_TRUE(spell.is_over());
  forget_stop_signal();
  EXPECT_FALSE(spell.is_over());
}

}  // namespace
}  // namespace setsz
