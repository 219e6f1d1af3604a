// SPDX-License-Identifier: BSD-3-Clause
// What the runner makes of files from outside the run directory, and of their times.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "pipeline/run/fingerprint.hpp"
#include "tests/run/toy_run.hpp"

namespace setsz {
namespace {

using toy::contains, toy::ToyRun;

TEST(Runner, AnExternalFileMayMoveOrGoOnceItsProductIsMade) {
  ToyRun toy(Comm::world());
  auto const at = [&](std::string const& name) {
    return std::vector<std::string>{"toy.file=" + (toy / name)};
  };
  toy.on_disk([&] { std::ofstream(toy / "input.dat") << "one"; });
  toy.run(at("input.dat"));
  toy.on_disk([&] { std::filesystem::rename(toy / "input.dat", toy / "moved.dat"); });
  EXPECT_TRUE(toy.run(at("moved.dat"))[0].up_to_date);
  EXPECT_EQ(toy.state(at("moved.dat"), 0).notes, std::vector<std::string>{});
  // Another file at another place is no moved one.
  toy.on_disk([&] { std::ofstream(toy / "other.dat") << "two"; });
  EXPECT_EQ(toy.state(at("other.dat"), 0).state, ProductState::stale);

  auto const purged = toy.state(at("input.dat"), 0);
  EXPECT_EQ(purged.state, ProductState::complete);
  EXPECT_TRUE(contains(purged.notes.at(0), "inputs not there, taken as recorded"));
  EXPECT_TRUE(contains(purged.notes.at(0), "input.dat"));
  EXPECT_TRUE(toy.run(at("input.dat"))[1].up_to_date);
  // What needs the file again says so.
  auto again = at("input.dat");
  again.push_back("toy.count=13");
  EXPECT_EQ(toy.error(again).code(), ExitCode::missing_input);
  // A wrong path, while the file is where it was, is a mistake.
  toy.on_disk([&] { std::filesystem::rename(toy / "moved.dat", toy / "input.dat"); });
  EXPECT_EQ(toy.state(at("mistyped.dat"), 0).state, ProductState::stale);
  // A product that was changed is not taken as recorded.
  toy.on_disk([&] {
    std::filesystem::remove(toy / "input.dat");
    std::filesystem::remove(toy.run_directory() + "/numbers/numbers.h5");
  });
  EXPECT_EQ(toy.state(at("input.dat"), 0).state, ProductState::stale);
}

TEST(Fingerprint, PathsOfFilesDoNotCount) {
  Fingerprint here, there, other;
  for (auto* one : {&here, &there, &other}) one->add("extract.radius", 2.5);
  here.add("file /a/x", "9 bytes, abc").add("file /a/y", "8 bytes, def");
  there.add("file /b/x", "9 bytes, abc").add("file /b/y", "8 bytes, def");
  other.add("file /b/x", "9 bytes, abc").add("file /b/y", "8 bytes, dea");
  EXPECT_EQ(here.hex(), there.hex());
  EXPECT_NE(here.hex(), other.hex());
  EXPECT_TRUE(Fingerprint::differences(here.lines(), there.lines()).empty());
  EXPECT_EQ(Fingerprint::differences(here.lines(), other.lines()).size(), 2U);  // new and gone
}

TEST(Runner, AnExternalFileCountsByItsContentAndNotByItsTime) {
  ToyRun toy(Comm::world());
  std::vector<std::string> const settings{"toy.file=" + (toy / "input.dat")};
  EXPECT_EQ(toy.error(settings).code(), ExitCode::missing_input);
  toy.on_disk([&] { std::ofstream(toy / "input.dat") << "one"; });
  toy.run(settings);
  toy.on_disk([&] {
    auto const now = std::filesystem::last_write_time(toy / "input.dat");
    std::filesystem::last_write_time(toy / "input.dat", now + std::chrono::hours(5));
  });
  EXPECT_TRUE(toy.run(settings)[0].up_to_date);
  toy.on_disk([&] { std::ofstream(toy / "input.dat") << "two"; });
  auto const report = toy.state(settings, 0);
  EXPECT_EQ(report.state, ProductState::stale);
  EXPECT_TRUE(contains(report.reasons.at(0), "input.dat"));
  EXPECT_FALSE(toy.run(settings)[0].up_to_date);
}

TEST(Runner, AnExternalFileThatChangesWhileItIsReadIsNamedAndNothingIsPublished) {
  ToyRun toy(Comm::world());
  std::string const file = toy / "input.dat";
  toy.on_disk([&] { std::ofstream(file) << "one"; });
  auto const error = toy.error({"toy.file=" + file, "toy.fault=changed_input"});
  EXPECT_EQ(error.code(), ExitCode::bad_data);
  EXPECT_TRUE(contains(error.what(), "'" + file + "' changed while it was read (3 -> 7 bytes)"))
      << error.what();
  EXPECT_FALSE(toy.exists(toy.run_directory() + "/numbers/numbers.h5"));
}

TEST(Runner, NoDecisionDependsOnAClock) {
  Comm const comm = Comm::world();
  ToyRun toy(comm);
  std::vector<std::string> const settings{"toy.file=" + (toy / "input.dat")};
  toy.on_disk([&] { std::ofstream(toy / "input.dat") << "one"; });
  auto stopped = settings;
  stopped.insert(stopped.end(), {"toy.stop_at_fault=yes", "toy.fault_unit=3"});
  EXPECT_EQ(toy.error(stopped).code(), ExitCode::stopped);
  for (int const year : {1970, 2039, 1999}) {
    std::chrono::sys_seconds const day = std::chrono::sys_days(std::chrono::year(year) / 1 / 2);
    std::filesystem::file_time_type const then = std::chrono::file_clock::from_sys(day);
    toy.on_disk([&] {
      std::filesystem::last_write_time(toy / "input.dat", then);
      for (auto const& file : std::filesystem::recursive_directory_iterator(toy.run_directory()))
        std::filesystem::last_write_time(file, then);
    });
    auto const results = toy.run(settings);
    EXPECT_TRUE(results[0].up_to_date);
    EXPECT_EQ(results[1].up_to_date, year != 1970);
    if (year == 1970) {
      EXPECT_EQ(results[1].notes.at("units_done_now"), 8);
    }
  }
}

}  // namespace
}  // namespace setsz
