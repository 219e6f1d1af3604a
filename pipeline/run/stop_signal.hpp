// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace setsz {

/// From now on SIGUSR1 and SIGTERM only raise a flag: the running stage asks for it at its work
/// units, saves and leaves with code 75. SIGPIPE is ignored.
void install_stop_signals();
/// Has this rank got one? Ranks agree on the answer in Context::stop_requested.
bool stop_signal_seen();
/// For tests, which stop more than once in a process.
void forget_stop_signal();

}  // namespace setsz
