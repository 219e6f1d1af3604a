// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshots/format_table.hpp"

#include <array>

#include "io/snapshots/arepo.hpp"

namespace setsz {

SnapshotFormats snapshot_formats() {
  static std::array const formats{
      arepo_format(),
  };
  return formats;
}

}  // namespace setsz
