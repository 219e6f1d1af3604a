// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/journal.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "pipeline/base/hash.hpp"
#include "tests/fixtures/figures.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;
Lines const some_lines{{"format", "1"}, {"toy.radius", "2.5"}};

std::string content_of(std::int64_t unit) {
  return std::string(3 + unit % 7, static_cast<char>('a' + unit % 26));
}
std::span<std::byte const> bytes_of(std::string const& text) {
  return std::as_bytes(std::span<char const>(text.data(), text.size()));
}
void append_own(Journal& journal, Comm const& comm, std::int64_t first, std::int64_t last) {
  for (auto unit = first; unit < last; ++unit) {
    if (unit % comm.size() == comm.rank()) journal.append(unit, bytes_of(content_of(unit)));
  }
}
/// Checks that units [0, n) come back, each once over all ranks and with its bytes.
void expect_units(Journal const& journal, Comm const& comm, std::int64_t n) {
  std::vector<std::int64_t> seen(static_cast<std::size_t>(n) + 1);
  journal.for_each([&](Journal::Record const& record) {
    ASSERT_LT(record.unit, n);
    ++seen[record.unit];
    std::string const found(reinterpret_cast<char const*>(record.bytes.data()),
                            record.bytes.size());
    EXPECT_EQ(found, content_of(record.unit));
  });
  comm.all_sum(seen);
  for (std::int64_t unit = 0; unit < n; ++unit) EXPECT_EQ(seen[unit], 1);
}

TEST(Journal, GivesBackWhatWasCommittedAndNothingElse) {
  Comm const comm = Comm::world();
  test::Scratch const folder(comm);
  {
    Journal journal(comm, folder / "journal", some_lines);
    EXPECT_FALSE(journal.committed());
    append_own(journal, comm, 0, 20);
    journal.commit(20);
    append_own(journal, comm, 20, 30);  // never committed
  }
  {
    Journal journal(comm, folder / "journal", some_lines);
    EXPECT_EQ(journal.committed(), 20);
    expect_units(journal, comm, 20);
    append_own(journal, comm, 20, 25);
    journal.commit(25);
    append_own(journal, comm, 25, 26);
    journal.commit(26);
  }
  Journal const journal(comm, folder / "journal", some_lines);
  EXPECT_EQ(journal.committed(), 26);
  expect_units(journal, comm, 26);
}

TEST(Journal, IsReadInBatchesThatAllRanksEndTogether) {
  Comm const comm = Comm::world();
  test::Scratch const folder(comm);
  {
    Journal journal(comm, folder / "journal", some_lines);
    append_own(journal, comm, 0, 50);
    journal.commit(50);
  }
  Journal const journal(comm, folder / "journal", some_lines);
  constexpr std::int64_t batch = 20, largest_record = 9;
  std::vector<std::int64_t> seen(50);
  std::int64_t held = 0, n_flushes = 0, most = 0;
  journal.for_each(
      batch,
      [&](Journal::Record const& record) {
        ++seen[record.unit];
        held += std::ssize(record.bytes);
        most = std::max(most, held);
      },
      [&] {
        held = 0;
        n_flushes = comm.all_sum(n_flushes * (comm.is_root() ? 1 : 0)) + 1;  // collective
      });
  EXPECT_EQ(held, 0);
  EXPECT_GE(most, batch);
  EXPECT_LT(most, batch + largest_record);
  EXPECT_EQ(comm.all_min(n_flushes), comm.all_max(n_flushes));
  EXPECT_GT(n_flushes, 50 * 6 / batch / comm.size() - 1);
  comm.all_sum(seen);
  for (auto const n : seen) EXPECT_EQ(n, 1);
}

TEST(Journal, IsReadByAnyNumberOfRanks) {
  Comm const comm = Comm::world();
  test::Scratch const folder(comm);
  {
    Journal journal(comm, folder / "journal", some_lines);
    append_own(journal, comm, 0, 50);
    journal.commit(50);
  }
  comm.barrier();
  if (comm.is_root()) {  // as if one rank had continued
    Comm const alone = Comm::self();
    Journal journal(alone, folder / "journal", some_lines);
    expect_units(journal, alone, 50);
    append_own(journal, alone, 50, 60);
    journal.commit(60);
  }
  comm.barrier();
  Journal const journal(comm, folder / "journal", some_lines);
  EXPECT_EQ(journal.committed(), 60);
  expect_units(journal, comm, 60);
}

TEST(Journal, ARestartReplacesTheStateOnlyAtTheNextCommit) {
  Comm const comm = Comm::world();
  test::Scratch const folder(comm);
  {
    Journal journal(comm, folder / "journal", some_lines);
    append_own(journal, comm, 0, 10);
    journal.commit(1);
    journal.restart();
    append_own(journal, comm, 0, 5);  // lost: no commit follows
  }
  {
    Journal journal(comm, folder / "journal", some_lines);
    EXPECT_EQ(journal.committed(), 1);
    expect_units(journal, comm, 10);
    for (int state = 2; state < 5; ++state) {
      journal.restart();
      append_own(journal, comm, 0, 4);
      journal.commit(state);
    }
  }
  Journal const journal(comm, folder / "journal", some_lines);
  EXPECT_EQ(journal.committed(), 4);
  expect_units(journal, comm, 4);
  std::int64_t files = 0;
  for (auto const& entry : std::filesystem::directory_iterator(folder / "journal")) {
    (void)entry;
    ++files;
  }
  EXPECT_LE(files, 2 * (1 + comm.size()));  // the last two states; older ones are gone
}

/// Flips a bit in the middle of a file, on rank 0 between two barriers.
void damage(Comm const& comm, std::string const& path) {
  comm.barrier();
  if (comm.is_root()) {
    auto bytes = durable::read_text(path);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  comm.barrier();
}

TEST(Journal, ADamagedLastStateIsReplacedByTheOneBefore) {
  Comm const comm = Comm::world();
  for (bool const mark : {true, false}) {
    test::Scratch const folder(comm);
    {
      Journal journal(comm, folder / "journal", some_lines);
      append_own(journal, comm, 0, 10);
      journal.commit(1);
      journal.restart();
      append_own(journal, comm, 0, 4);
      journal.commit(2);
    }
    damage(comm, folder / (mark ? "journal/commit.json" : "journal/g1_s0_r0.records"));
    {
      Journal journal(comm, folder / "journal", some_lines);
      EXPECT_EQ(journal.committed(), 1);
      expect_units(journal, comm, 10);
      journal.restart();
      append_own(journal, comm, 0, 6);
      journal.commit(3);
    }
    Journal const journal(comm, folder / "journal", some_lines);
    EXPECT_EQ(journal.committed(), 3);
    expect_units(journal, comm, 6);
  }
}

TEST(Journal, DamagedLastUnitsAreDoneAgain) {
  Comm const comm = Comm::world();
  test::Scratch const folder(comm);
  for (int session = 0; session < 2; ++session) {
    Journal journal(comm, folder / "journal", some_lines);
    append_own(journal, comm, 10 * session, 10 * session + 10);
    journal.commit(10 * session + 10);
  }
  damage(comm, folder / "journal/g0_s1_r0.records");
  Journal const journal(comm, folder / "journal", some_lines);
  EXPECT_EQ(journal.committed(), 10);
  expect_units(journal, comm, 10);
}

TEST(Journal, AsManyStatesAreKeptAsWasAskedFor) {
  Comm const comm = Comm::world();
  test::Scratch const folder(comm);
  {
    Journal journal(comm, folder / "journal", some_lines);
    journal.keep_commits(3);
    for (int state = 1; state <= 5; ++state) {
      journal.restart();
      append_own(journal, comm, 0, state);
      journal.commit(state);
    }
  }
  damage(comm, folder / "journal/commit.json");
  damage(comm, folder / "journal/commit.1.json");
  Journal const journal(comm, folder / "journal", some_lines);
  EXPECT_EQ(journal.committed(), 3);
  expect_units(journal, comm, 3);
}

TEST(Journal, AMarkWithTheRightHashAndWrongContentIsDamaged) {
  Comm const comm = Comm::self();
  test::Scratch const folder(comm);
  std::string const path = folder / "journal/commit.json";
  {
    Journal journal(comm, folder / "journal", some_lines);
    append_own(journal, comm, 0, 4);
    journal.commit(4);
  }
  auto const good = nlohmann::json::parse(durable::read_text(path));
  using Json = nlohmann::json;
  for (auto const& [key, value] : std::vector<std::pair<std::string, Json>>{
           {"position", "four"},
           {"files", 7},
           {"files", Json{Json{{"name", 3}, {"bytes", 1}}}},
           {"files", Json{Json{{"name", "../x"}, {"bytes", 1}}}},
           {"files", Json{Json{{"name", "none"}, {"bytes", -1}}}},
           {"session", nullptr},
           {"fingerprint", 5}}) {
    auto bad = good;
    bad.erase("hash");
    bad[key] = value;
    bad["hash"] = Hash().add(bad.dump()).hex();
    std::ofstream(path, std::ios::trunc) << bad.dump();
    auto const error = test::thrown_by([&] { Journal(comm, folder / "journal", some_lines); });
    EXPECT_EQ(error.code(), ExitCode::bad_data) << key << ": " << error.what();
    EXPECT_NE(Journal::refusal(folder / "journal", some_lines), "");
  }
}

TEST(Journal, RecordsInPiecesAndEmptyRecordsAreKept) {
  Comm const comm = Comm::world();
  test::Scratch const folder(comm);
  std::string const first = "ab", second = "cde";
  {
    Journal journal(comm, folder / "journal", some_lines);
    if (comm.is_root()) {
      journal.append(7, {bytes_of(first), bytes_of(second)});
      journal.append(8, std::span<std::byte const>{});
    }
    journal.commit(0);
  }
  Journal const journal(comm, folder / "journal", some_lines);
  std::map<std::int64_t, std::string> found;
  journal.for_each([&](Journal::Record const& record) {
    found[record.unit] = {reinterpret_cast<char const*>(record.bytes.data()), record.bytes.size()};
  });
  EXPECT_EQ(comm.all_sum(std::ssize(found)), 2);
  if (comm.is_root()) {
    EXPECT_EQ(found.at(7), "abcde");
    EXPECT_EQ(found.at(8), "");
  }
}

TEST(Journal, IsRefusedUnderOtherOptionsWithTheDifferences) {
  Comm const comm = Comm::world();
  test::Scratch const folder(comm);
  {
    Journal journal(comm, folder / "journal", some_lines);
    journal.commit(3);
  }
  auto const error = test::thrown_by([&] {
    Journal(comm, folder / "journal", {{"format", "1"}, {"toy.radius", "3"}});
  });
  EXPECT_EQ(error.code(), ExitCode::config);
  EXPECT_NE(std::string(error.what()).find("toy.radius: 2.5 -> 3"), std::string::npos);
  EXPECT_NE(std::string(error.what()).find("--force"), std::string::npos);
}

TEST(Journal, EveryFlippedByteAndEveryTruncationIsNoticed) {
  Comm const comm = Comm::self();  // each rank has its own journal here
  test::Scratch const folder(Comm::world());
  std::string const directory = folder / concat("journal", Comm::world().rank());
  {
    Journal journal(comm, directory, some_lines);
    append_own(journal, comm, 0, 4);
    journal.commit(4);
  }
  auto const read_it = [&] {
    Journal const journal(comm, directory, some_lines);
    journal.for_each([](Journal::Record const&) {});
  };
  std::string records;
  for (auto const& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".records") records = entry.path();
  }
  std::int64_t n_flipped = 0, n_cut = 0;
  for (std::string const& path : {records, directory + "/commit.json"}) {
    std::string const good = durable::read_text(path);
    ASSERT_GT(good.size(), 100U);
    auto const put = [&](std::string const& text) {
      std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    };
    for (std::size_t i = 0; i < good.size(); ++i) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 7)));
      put(bad);
      // A flip of white space in the JSON mark changes nothing that could be noticed.
      bool const is_blank = path != records && std::isspace(static_cast<unsigned char>(good[i]));
      if (is_blank) continue;
      ++n_flipped;
      EXPECT_NE(test::thrown_by(read_it).code(), ExitCode::ok) << path << " byte " << i;
    }
    for (std::size_t length = 1; length + 2 < good.size(); length += 3, ++n_cut) {
      put(good.substr(0, length));
      EXPECT_EQ(test::thrown_by(read_it).code(), ExitCode::bad_data)
          << path << " cut to " << length;
    }
    put(good);
    EXPECT_EQ(test::thrown_by(read_it).code(), ExitCode::ok);
  }
  test::count_faults("journal", "flipped bit", "journal and its mark", n_flipped, 0);
  test::count_faults("journal", "file cut short", "journal and its mark", n_cut, 0);
}

TEST(Journal, AFullDiskIsReportedByTheCommitOnAllRanksAndTheLastCommitStays) {
  Comm const comm = Comm::world();
  test::Scratch const folder(comm);
  for (int k = 0; k < 12; ++k) {
    std::string const directory = folder / concat("journal", k);
    {
      Journal journal(comm, directory, some_lines);
      append_own(journal, comm, 0, 6);
      journal.commit(6);
    }
    bool failed = false;
    {
      Journal journal(comm, directory, some_lines);
      int calls = 0;
      if (comm.rank() == comm.size() - 1) {
        durable::fault = [&](std::string_view, std::string const&) {
          return calls++ == k ? ENOSPC : 0;
        };
      }
      try {
        append_own(journal, comm, 6, 12);
        journal.commit(12);
      } catch (CollectiveError const& error) {
        failed = true;
        EXPECT_EQ(error.code(), ExitCode::io);
        EXPECT_NE(std::string(error.what()).find("No space left"), std::string::npos);
      }
      durable::fault = nullptr;
    }
    Journal const journal(comm, directory, some_lines);
    EXPECT_TRUE(journal.committed() == 12 || (failed && journal.committed() == 6));
    expect_units(journal, comm, *journal.committed());
  }
}

TEST(Journal, FiftyResumesLeaveNoStaleFiles) {
  Comm const comm = Comm::world();
  test::Scratch const folder(comm);
  for (int i = 0; i < 50; ++i) {
    Journal journal(comm, folder / "journal", some_lines);
    append_own(journal, comm, 0, 3);
    if (i == 0) journal.commit(3);
  }
  Journal const journal(comm, folder / "journal", some_lines);
  expect_units(journal, comm, 3);
  auto const begin = std::filesystem::directory_iterator(folder / "journal");
  EXPECT_LE(std::distance(begin, std::filesystem::directory_iterator{}), 1 + comm.size());
}

}  // namespace
}  // namespace setsz
