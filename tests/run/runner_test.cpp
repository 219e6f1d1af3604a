// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/runner.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "io/h5.hpp"
#include "pipeline/base/file.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/run/lock.hpp"
#include "tests/run/toy_run.hpp"

namespace setsz {
namespace {

using toy::contains, toy::ToyRun;

TEST(Runner, MakesAllProductsAndThenSkipsThem) {
  Comm const comm = Comm::world();
  ToyRun toy(comm);
  auto const first = toy.run();
  ASSERT_EQ(first.size(), 2U);
  EXPECT_FALSE(first[0].up_to_date);
  EXPECT_EQ(first[1].notes.at("units_done_now"), 12);
  EXPECT_EQ(first[1].notes.at("rank_plus_one").at("max"), comm.size());
  EXPECT_EQ(first[1].notes.at("rank_plus_one").at("mean"), (comm.size() + 1) / 2.0);
  EXPECT_TRUE(toy.exists(toy.sums()));
  EXPECT_FALSE(toy.exists(toy.sums() + ".part"));
  EXPECT_FALSE(toy.exists(toy.run_directory() + "/sums/a/b/journal"));
  auto const second = toy.run();
  EXPECT_TRUE(second[0].up_to_date);
  EXPECT_TRUE(second[1].up_to_date);
}

TEST(Runner, ProductsAreTheSameBytesOnAnyNumberOfRanks) {
  Comm const comm = Comm::world();
  ToyRun together(comm);
  together.run();
  auto const hash = hash_file_in_blocks(comm, together.sums());
  ToyRun apart(comm);
  if (comm.is_root()) {
    Comm const alone = Comm::self();
    apart.run({}, false, &alone);
  }
  comm.barrier();
  EXPECT_EQ(hash, hash_file_in_blocks(comm, apart.sums()));
}

TEST(Runner, AChangedOptionMakesItsProductAndThoseBehindItStaleAndSaysWhy) {
  ToyRun toy(Comm::world());
  toy.run();
  auto const sums = toy.state({"toy.factor=3"}, 1);
  EXPECT_EQ(sums.state, ProductState::stale);
  EXPECT_EQ(sums.reasons, std::vector<std::string>{"toy.factor: 2 -> 3"});
  EXPECT_EQ(toy.state({"toy.factor=3"}, 0).state, ProductState::complete);
  EXPECT_EQ(toy.state({"toy.count=13"}, 0).state, ProductState::stale);
  EXPECT_EQ(toy.state({"toy.count=13"}, 1).reasons, std::vector<std::string>{"waits for numbers"});
  auto const again = toy.run({"toy.factor=3"});
  EXPECT_TRUE(again[0].up_to_date);
  EXPECT_FALSE(again[1].up_to_date);
}

TEST(Runner, OptionsOfTheRunningAloneChangeNothing) {
  ToyRun toy(Comm::world());
  toy.run();
  auto const again = toy.run({"run.log_level=0", "toy.commit_every=5", "run.memory_mb=7"});
  EXPECT_TRUE(again[0].up_to_date);
  EXPECT_TRUE(again[1].up_to_date);
}

TEST(Runner, AProductThatWasDeletedOrCutIsMadeAgain) {
  ToyRun toy(Comm::world());
  toy.run();
  toy.on_disk([&] { std::filesystem::resize_file(toy.sums(), 100); });
  EXPECT_TRUE(contains(toy.state({}, 1).reasons.at(0), "has 100 bytes"));
  EXPECT_FALSE(toy.run()[1].up_to_date);
  toy.on_disk([&] { std::filesystem::remove(toy.sums()); });
  EXPECT_EQ(toy.state({}, 1).reasons, std::vector<std::string>{"sums.h5 is missing"});
  EXPECT_FALSE(toy.run()[1].up_to_date);
}

TEST(Runner, ARunDirectoryOfAnotherVersionIsRefusedAndKept) {
  ToyRun toy(Comm::world());
  toy.run();
  toy.on_disk([&] {
    std::string const folder = toy.run_directory() + "/numbers";
    auto manifest = *Manifest::read(folder);
    for (auto& [key, value] : manifest.lines)
      if (key == "product_format") value = "1";
    manifest.write(folder);
  });
  auto const error = toy.error({});
  EXPECT_EQ(error.code(), ExitCode::config);
  EXPECT_TRUE(contains(error.what(), "products of another version of setsz")) << error.what();
  EXPECT_TRUE(toy.exists(toy.sums()));
}

TEST(Runner, ADamagedManifestIsNoticed) {
  ToyRun toy(Comm::world());
  toy.run();
  std::string const path = toy.run_directory() + "/numbers/manifest.json";
  toy.on_disk([&] {
    std::string text = durable::read_text(path);
    text.replace(text.find("numbers.h5"), 7, "numberz");
    std::ofstream(path) << text;
  });
  EXPECT_EQ(toy.state({}, 0).state, ProductState::stale);
  EXPECT_TRUE(contains(toy.state({}, 0).reasons.at(0), "damaged"));
  EXPECT_FALSE(toy.run()[0].up_to_date);
}

TEST(Runner, AnErrorOnOneRankIsAgreedAndLeavesNothingUnderAFinalName) {
  Comm const comm = Comm::world();
  ToyRun toy(comm);
  auto const error = toy.error({"toy.fault=agreed_error", "toy.fault_rank=1", "toy.fault_unit=4"});
  EXPECT_EQ(error.code(), ExitCode::bad_data);
  EXPECT_TRUE(contains(error.what(), "sums/a/b: unit 4 of 'toy.dat' is bad")) << error.what();
  EXPECT_FALSE(toy.exists(toy.sums()));
  EXPECT_FALSE(toy.exists(toy.sums() + ".part"));
  EXPECT_EQ(toy.state({}, 1).state, ProductState::half_done);
  EXPECT_EQ(toy.run()[1].notes.at("units_done_now"), 8);
}

TEST(Runner, AFailureLeavesTheOldProductAsItWas) {
  ToyRun toy(Comm::world());
  toy.run();
  auto const hash = hash_file_in_blocks(Comm::self(), toy.sums());
  EXPECT_EQ(toy.error({"toy.factor=3", "toy.fault=agreed_error"}).code(), ExitCode::bad_data);
  EXPECT_EQ(hash, hash_file_in_blocks(Comm::self(), toy.sums()));
  EXPECT_EQ(toy.state({}, 1).state, ProductState::complete);
}

TEST(Runner, AnOutputThatWasNotWrittenIsAnError) {
  ToyRun toy(Comm::world());
  auto const error = toy.error({"toy.fault=no_output"});
  EXPECT_EQ(error.code(), ExitCode::internal);
  EXPECT_TRUE(contains(error.what(), "sums.h5.part"));
}

TEST(Runner, StoppedWorkGoesOnWhereItWasAndGivesTheSameBytes) {
  Comm const comm = Comm::world();
  ToyRun whole(comm), stopped(comm);
  whole.run();
  for (std::string const unit : {"3", "7"}) {
    auto const error = stopped.error({"toy.stop_at_fault=yes", "toy.fault_unit=" + unit});
    EXPECT_EQ(error.code(), ExitCode::stopped);
  }
  if (comm.is_root()) {  // with another number of ranks
    Comm const alone = Comm::self();
    EXPECT_EQ(stopped.run({}, false, &alone)[1].notes.at("units_done_now"), 4);
  }
  comm.barrier();
  EXPECT_EQ(hash_file_in_blocks(comm, whole.sums()), hash_file_in_blocks(comm, stopped.sums()));
}

TEST(Runner, HalfDoneWorkUnderOtherOptionsIsRefusedUnlessForced) {
  ToyRun toy(Comm::world());
  EXPECT_EQ(toy.error({"toy.stop_at_fault=yes", "toy.fault_unit=5"}).code(), ExitCode::stopped);
  auto const error = toy.error({"toy.factor=3"});
  EXPECT_EQ(error.code(), ExitCode::config);
  EXPECT_TRUE(contains(error.what(), "toy.factor: 2 -> 3")) << error.what();
  EXPECT_EQ(toy.run({"toy.factor=3"}, true)[1].notes.at("units_done_now"), 12);
}

TEST(Runner, StartsThatNeverGetToACheckpointEndInAnError) {
  ToyRun toy(Comm::world());
  toy.error({"toy.stop_at_fault=yes", "toy.fault_unit=0"});
  std::string const attempts = toy.run_directory() + "/sums/a/b/attempts.json";
  auto const mark = Journal::commit_mark(toy.run_directory() + "/sums/a/b/journal");
  toy.on_disk([&] {  // as four starts that were killed would leave it
    std::ofstream(attempts) << nlohmann::json{{"mark", mark}, {"attempts", 4}};
  });
  auto const error = toy.error({});
  EXPECT_EQ(error.code(), ExitCode::internal);
  EXPECT_TRUE(contains(error.what(), "no progress in 4 starts")) << error.what();
  toy.on_disk([&] { std::ofstream(attempts) << nlohmann::json{{"mark", mark}, {"attempts", 4}}; });
  EXPECT_NO_THROW(toy.run({}, true));
}

TEST(Runner, AFullDiskAtAnyStepOfPublicationLeavesNothingBadAndTheNextRunIsWhole) {
  Comm const comm = Comm::world();
  ToyRun good(comm);
  good.run();
  auto const hash = hash_file_in_blocks(comm, good.sums());
  ToyRun toy(comm);
  int failures = 0;
  for (int k = 0;; ++k) {
    int calls = 0;
    if (comm.is_root()) {
      durable::fault = [&](std::string_view, std::string const&) {
        return calls++ == k ? ENOSPC : 0;
      };
    }
    Error const error = toy.error({"toy.commit_every=100"});
    durable::fault = nullptr;
    if (error.code() == ExitCode::ok) break;
    ++failures;
    EXPECT_EQ(error.code(), ExitCode::io) << error.what();
    if (toy.state({}, 1).state == ProductState::complete) {
      EXPECT_EQ(hash, hash_file_in_blocks(comm, toy.sums()));
    } else {
      EXPECT_FALSE(toy.exists(toy.run_directory() + "/sums/a/b/manifest.json"));
    }
    comm.barrier();
  }
  EXPECT_GT(failures, 10);
  EXPECT_EQ(hash, hash_file_in_blocks(comm, toy.sums()));
}

TEST(Runner, AProductIsBeingMadeOnceItsHolderHasBegun) {
  Comm const comm = Comm::world();
  test::Scratch const folder(comm);
  if (!comm.is_root()) return;
  namespace fs = std::filesystem;
  auto const held_since = fs::file_time_type::clock::now();
  EXPECT_FALSE(is_being_made(folder.path(), held_since));
  auto const attempts = folder / "attempts.json";
  std::ofstream(attempts) << "{}";
  fs::last_write_time(attempts, held_since - std::chrono::hours(1));  // of a job that was killed
  EXPECT_FALSE(is_being_made(folder.path(), held_since));
  fs::last_write_time(attempts, held_since + std::chrono::seconds(1));
  EXPECT_TRUE(is_being_made(folder.path(), held_since));
}

TEST(Runner, ASecondJobOnTheSameProductIsRefusedAndNamesTheFirst) {
  Comm const comm = Comm::world();
  ToyRun toy(comm);
  std::unique_ptr<RunLock> other;  // locks belong to the open file: this stands for another job
  toy.on_disk([&] {
    other = std::make_unique<RunLock>(toy.run_directory());
    other->write("sums/a/b");
  });
  auto const error = toy.error({});
  EXPECT_EQ(error.code(), ExitCode::cannot_create);
  auto const holder = RunLock::writer(toy.run_directory(), "sums/a/b");
  ASSERT_TRUE(holder);
  EXPECT_TRUE(contains(holder->who, "since")) << holder->who;
  EXPECT_FALSE(RunLock::writer(toy.run_directory(), "numbers"));
  for (auto const* word : {"sums/a/b", "is held by", "process", "since"}) {
    EXPECT_TRUE(contains(error.what(), word)) << error.what();
  }
  EXPECT_FALSE(toy.exists(toy.run_directory() + "/numbers"));
  toy.on_disk([&] { other.reset(); });
  EXPECT_FALSE(RunLock::writer(toy.run_directory(), "sums/a/b"));
  EXPECT_NO_THROW(toy.run());
}

TEST(Runner, ASecondJobIsRefusedEvenIfTheLockFileWasDeleted) {
  ToyRun toy(Comm::world());
  std::unique_ptr<RunLock> other;
  toy.on_disk([&] {
    other = std::make_unique<RunLock>(toy.run_directory());
    other->write("sums/a/b");
    std::filesystem::remove(toy.run_directory() + "/.lock");
  });
  auto const error = toy.error({});
  EXPECT_EQ(error.code(), ExitCode::cannot_create);
  EXPECT_TRUE(contains(error.what(), "is held by")) << error.what();
  toy.on_disk([&] { other.reset(); });
  EXPECT_NO_THROW(toy.run());
}

TEST(Runner, AWriterIsToldWhoReads) {
  ToyRun toy(Comm::world());
  toy.run();
  std::unique_ptr<RunLock> other;
  toy.on_disk([&] {
    other = std::make_unique<RunLock>(toy.run_directory());
    other->read("numbers");
  });
  auto const error = toy.error({"toy.count=7"});
  EXPECT_EQ(error.code(), ExitCode::cannot_create);
  for (auto const* word : {"another job, which reads it", "process", "since"})
    EXPECT_TRUE(contains(error.what(), word)) << error.what();
  toy.on_disk([&] { other.reset(); });
}

TEST(Runner, ProductsThatAreOnlyReadMayBeReadByMany) {
  Comm const comm = Comm::world();
  test::Scratch const folder(comm);
  if (!comm.is_root()) return;
  RunLock first(folder.path()), second(folder.path());
  first.read("numbers");
  EXPECT_NO_THROW(second.read("numbers"));
  EXPECT_EQ(test::thrown_by([&] { second.write("numbers"); }).code(), ExitCode::cannot_create);
  first.write("other/a");
  EXPECT_NO_THROW(second.write("other/b"));
  EXPECT_EQ(test::thrown_by([&] { second.read("other/a"); }).code(), ExitCode::cannot_create);
  first.read("other/a");  // finished: others may use it now
  EXPECT_NO_THROW(second.read("other/a"));
}

TEST(Runner, PreflightComesBeforeEverythingElse) {
  ToyRun toy(Comm::world());
  auto const bad_input = toy.error({"toy.preflight_fails=yes"});
  EXPECT_EQ(bad_input.code(), ExitCode::bad_data);
  EXPECT_TRUE(contains(bad_input.what(), "numbers: 'toy.dat' is bad")) << bad_input.what();
  EXPECT_EQ(toy.error({"toy.output_bytes=1e18"}).code(), ExitCode::io);
  EXPECT_EQ(toy.error({"toy.memory_bytes=1e15"}).code(), ExitCode::out_of_memory);
  EXPECT_FALSE(toy.exists(toy.run_directory() + "/numbers"));
}

TEST(Runner, ARunDirectoryThatCannotBeMadeIsNamed) {
  ToyRun toy(Comm::world());
  toy.on_disk([&] { std::ofstream(toy / "run") << "a file is in the way"; });
  auto const error = toy.error({});
  EXPECT_EQ(error.code(), ExitCode::cannot_create);
  EXPECT_TRUE(contains(error.what(), concat("'", toy.run_directory(), "' is no folder")));
  EXPECT_EQ(toy.check_error({}).code(), ExitCode::cannot_create);
  EXPECT_STREQ(toy.check_error({}).what(), error.what());
}

TEST(Runner, HalfWrittenFilesOfDeadRunsAreRemoved) {
  ToyRun toy(Comm::world());
  toy.on_disk([&] {
    std::filesystem::create_directories(toy.run_directory() + "/sums/a/b");
    std::ofstream(toy.sums() + ".part") << "half";
  });
  toy.run();
  EXPECT_FALSE(toy.exists(toy.sums() + ".part"));
}

/// The first byte of the values, in the middle of the file.
void change_a_value(std::string const& path) {
  auto bytes = test::file_bytes(path);
  bytes[bytes.size() / 2] ^= 1;
  test::write_bytes(path, bytes);
}

TEST(Runner, AProductReplacedByAnotherOfTheSameSizeIsNotRead) {
  ToyRun toy(Comm::world());
  toy.run();
  auto const numbers = toy.run_directory() + "/numbers/numbers.h5";
  std::vector<std::string> const changed{"toy.factor=3"};  // sums reads numbers again
  toy.on_disk([&] {                                        // touched, but the same: accepted
    auto const bytes = test::file_bytes(numbers);
    std::filesystem::remove(numbers);
    test::write_bytes(numbers, bytes);
  });
  EXPECT_FALSE(toy.run(changed)[1].up_to_date);
  toy.on_disk([&] {  // another content with the old time
    auto const time = std::filesystem::last_write_time(numbers);
    change_a_value(numbers);
    std::filesystem::last_write_time(numbers, time);
  });
  auto const error = toy.error({"toy.factor=4"});
  EXPECT_EQ(error.code(), ExitCode::bad_data);
  EXPECT_TRUE(contains(error.what(), "sums/a/b: '" + numbers + "' is not the file that '"));
  EXPECT_TRUE(contains(error.what(), "replaced or damaged"));
}

TEST(Publish, HashingInBlocksDoesNotDependOnTheRanks) {
  Comm const comm = Comm::world();
  test::Scratch const folder(comm);
  std::string const path = folder / "large";
  if (comm.is_root()) {
    std::ofstream(path) << "head";
    std::filesystem::resize_file(path, (std::int64_t{64} << 20) * 3 + 17);  // a sparse file
  }
  comm.barrier();
  EXPECT_EQ(hash_file_in_blocks(comm, path), hash_file_in_blocks(Comm::self(), path));
}

}  // namespace
}  // namespace setsz
