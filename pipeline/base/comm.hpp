// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "pipeline/base/current_error.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/range.hpp"

namespace setsz {

/// MPI_Init_thread(FUNNELED) ... MPI_Finalize. Held by `main` only; finalize() is called by hand,
/// since a destructor that runs during an exception would wait for ranks that never come.
class MpiSession {
 public:
  MpiSession(int& argc, char**& argv);
  void finalize();
  static bool active();
};

/// A communicator: the only holder of an MPI_Comm, passed down, never global.
///
/// Counts are 64-bit; messages go in pieces of at most `max_bytes_per_call`. Every call turns an
/// MPI error into an Error. All member functions but rank() and size() are collective unless they
/// say otherwise. Values that travel must be trivially copyable.
class Comm {
 public:
  /// A duplicate of MPI_COMM_WORLD. Collective over all processes.
  static Comm world();
  /// A duplicate of MPI_COMM_SELF: for tools that work alone.
  static Comm self();

  int rank() const { return rank_; }
  int size() const { return size_; }
  bool is_root() const { return rank_ == 0; }
  /// For libraries that want the communicator itself (HDF5, FFTW); never freed by the caller.
  MPI_Comm raw() const { return *handle_; }

  void barrier() const;
  double all_min(double value) const;
  double all_max(double value) const;
  std::int64_t all_min(std::int64_t value) const;
  std::int64_t all_max(std::int64_t value) const;
  std::int64_t all_sum(std::int64_t value) const;
  int all_min(int value) const { return static_cast<int>(all_min(std::int64_t{value})); }
  int all_max(int value) const { return static_cast<int>(all_max(std::int64_t{value})); }
  bool all_and(bool value) const { return all_min(std::int64_t{value}) != 0; }
  bool any(bool value) const { return all_max(std::int64_t{value}) != 0; }
  /// Sum of integers over the ranks, element by element (exact: no order to keep).
  void all_sum(std::span<std::int64_t> values) const;
  /// Sum of the values of all lower ranks (0 on rank 0).
  std::int64_t sum_before(std::int64_t value) const;

  /// Floating-point sums have no collective here on purpose: their value would depend on the number
  /// of ranks. Gather one partial sum per work unit (all_gather_v) and add in the units' order.

  template <class T>
  void broadcast(std::span<T> values, int root) const {
    broadcast_bytes(values.data(), bytes_of(values), root);
  }
  template <class T>
  T broadcast(T value, int root) const {
    if constexpr (std::is_same_v<T, std::string>) {
      auto length = broadcast(std::ssize(value), root);
      value.resize(length);
      broadcast_bytes(value.data(), length, root);
    } else {
      broadcast(std::span<T>(&value, 1), root);
    }
    return value;
  }
  template <class T>
  std::vector<T> broadcast(std::vector<T> values, int root) const {
    values.resize(broadcast(std::ssize(values), root));
    broadcast(std::span<T>(values), root);
    return values;
  }

  /// One value per rank, in rank order, on every rank.
  template <class T>
  std::vector<T> all_gather(T const& value) const {
    return all_gather_v(std::span<T const>(&value, 1));
  }
  /// The values of all ranks, in rank order, on every rank.
  template <class T>
  std::vector<T> all_gather_v(std::span<T const> values) const {
    auto const counts = gather_counts(bytes_of(values));
    std::vector<T> all(static_cast<std::size_t>(total(counts)) / sizeof(T));
    all_gather_bytes(values.data(), bytes_of(values), all.data(), counts);
    return all;
  }
  template <class T>
  std::vector<T> all_gather_v(std::vector<T> const& values) const {
    return all_gather_v(std::span<T const>(values));
  }
  /// The same where each rank knows already how many come from each; into memory that is there.
  template <class T>
  void all_gather_known(std::span<T const> values, std::span<std::int64_t const> counts,
                        std::span<T> all) const {
    all_gather_bytes(values.data(), bytes_of(values), all.data(), in_bytes<T>(counts));
  }

  /// The same on one rank; nothing on the others.
  template <class T>
  std::vector<T> gather_v(std::vector<T> const& values, int root) const {
    std::vector<std::int64_t> counts(static_cast<std::size_t>(size()), 0);
    counts[static_cast<std::size_t>(root)] = std::ssize(values);
    return all_to_all_v(std::span<T const>(values), counts);
  }

  /// A number for each rank: `counts[r]` goes to rank r. One collective call, no messages.
  /// \return what came from rank 0, then rank 1, ...
  std::vector<std::int64_t> exchange_counts(std::vector<std::int64_t> const& counts) const;

  /// `send` holds what goes to rank 0, then to rank 1, ...: `send_counts[r]` elements each.
  /// \return what came from rank 0, then rank 1, ...; `receive_counts`, if given, is filled.
  template <class T>
  std::vector<T> all_to_all_v(std::span<T const> send, std::span<std::int64_t const> send_counts,
                              std::vector<std::int64_t>* receive_counts = nullptr) const {
    auto const counts = exchange_counts({send_counts.begin(), send_counts.end()});
    if (receive_counts) *receive_counts = counts;
    return all_to_all_known(send, send_counts, std::span(counts));
  }
  /// The same where each rank knows already what comes: only those who have something for each
  /// other exchange messages.
  template <class T>
  std::vector<T> all_to_all_known(std::span<T const> send,
                                  std::span<std::int64_t const> send_counts,
                                  std::span<std::int64_t const> receive_counts) const {
    std::vector<T> received(static_cast<std::size_t>(total(receive_counts)));
    all_to_all_known(send, send_counts, receive_counts, std::span(received));
    return received;
  }
  /// The same into memory that is there: fresh memory costs more than the copies between ranks.
  template <class T>
  void all_to_all_known(std::span<T const> send, std::span<std::int64_t const> send_counts,
                        std::span<std::int64_t const> receive_counts, std::span<T> received) const {
    all_to_all_bytes(send.data(), in_bytes<T>(send_counts), received.data(),
                     in_bytes<T>(receive_counts));
  }

  /// What each rank has for every other one: `outgoing[r]` goes to rank r, and is given away.
  /// \return what came from rank 0, then rank 1, ...
  template <class T>
  std::vector<T> exchange(std::vector<std::vector<T>>& outgoing) const {
    std::vector<T> send;
    std::vector<std::int64_t> counts;
    for (auto& items : outgoing) {
      counts.push_back(std::ssize(items));
      send.insert(send.end(), items.begin(), items.end());
      std::vector<T>().swap(items);
    }
    return all_to_all_v(std::span<T const>(send), counts);
  }

  /// Do all ranks come to this point within this time? For the way out after an error, on a
  /// communicator that is used for nothing else; if not, all that is left is `abort`.
  bool all_arrive_within(double seconds) const;

  /// Leaves the whole job with this code; for errors that only one rank knows.
  [[noreturn]] void abort(int code) const;

  /// Pieces of at most this many bytes per MPI call (1 GiB; tests make it small).
  static std::int64_t max_bytes_per_call;

 private:
  explicit Comm(MPI_Comm source);
  template <class T>
  static std::int64_t bytes_of(std::span<T> values) {
    static_assert(std::is_trivially_copyable_v<T>);
    return static_cast<std::int64_t>(values.size_bytes());
  }
  template <class T>
  static std::vector<std::int64_t> in_bytes(std::span<std::int64_t const> counts) {
    std::vector<std::int64_t> bytes(counts.begin(), counts.end());
    for (auto& count : bytes) count *= static_cast<std::int64_t>(sizeof(T));
    return bytes;
  }
  static std::int64_t total(std::span<std::int64_t const> counts);
  std::vector<std::int64_t> gather_counts(std::int64_t count) const;
  void broadcast_bytes(void* data, std::int64_t bytes, int root) const;
  void all_gather_bytes(void const* data, std::int64_t bytes, void* all,
                        std::vector<std::int64_t> const& counts) const;
  void all_to_all_bytes(void const* send, std::vector<std::int64_t> const& send_bytes,
                        void* received, std::vector<std::int64_t> const& receive_bytes) const;

  std::shared_ptr<MPI_Comm> handle_;
  int rank_ = 0;
  int size_ = 1;
};

/// Runs `body` on every rank, then lets all ranks agree: all return, or all throw the same
/// CollectiveError (that of the lowest failing rank). `body` itself must be local: no collective
/// call inside it, else a rank that throws leaves the others waiting.
template <class Body>
void collectively(Comm const& comm, std::string_view what, Body&& body) {
  std::optional<Error> failure;
  try {
    body();
  } catch (...) {
    failure = current_error();
  }
  int const first = comm.all_min(failure ? comm.rank() : comm.size());
  if (first == comm.size()) return;
  auto const code =
      comm.broadcast(static_cast<int>(failure ? failure->code() : ExitCode::internal), first);
  std::string const text = comm.broadcast(std::string(failure ? failure->what() : ""), first);
  throw CollectiveError(
      static_cast<ExitCode>(code),
      comm.size() == 1 || what.empty() ? text : concat(text, " [", what, ", rank ", first, "]"));
}

/// The same for a body that rank 0 runs alone.
template <class Body>
void on_root(Comm const& comm, std::string_view what, Body&& body) {
  collectively(comm, what, [&] {
    if (comm.is_root()) body();
  });
}

}  // namespace setsz
