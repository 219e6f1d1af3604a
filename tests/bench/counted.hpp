// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "pipeline/base/comm.hpp"
#include "tests/bench/mpi_traffic.hpp"
#include "tests/bench/scaling.hpp"

namespace setsz::scaling {

/// What this rank sends in some work.
template <class Work>
traffic::Traffic counted(Work&& work) {
  auto const before = traffic::so_far();
  work();
  return traffic::so_far() - before;
}

/// Messages and exchanges agree exactly, bytes to a share of them.
inline void expect_sent(char const* what, Comm const& comm, traffic::Traffic const& run,
                        Replay const& model, double tolerance) {
  auto const& mine = model.ranks[static_cast<std::size_t>(comm.rank())];
  EXPECT_EQ(run.messages.calls, mine.messages) << what;
  EXPECT_NEAR(run.messages.bytes, mine.sent, tolerance * std::abs(mine.sent) + 1) << what;
  EXPECT_EQ(run.dense.calls, model.dense) << what;
  std::printf("%s, rank %d of %d: %ld messages of %.0f bytes, replayed %ld of %.0f\n", what,
              comm.rank(), comm.size(), run.messages.calls, run.messages.bytes,
              static_cast<long>(mine.messages), mine.sent);
}

/// What one replay has more than another.
inline Replay operator-(Replay more, Replay const& less) {
  for (std::size_t rank = 0; rank < more.ranks.size(); ++rank) {
    more.ranks[rank].messages -= less.ranks[rank].messages;
    more.ranks[rank].sent -= less.ranks[rank].sent;
    more.ranks[rank].received -= less.ranks[rank].received;
  }
  more.dense -= less.dense;
  return more;
}

}  // namespace setsz::scaling
