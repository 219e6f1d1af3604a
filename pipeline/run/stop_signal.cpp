// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/stop_signal.hpp"

#include <csignal>

namespace setsz {

namespace {

volatile std::sig_atomic_t seen = 0;
void remember(int) { seen = 1; }

}  // namespace

void install_stop_signals() {
  struct sigaction action {};
  action.sa_handler = remember;
  action.sa_flags = SA_RESTART;  // reads and writes go on as if nothing had happened
  sigaction(SIGUSR1, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool stop_signal_seen() { return seen != 0; }
void forget_stop_signal() { seen = 0; }

}  // namespace setsz
