// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace setsz::traffic {

/// Calls of MPI of this rank so far, and the bytes in them.
struct Counted {
  long calls = 0;
  double bytes = 0;
  void add(double more) { ++calls, bytes += more; }
};
struct Traffic {
  Counted messages;  ///< sent point to point
  Counted dense;     ///< MPI_Alltoall
  Counted gathers;   ///< MPI_Allgatherv; the bytes of all ranks
  Counted reductions, broadcasts, barriers;
};
/// In a program that is linked with mpi_traffic.cpp.
Traffic const& so_far();

}  // namespace setsz::traffic
