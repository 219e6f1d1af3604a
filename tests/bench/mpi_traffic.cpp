// SPDX-License-Identifier: BSD-3-Clause
// Counts the calls of MPI that Comm makes, and the bytes in them, by the profiling interface:
//   mpirun -n 2 -x LD_PRELOAD=build/ci/bench/mpi_traffic.so setsz run ...
// Each rank prints what it has sent itself and its peak memory when it finalizes.
#include <mpi.h>
#include <sys/resource.h>

#include <cstdio>

namespace {

struct Counted {
  long calls = 0;
  double bytes = 0;
  void add(double more) { ++calls, bytes += more; }
};
Counted messages, dense, gathers, reductions, broadcasts, barriers;

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

extern "C" {

int MPI_Isend(void const* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm,
              MPI_Request* request) {
  messages.add(bytes_of(count, type));
  return PMPI_Isend(data, count, type, to, tag, comm, request);
}

int MPI_Alltoall(void const* send, int n_send, MPI_Datatype send_type, void* receive, int n_receive,
                 MPI_Datatype receive_type, MPI_Comm comm) {
  dense.add(bytes_of(n_send, send_type) * ranks_of(comm));
  return PMPI_Alltoall(send, n_send, send_type, receive, n_receive, receive_type, comm);
}

int MPI_Allgatherv(void const* send, int n_send, MPI_Datatype send_type, void* receive,
                   int const* n_receive, int const* places, MPI_Datatype receive_type,
                   MPI_Comm comm) {
  double all = 0;
  for (int rank = 0; rank < ranks_of(comm); ++rank) all += bytes_of(n_receive[rank], receive_type);
  gathers.add(all);
  return PMPI_Allgatherv(send, n_send, send_type, receive, n_receive, places, receive_type, comm);
}

int MPI_Allreduce(void const* send, void* receive, int count, MPI_Datatype type, MPI_Op op,
                  MPI_Comm comm) {
  reductions.add(bytes_of(count, type));
  return PMPI_Allreduce(send, receive, count, type, op, comm);
}

int MPI_Bcast(void* data, int count, MPI_Datatype type, int root, MPI_Comm comm) {
  broadcasts.add(bytes_of(count, type));
  return PMPI_Bcast(data, count, type, root, comm);
}

int MPI_Barrier(MPI_Comm comm) {
  barriers.add(0);
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
               rank, messages.calls, messages.bytes, dense.calls, dense.bytes, gathers.bytes,
               gathers.calls, reductions.calls, broadcasts.calls, broadcasts.bytes, barriers.calls,
               1.024e-3 * static_cast<double>(used.ru_maxrss));
  return PMPI_Finalize();
}
}
