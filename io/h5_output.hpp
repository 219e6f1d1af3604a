// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <string>

#include "io/h5.hpp"
#include "io/h5_chunks.hpp"
#include "io/h5_disk.hpp"

namespace setsz::h5 {

/// What a rank knows of a file that is being written.
struct Output {
  struct Dataset {
    H5Type type;
    Shape shape;
    std::optional<ChunkMap> chunks;  ///< none: a zero in the shape
  };

  std::optional<Disk> disk;           ///< on the rank that has the file open in HDF5
  std::optional<durable::File> file;  ///< on the other ranks
  std::map<std::string, Dataset> datasets;

  bool lays_out() const { return disk.has_value(); }
  durable::File& own_file() { return disk ? disk->file() : *file; }
};

}  // namespace setsz::h5
