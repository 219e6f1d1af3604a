// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/stop_signal.hpp"

#include <unistd.h>

#include <csignal>
#include <cstring>
#include <ctime>

#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

volatile std::sig_atomic_t seen = 0;
volatile std::sig_atomic_t speaks = 1;
volatile std::time_t since = 0;

void say(char const* text) {
  if (!speaks) return;
  [[maybe_unused]] auto const written = ::write(STDERR_FILENO, text, std::strlen(text));
}

/// Only what is allowed in a signal handler.
void remember(int signal) {
  std::time_t const now = std::time(nullptr);
  if (!seen) {
    seen = signal;
    since = now;
    return say(
        "setsz (signal received): saves and stops at the next opportunity; a second one stops at "
        "once\n");
  }
  bool const urgent = signal == SIGINT || signal == SIGHUP || signal == seen;
  if (!urgent || now - since < 1) return;
  say("setsz (second signal): stopped at once; what was saved before is kept. Run the same command "
      "again to continue\n");
  _exit(static_cast<int>(ExitCode::stopped));
}

}  // namespace

void install_stop_signals(int rank) {
  speaks = rank == 0;
  struct sigaction action {};
  action.sa_handler = remember;
  action.sa_flags = SA_RESTART;  // reads and writes go on as if nothing had happened
  for (int const signal : {SIGUSR1, SIGTERM, SIGINT, SIGHUP}) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    bool const interactive = signal == SIGINT || signal == SIGHUP;
    if (interactive && before.sa_handler == SIG_IGN) continue;  // nohup, or a background job
    sigaction(signal, &action, nullptr);
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void leave_if_stopped() {
  if (stop_signal_seen())
    fail(ExitCode::stopped,
         "stopped on a signal; this stage saves nothing before its end and will begin anew, all "
         "complete products are kept. Run the same command again to continue");
}

bool stop_signal_seen() { return seen != 0; }
void forget_stop_signal() { seen = 0; }

}  // namespace setsz
