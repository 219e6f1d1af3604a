// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace setsz {

/// The memory that the control group of this process and those above it allow [bytes]; infinite
/// without a limit. Batch systems limit jobs like this (SLURM: task/cgroup), containers too.
/// \param groups  which groups the process is in, by hierarchy (version 1 and 2 of cgroup)
/// \param root    where the hierarchies are mounted
double control_group_memory_bytes(std::string const& groups = "/proc/self/cgroup",
                                  std::string const& root = "/sys/fs/cgroup");

}  // namespace setsz
