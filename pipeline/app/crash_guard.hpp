// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace setsz {

/// From now on a crash (SIGSEGV, SIGBUS, SIGFPE, SIGABRT) ends the process with a message and a
/// documented code: 65 where it happens inside HDF5, which does not survive every damage of a
/// file's metadata; 70 with the stack elsewhere. Also replaces the handlers of MPI: call it after
/// MPI_Init.
void install_crash_guard();

}  // namespace setsz
