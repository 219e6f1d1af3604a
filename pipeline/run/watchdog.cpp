// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/watchdog.hpp"

#include <execinfo.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <string>

#include "pipeline/base/log.hpp"

namespace setsz {

namespace {

pthread_t watched;
std::atomic<bool> stack_shown{false};

extern "C" void show_stack(int) {
  void* frames[64];
  backtrace_symbols_fd(frames, backtrace(frames, 64), STDERR_FILENO);
  stack_shown = true;
}

void say(std::string const& text) {
  [[maybe_unused]] auto const written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

Watchdog::Watchdog(double seconds, int rank) : limit_(seconds), rank_(rank) {
  watched = pthread_self();
  void* frame = nullptr;
  backtrace(&frame, 1);  // loads what it needs now, not inside a signal handler
  struct sigaction action {};
  action.sa_handler = show_stack;
  sigaction(SIGUSR2, &action, nullptr);
  thread_ = std::thread([this] { watch(); });
}

Watchdog::~Watchdog() {
  {
    std::lock_guard const lock(mutex_);
    done_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Watchdog::leave_within(double seconds, int code) {
  {
    std::lock_guard const lock(mutex_);
    limit_ = seconds;
    code_ = code;
    leaving_ = true;
  }
  wake_.notify_all();
}

void Watchdog::watch() {
  using clock = std::chrono::steady_clock;
  std::unique_lock lock(mutex_);
  long marks = progress_marks();
  double quiet = 0, step = 0;
  auto last = clock::now();
  bool was_leaving = false;
  while (!done_) {
    // A process that was suspended, or got no processor, wakes late: this time was not its own.
    double const slept = std::chrono::duration<double>(clock::now() - last).count();
    quiet += std::min(slept, 2 * step);
    last = clock::now();
    if (leaving_ && !was_leaving) quiet = 0;
    was_leaving = leaving_;
    if (!leaving_ && progress_marks() != marks) {
      marks = progress_marks();
      quiet = 0;
    }
    if (limit_ > 0 && quiet > limit_) {
      if (leaving_) _exit(code_);
      say(concat(
          "setsz: error 70: rank ", rank_, " has made no progress for ", quiet, " s in phase '",
          progress_phase(),
          "' (run.watchdog_seconds); this rank, or a rank that it waits for, hangs here:\n"));
      pthread_kill(watched, SIGUSR2);
      for (int i = 0; i < 20 && !stack_shown; ++i) usleep(50000);
      _exit(code_);
    }
    step = limit_ > 0 ? std::clamp(limit_ / 20, 0.01, 5.0) : 5.0;
    wake_.wait_for(lock, std::chrono::duration<double>(step));
  }
}

}  // namespace setsz
