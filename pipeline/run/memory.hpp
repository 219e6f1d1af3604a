// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "pipeline/base/comm.hpp"

namespace setsz {

/// Gives back to the system what was freed: the C library keeps small blocks, which would count as
/// memory of the next stage, and be missing to other programs.
void return_free_memory();
/// Begins a new measurement of the peak, where the kernel allows it (/proc/self/clear_refs).
void reset_peak_memory();
/// Peak resident memory since then [bytes].
double peak_memory_since_reset();

/// Memory that this node, or the control group of the job, may use at all [bytes].
double node_memory_bytes();
/// Collective: how many ranks share this node.
int ranks_on_this_node(Comm const& comm);

}  // namespace setsz
