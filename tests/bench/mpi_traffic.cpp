// SPDX-License-Identifier: BSD-3-Clause
// Counts the calls of MPI that Comm makes, and the bytes in them, by the profiling interface:
//   mpirun -n 2 -x LD_PRELOAD=build/ci/bench/mpi_traffic.so setsz run ...
// Each rank prints what it has sent itself and its peak memory when it finalizes.
#include <mpi.h>
#include <sys/resource.h>

#include <cstdio>

#include "tests/bench/mpi_traffic.hpp"

namespace {

setsz::traffic::Traffic counted;

double bytes_of(int count, MPI_Datatype type) {
  int size = 0;
  PMPI_Type_size(type, &size);
  return static_cast<double>(count) * size;
}

int ranks_of(MPI_Comm comm) {
  int n = 1;
  PMPI_Comm_size(comm, &n);
  return n;
}

}  // namespace

namespace setsz::traffic {
Traffic const& so_far() { return counted; }
}  // namespace setsz::traffic

extern "C" {

int MPI_Isend(void const* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm,
              MPI_Request* request) {
  counted.messages.add(bytes_of(count, type));
  return PMPI_Isend(data, count, type, to, tag, comm, request);
}

int MPI_Alltoall(void const* send, int n_send, MPI_Datatype send_type, void* receive, int n_receive,
                 MPI_Datatype receive_type, MPI_Comm comm) {
  counted.dense.add(bytes_of(n_send, send_type) * ranks_of(comm));
  return PMPI_Alltoall(send, n_send, send_type, receive, n_receive, receive_type, comm);
}

int MPI_Allgatherv(void const* send, int n_send, MPI_Datatype send_type, void* receive,
                   int const* n_receive, int const* places, MPI_Datatype receive_type,
                   MPI_Comm comm) {
  double all = 0;
  for (int rank = 0; rank < ranks_of(comm); ++rank) all += bytes_of(n_receive[rank], receive_type);
  counted.gathers.add(all);
  return PMPI_Allgatherv(send, n_send, send_type, receive, n_receive, places, receive_type, comm);
}

int MPI_Allreduce(void const* send, void* receive, int count, MPI_Datatype type, MPI_Op op,
                  MPI_Comm comm) {
  counted.reductions.add(bytes_of(count, type));
  return PMPI_Allreduce(send, receive, count, type, op, comm);
}

int MPI_Bcast(void* data, int count, MPI_Datatype type, int root, MPI_Comm comm) {
  counted.broadcasts.add(bytes_of(count, type));
  return PMPI_Bcast(data, count, type, root, comm);
}

int MPI_Barrier(MPI_Comm comm) {
  counted.barriers.add(0);
  return PMPI_Barrier(comm);
}

int MPI_Finalize() {
  int rank = 0;
  PMPI_Comm_rank(MPI_COMM_WORLD, &rank);
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  std::fprintf(stderr,
               "mpi_traffic: rank %d sent %ld messages of %.0f bytes; %ld count exchanges of %.0f "
               "bytes; gathered %.0f bytes in %ld; %ld reductions, %ld broadcasts of %.0f bytes, "
               "%ld barriers; peak memory %.1f MB\n",
               rank, counted.messages.calls, counted.messages.bytes, counted.dense.calls,
               counted.dense.bytes, counted.gathers.bytes, counted.gathers.calls,
               counted.reductions.calls, counted.broadcasts.calls, counted.broadcasts.bytes,
               counted.barriers.calls, 1.024e-3 * static_cast<double>(used.ru_maxrss));
  return PMPI_Finalize();
}
}
