// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace setsz {

/// Does somebody see standard output on a terminal, so that a line may be rewritten in place?
///
/// mpirun connects its ranks to a pseudo-terminal even if its own output is a file. The answer is
/// therefore `yes` only if a terminal is certain; SETSZ_PROGRESS=live or =lines overrides it.
bool shows_live_progress();

}  // namespace setsz
