// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/snapshots/format.hpp"

namespace setsz {

/// All snapshot formats that setsz reads. The first one that recognises a file reads it.
SnapshotFormats snapshot_formats();

/// The one of this key alone; of an empty key all. Another key: Error(config).
SnapshotFormats snapshot_formats(std::string_view key);

}  // namespace setsz
