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
inline Counted operator-(Counted a, Counted const& b) {
  return {a.calls - b.calls, a.bytes - b.bytes};
}
inline Traffic operator-(Traffic const& a, Traffic const& b) {
  return {a.messages - b.messages,     a.dense - b.dense,           a.gathers - b.gathers,
          a.reductions - b.reductions, a.broadcasts - b.broadcasts, a.barriers - b.barriers};
}
/// In a program that is linked with mpi_traffic.cpp.
Traffic const& so_far();

}  // namespace setsz::traffic
