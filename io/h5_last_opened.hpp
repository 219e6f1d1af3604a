// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace setsz {

/// The path of the HDF5 file that was opened last, for the message of a crash inside HDF5. May be
/// read in a signal handler.
char const* h5_last_opened();

}  // namespace setsz
