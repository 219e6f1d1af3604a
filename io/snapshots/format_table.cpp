// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshots/format_table.hpp"

#include <array>

#include "io/snapshots/gadget_binary.hpp"
#include "io/snapshots/gadget_hdf5.hpp"
#include "io/snapshots/swift.hpp"

namespace setsz {

SnapshotFormats snapshot_formats() {
  static std::array const formats{
      arepo_format(),
      gadget4_format(),
      swift_format(),
      gadget_binary_format(),
  };
  return formats;
}

SnapshotFormats snapshot_formats(std::string_view key) {
  return formats_named(key, snapshot_formats(), "format");
}

}  // namespace setsz
