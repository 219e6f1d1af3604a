// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/streamed_mass.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/snapshot_writer.hpp"

namespace setsz {
namespace {

constexpr double omega_m = 0.3089, box = 10000;
constexpr std::int64_t n_rows = 96, unit = 5;

double mass_in_box() { return omega_m * units::rho_crit_0 * box * box * box; }

/// Masses that no order adds up to the same last bits.
double mass_of(std::int64_t row) { return 2 * mass_in_box() / n_rows * test::spread(row); }

class StreamedMassTest : public testing::Test {
 protected:
  Comm const comm_ = Comm::world();
  test::Scratch const scratch_{comm_};

  /// Slices of 4 rows, dealt out to the ranks in turn.
  static std::int64_t read(Comm const& comm, StreamedMass& streamed, std::int64_t from,
                           std::int64_t to) {
    while (from < to) {
      std::int64_t const mine = from + 4 * comm.rank();
      double sum = 0;
      for (std::int64_t row = mine; row < std::min(mine + 4, to); ++row) sum += mass_of(row);
      streamed.add(sum, std::max<std::int64_t>(std::min(mine + 4, to) - mine, 0));
      streamed.gather(comm);
      from = std::min(from + 4 * comm.size(), to);
    }
    return from;
  }
  std::string verdict(StreamedMass const& streamed, Snapshot const& snapshot) const {
    auto cosmology = Cosmology{};
    cosmology.omega_m = omega_m;
    return test::error_of([&] { streamed.require_budget(comm_, snapshot, {cosmology, 0.05}); });
  }
  Snapshot snapshot(std::int64_t rows = n_rows) const {
    if (comm_.is_root()) test::SmallSnapshot::of_dark_matter({rows}, box).write(scratch_.path());
    comm_.barrier();
    return Snapshot::open(comm_, scratch_.path(), Snapshot::Kind::dark_matter);
  }
};

TEST_F(StreamedMassTest, AddsUpInTheOrderOfTheSlicesOnAnyNumberOfRanks) {
  StreamedMass streamed;
  read(comm_, streamed, 0, n_rows);
  double slow = 0;
  for (std::int64_t first = 0; first < n_rows; first += 4) {
    double slice = 0;
    for (auto row = first; row < first + 4; ++row) slice += mass_of(row);
    slow += slice;
  }
  EXPECT_EQ(streamed.mass(), slow);
  EXPECT_EQ(streamed.rows(), n_rows);
}

TEST_F(StreamedMassTest, GoesOnFromAJournalOnAnotherNumberOfRanks) {
  StreamedMass whole;
  read(comm_, whole, 0, n_rows);
  std::int64_t done = 0;
  if (comm_.is_root()) {
    StreamedMass begun;
    auto const self = Comm::self();
    Journal journal(self, scratch_ / "journal", {});
    begun.save(self, journal, unit);  // of nothing
    done = read(self, begun, 0, 20);
    begun.save(self, journal, unit);
    journal.commit(done);
  }
  done = comm_.broadcast(done, 0);
  Journal const journal(comm_, scratch_ / "journal", {});
  StreamedMass resumed;
  journal.for_each([&](Journal::Record const& record) { resumed.take(record); });
  resumed.agree(comm_);
  EXPECT_EQ(resumed.rows(), 20);
  read(comm_, resumed, done, n_rows);
  EXPECT_EQ(resumed.rows(), n_rows);
  EXPECT_NEAR(resumed.mass() / whole.mass(), 1, 1e-14);
}

TEST_F(StreamedMassTest, RefusesAnotherMassAndNamesTheRatio) {
  auto const all = snapshot();
  StreamedMass streamed;
  if (comm_.is_root()) streamed.add(1.03 * mass_in_box(), n_rows);
  streamed.gather(comm_);
  EXPECT_EQ(verdict(streamed, all)[0], 'n');
  if (comm_.rank() == comm_.size() - 1) streamed.add(0.97 * mass_in_box(), 0);
  streamed.gather(comm_);
  auto const text = verdict(streamed, all);
  EXPECT_TRUE(test::contains(text, "65 the mean density of the particles of type 1 in '"));
  EXPECT_TRUE(test::contains(text, "which is 2 times Omega_m"));
  EXPECT_TRUE(test::contains(text, "the sum of all 96 particles as they were read"));
  EXPECT_TRUE(test::contains(verdict(streamed, snapshot(97)), "70 96 of 97 particles"));
}

TEST_F(StreamedMassTest, DoesNotJudgeAPassThatAnOlderVersionBegan) {
  StreamedMass resumed;
  resumed.agree(comm_);  // its journal had no such record
  read(comm_, resumed, 20, 40);
  EXPECT_EQ(verdict(resumed, snapshot())[0], 'n');
}

}  // namespace
}  // namespace setsz
