// SPDX-License-Identifier: BSD-3-Clause
// How evenly ranks work, by the profiling interface; also on a machine where others work:
//   mpirun -n 2 -x LD_PRELOAD=build/ci/bench/mpi_balance.so setsz run ...
// Between two meetings of all ranks each one works for some processor time, which does not count
// how long it waits; all wait for the rank that works longest. Rank 0 prints the sum of these
// longest times over the meetings when it finalizes. That of one rank alone over that of several is
// the speed-up which the division of the work permits: what MPI itself takes is not in it.
#include <mpi.h>

#include <cstdio>
#include <ctime>
#include <utility>
#include <vector>

namespace {

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::vector<double> spells;  ///< of work between meetings [s]
double work = 0;             ///< since the last one [s]
double began = 0;            ///< when the last call of MPI ended [s]

template <class Call>
int without(Call&& call) {
  work += processor_seconds() - began;
  int const result = call();
  began = processor_seconds();
  return result;
}

/// Only where all ranks take part.
template <class Call>
int meeting(MPI_Comm comm, Call&& call) {
  int here = 0, all = 0;
  PMPI_Comm_size(comm, &here);
  PMPI_Comm_size(MPI_COMM_WORLD, &all);
  return without([&] {
    if (here == all) spells.push_back(std::exchange(work, 0));
    return call();
  });
}

void print() {
  int rank = 0, size = 1;
  PMPI_Comm_rank(MPI_COMM_WORLD, &rank);
  PMPI_Comm_size(MPI_COMM_WORLD, &size);
  auto const n = static_cast<int>(spells.size());
  std::vector<double> sums(spells.size()), longest(spells.size());
  PMPI_Reduce(spells.data(), sums.data(), n, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
  PMPI_Reduce(spells.data(), longest.data(), n, MPI_DOUBLE, MPI_MAX, 0, MPI_COMM_WORLD);
  if (rank != 0) return;
  double sum = 0, critical = 0;
  for (int i = 0; i < n; ++i) sum += sums[i], critical += longest[i];
  std::fprintf(stderr,
               "mpi_balance: %d ranks met %d times; together they worked %.2f s, the one with most "
               "before each meeting %.2f s\n",
               size, n, sum, critical);
}

}  // namespace

extern "C" {

int MPI_Isend(void const* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm,
              MPI_Request* request) {
  return without([&] { return PMPI_Isend(data, count, type, to, tag, comm, request); });
}

int MPI_Irecv(void* data, int count, MPI_Datatype type, int from, int tag, MPI_Comm comm,
              MPI_Request* request) {
  return without([&] { return PMPI_Irecv(data, count, type, from, tag, comm, request); });
}

int MPI_Waitall(int count, MPI_Request* requests, MPI_Status* statuses) {
  return without([&] { return PMPI_Waitall(count, requests, statuses); });
}

int MPI_Alltoall(void const* send, int n_send, MPI_Datatype send_type, void* receive, int n_receive,
                 MPI_Datatype receive_type, MPI_Comm comm) {
  return meeting(comm, [&] {
    return PMPI_Alltoall(send, n_send, send_type, receive, n_receive, receive_type, comm);
  });
}

int MPI_Allgather(void const* send, int n_send, MPI_Datatype send_type, void* receive,
                  int n_receive, MPI_Datatype receive_type, MPI_Comm comm) {
  return meeting(comm, [&] {
    return PMPI_Allgather(send, n_send, send_type, receive, n_receive, receive_type, comm);
  });
}

int MPI_Allgatherv(void const* send, int n_send, MPI_Datatype send_type, void* receive,
                   int const* n_receive, int const* places, MPI_Datatype receive_type,
                   MPI_Comm comm) {
  return meeting(comm, [&] {
    return PMPI_Allgatherv(send, n_send, send_type, receive, n_receive, places, receive_type, comm);
  });
}

int MPI_Allreduce(void const* send, void* receive, int count, MPI_Datatype type, MPI_Op op,
                  MPI_Comm comm) {
  return meeting(comm, [&] { return PMPI_Allreduce(send, receive, count, type, op, comm); });
}

int MPI_Bcast(void* data, int count, MPI_Datatype type, int root, MPI_Comm comm) {
  return meeting(comm, [&] { return PMPI_Bcast(data, count, type, root, comm); });
}

int MPI_Barrier(MPI_Comm comm) {
  return meeting(comm, [&] { return PMPI_Barrier(comm); });
}

int MPI_Finalize() {
  meeting(MPI_COMM_WORLD, [] { return 0; });
  print();
  return PMPI_Finalize();
}
}
