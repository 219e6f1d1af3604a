// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

namespace setsz {

/// Shared memory of MPI programs of this user that no process has open any more: left by ranks that
/// were killed together with their launcher. It takes memory of the node until it is removed.
/// \param folder    where shared memory shows as files, "/dev/shm"
/// \param processes "/proc"
/// \return paths, sorted
std::vector<std::string> leftover_segments(std::string const& folder, std::string const& processes);

/// Names them in the log of this rank's node, with the command that removes them.
void warn_of_leftover_segments();

}  // namespace setsz
