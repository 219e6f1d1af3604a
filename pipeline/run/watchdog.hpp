// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace setsz {

/// A thread that ends the process with code 70 when no progress mark has come for some time: a
/// rank that hangs (or waits for one that does) then tells where, instead of burning the
/// allocation. It makes no MPI call; the launcher ends the other ranks. Time in which the process
/// was suspended (SLURM's preemption, a closed laptop) or got no processor does not count.
class Watchdog {
 public:
  /// Begins to watch the calling thread. \param seconds  0: watches nothing
  Watchdog(double seconds, int rank);
  ~Watchdog();
  Watchdog(Watchdog const&) = delete;
  Watchdog& operator=(Watchdog const&) = delete;

  /// For the way out: the process ends with `code` after `seconds`, whatever still hangs.
  void leave_within(double seconds, int code);

 private:
  void watch();
  double limit_;
  int rank_;
  int code_ = 70;
  bool leaving_ = false;
  bool done_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace setsz
