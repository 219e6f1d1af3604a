// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/scaling.hpp"

#include <gtest/gtest.h>

#include "pipeline/base/number.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/particle_store.hpp"
#include "tests/bench/mpi_traffic.hpp"
#include "tests/stages/extract/workplace.hpp"

namespace setsz::scaling {
namespace {

/// What this rank sends while extract runs.
traffic::Traffic counted(Comm const& comm, test::Workplace& workplace, std::int64_t slice_rows) {
  auto const before = traffic::so_far();
  workplace.run(comm, "a", slice_rows);
  auto after = traffic::so_far();
  after.messages.calls -= before.messages.calls;
  after.messages.bytes -= before.messages.bytes;
  after.dense.calls -= before.dense.calls;
  return after;
}

Replay replayed(Comm const& comm, test::Workplace const& workplace,
                test::SmallUniverse const& universe, std::int64_t slice_rows) {
  ParticleStore const store(workplace / "a/particles.h5");
  Extraction what{.table = universe.table,
                  .expected = {},
                  .captured = {},
                  .n_rows = std::ssize(universe.particles.id),
                  .slice_rows = slice_rows,
                  .memory_bytes = 1e6 * workplace.options().memory_mb};
  for (std::int64_t row = 0; row < universe.table.size(); ++row) {
    what.expected.push_back(
        expected_particles(universe.table.clusters[row], store.radius(row), universe.header()));
    what.captured.push_back(real(store.count(row)));
  }
  return replay(what, comm.size());
}

TEST(Scaling, ExtractSendsWhatIsReplayed) {
  auto const comm = Comm::world();
  test::Workplace workplace(comm);
  test::SmallUniverse universe;
  universe.shuffle();
  workplace.hold(universe, 1);
  // Beside the particles the product is written: a chunk goes to the rank that holds most of it,
  // and hashes to the rank that reads it back. That depends on the product alone; it is what is
  // left of a run whose snapshot is one slice.
  constexpr std::int64_t one_slice = 1'000'000;
  auto const whole = counted(comm, workplace, one_slice);
  auto const whole_model = replayed(comm, workplace, universe, one_slice);
  auto const& mine_of_whole = whole_model.ranks[comm.rank()];
  for (std::int64_t const slice_rows : {500, 3000}) {
    auto const run = counted(comm, workplace, slice_rows);
    auto const model = replayed(comm, workplace, universe, slice_rows);
    auto const& mine = model.ranks[comm.rank()];
    double const written = whole.messages.bytes - mine_of_whole.sent;
    EXPECT_NEAR(run.messages.bytes - written, mine.sent, 0.05 * mine.sent + 500) << slice_rows;
    EXPECT_EQ(run.messages.calls - whole.messages.calls, mine.messages - mine_of_whole.messages);
    EXPECT_EQ(run.dense.calls - whole.dense.calls, model.dense - whole_model.dense) << slice_rows;
    std::printf("rank %d of %d, slices of %ld rows: %ld messages of %.0f bytes, replayed %ld of ",
                comm.rank(), comm.size(), static_cast<long>(slice_rows), run.messages.calls,
                run.messages.bytes, static_cast<long>(mine.messages));
    std::printf("%.0f; others %.0f bytes\n", mine.sent, written);
  }
}

}  // namespace
}  // namespace setsz::scaling
