// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/comm.hpp"

#include <chrono>
#include <cstdlib>
#include <numeric>
#include <thread>

#include "pipeline/base/terminal.hpp"

namespace setsz {

namespace {

void check(int status, char const* what) {
  if (status == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(status, text, &length);
  fail(ExitCode::internal, what, " failed: ", std::string_view(text, length));
}

char const* at(void const* data, std::int64_t offset) {
  return static_cast<char const*>(data) + offset;
}
char* at(void* data, std::int64_t offset) { return static_cast<char*>(data) + offset; }

template <class T>
T reduce(MPI_Comm comm, T value, MPI_Datatype type, MPI_Op op) {
  T result{};
  check(MPI_Allreduce(&value, &result, 1, type, op, comm), "MPI_Allreduce");
  return result;
}

}  // namespace

std::int64_t Comm::max_bytes_per_call = std::int64_t{1} << 30;

MpiSession::MpiSession(int& argc, char**& argv) {
  int provided = 0;
  // A component of Open MPI 4.1 for shared file pointers, which nobody here uses, copies the path
  // of every file into 256 bytes: paths that are longer end the process.
  ::setenv("OMPI_MCA_sharedfp", "^lockedfile", 0);
  // Processes without a launcher share folders in TMPDIR, which each makes and removes: where one
  // ends while another begins, the other fails (open-mpi/ompi#3818). One rank needs none.
  if (!started_by_launcher()) ::setenv("OMPI_MCA_orte_create_session_dirs", "0", 0);
  check(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
}

void MpiSession::finalize() { check(MPI_Finalize(), "MPI_Finalize"); }

bool MpiSession::active() {
  int initialized = 0, finalized = 0;
  MPI_Initialized(&initialized);
  MPI_Finalized(&finalized);
  return initialized && !finalized;
}

Comm::Comm(MPI_Comm source) {
  MPI_Comm duplicate = MPI_COMM_NULL;
  check(MPI_Comm_dup(source, &duplicate), "MPI_Comm_dup");
  MPI_Comm_set_errhandler(duplicate, MPI_ERRORS_RETURN);
  handle_ = std::shared_ptr<MPI_Comm>(new MPI_Comm(duplicate), [](MPI_Comm* comm) {
    // Freeing is collective: not after finalize, and not while an error unwinds one rank alone.
    if (MpiSession::active() && std::uncaught_exceptions() == 0) MPI_Comm_free(comm);
    delete comm;
  });
  MPI_Comm_rank(duplicate, &rank_);
  MPI_Comm_size(duplicate, &size_);
}

Comm Comm::world() { return Comm(MPI_COMM_WORLD); }
Comm Comm::self() { return Comm(MPI_COMM_SELF); }

void Comm::barrier() const { check(MPI_Barrier(raw()), "MPI_Barrier"); }
double Comm::all_min(double v) const { return reduce(raw(), v, MPI_DOUBLE, MPI_MIN); }
double Comm::all_max(double v) const { return reduce(raw(), v, MPI_DOUBLE, MPI_MAX); }
std::int64_t Comm::all_min(std::int64_t v) const { return reduce(raw(), v, MPI_INT64_T, MPI_MIN); }
std::int64_t Comm::all_max(std::int64_t v) const { return reduce(raw(), v, MPI_INT64_T, MPI_MAX); }
std::int64_t Comm::all_sum(std::int64_t v) const { return reduce(raw(), v, MPI_INT64_T, MPI_SUM); }

void Comm::all_sum(std::span<std::int64_t> values) const {
  auto const piece = std::max<std::int64_t>(1, max_bytes_per_call / 8);
  auto const n = std::ssize(values);
  for (std::int64_t first = 0; first < n; first += piece) {
    auto const count = static_cast<int>(std::min(piece, n - first));
    check(MPI_Allreduce(MPI_IN_PLACE, values.data() + first, count, MPI_INT64_T, MPI_SUM, raw()),
          "MPI_Allreduce");
  }
}

std::int64_t Comm::sum_before(std::int64_t value) const {
  std::int64_t sum = 0;
  check(MPI_Exscan(&value, &sum, 1, MPI_INT64_T, MPI_SUM, raw()), "MPI_Exscan");
  return rank_ == 0 ? 0 : sum;
}

std::int64_t Comm::total(std::span<std::int64_t const> counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

std::vector<std::int64_t> Comm::gather_counts(std::int64_t count) const {
  std::vector<std::int64_t> counts(size_);
  check(MPI_Allgather(&count, 1, MPI_INT64_T, counts.data(), 1, MPI_INT64_T, raw()),
        "MPI_Allgather");
  return counts;
}

std::vector<std::int64_t> Comm::exchange_counts(std::vector<std::int64_t> const& counts) const {
  std::vector<std::int64_t> received(counts.size());
  check(MPI_Alltoall(counts.data(), 1, MPI_INT64_T, received.data(), 1, MPI_INT64_T, raw()),
        "MPI_Alltoall");
  return received;
}

void Comm::broadcast_bytes(void* data, std::int64_t bytes, int root) const {
  for (std::int64_t first = 0; first < bytes; first += max_bytes_per_call) {
    auto const count = static_cast<int>(std::min(max_bytes_per_call, bytes - first));
    check(MPI_Bcast(at(data, first), count, MPI_BYTE, root, raw()), "MPI_Bcast");
  }
}

void Comm::all_gather_bytes(void const* data, std::int64_t bytes, void* all,
                            std::vector<std::int64_t> const& counts) const {
  if (total(counts) <= max_bytes_per_call) {
    std::vector<int> sizes(counts.begin(), counts.end());
    std::vector<int> offsets(counts.size());
    std::exclusive_scan(sizes.begin(), sizes.end(), offsets.begin(), 0);
    check(MPI_Allgatherv(data, static_cast<int>(bytes), MPI_BYTE, all, sizes.data(), offsets.data(),
                         MPI_BYTE, raw()),
          "MPI_Allgatherv");
    return;
  }
  std::int64_t offset = 0;
  for (int root = 0; root < size_; ++root) {
    auto const count = counts[root];
    if (root == rank_ && bytes > 0) std::copy_n(at(data, 0), bytes, at(all, offset));
    broadcast_bytes(at(all, offset), count, root);
    offset += count;
  }
}

void Comm::all_to_all_bytes(void const* send, std::vector<std::int64_t> const& send_bytes,
                            void* received, std::vector<std::int64_t> const& receive_bytes) const {
  // Non-blocking pairs instead of MPI_Alltoallv: its displacements are 32-bit.
  std::vector<MPI_Request> requests;
  constexpr int tag = 7;
  std::int64_t receive_offset = 0, send_offset = 0;
  std::vector<std::int64_t> send_offsets(send_bytes.size());
  std::exclusive_scan(send_bytes.begin(), send_bytes.end(), send_offsets.begin(), std::int64_t{0});
  for (int source = 0; source < size_; ++source) {
    auto const bytes = receive_bytes[source];
    if (source == rank_) {
      send_offset = send_offsets[source];
      if (bytes > 0) std::copy_n(at(send, send_offset), bytes, at(received, receive_offset));
    } else {
      for (std::int64_t first = 0; first < bytes; first += max_bytes_per_call) {
        auto const count = static_cast<int>(std::min(max_bytes_per_call, bytes - first));
        check(MPI_Irecv(at(received, receive_offset + first), count, MPI_BYTE, source, tag, raw(),
                        &requests.emplace_back()),
              "MPI_Irecv");
      }
    }
    receive_offset += bytes;
  }
  for (int shift = 1; shift < size_; ++shift) {
    int const target = (rank_ + shift) % size_;
    auto const bytes = send_bytes[target];
    for (std::int64_t first = 0; first < bytes; first += max_bytes_per_call) {
      auto const count = static_cast<int>(std::min(max_bytes_per_call, bytes - first));
      check(MPI_Isend(at(send, send_offsets[target] + first), count, MPI_BYTE, target, tag, raw(),
                      &requests.emplace_back()),
            "MPI_Isend");
    }
  }
  check(MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE),
        "MPI_Waitall");
}

bool Comm::all_arrive_within(double seconds) const {
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Ibarrier(raw(), &request), "MPI_Ibarrier");
  double const end = MPI_Wtime() + seconds;
  int done = 0;
  while (!done && MPI_Wtime() < end) {
    check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
    if (!done) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return done != 0;
}

void Comm::abort(int code) const {
  MPI_Abort(MPI_COMM_WORLD, code);
  std::_Exit(code);
}

}  // namespace setsz
