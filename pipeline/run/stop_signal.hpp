// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace setsz {

/// From now on SIGUSR1, SIGTERM, SIGINT and SIGHUP only raise a flag: the running stage asks for it
/// at its work units, saves and leaves with code 75. Rank 0 answers at once with a line on stderr.
/// A second Ctrl-C, hang-up, or signal of the same kind, a second or more after the first, ends the
/// process at once with 75 (SLURM sends TERM twice in a row, and TERM after USR1). SIGPIPE and
/// SIGXFSZ are ignored: the write fails instead.
void install_stop_signals(int rank = 0);
/// Has this rank got one? Ranks agree on the answer in Context::stop_requested.
bool stop_signal_seen();
/// Local, in loops of stages that save nothing before their end, inside `collectively`: leaves with
/// Error(stopped) if this rank has got a signal.
void leave_if_stopped();
/// For tests, which stop more than once in a process.
void forget_stop_signal();

}  // namespace setsz
