// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "io/snapshots/format.hpp"

namespace setsz {

/// What all files of a snapshot say about themselves, and their format: that of the first one.
struct SnapshotHeads {
  SnapshotFormat format;
  std::vector<SnapshotFileHead> files;  ///< in the order of the files
};

/// Looks into all files. With a communicator: collective, each file is looked into by one rank, and
/// all ranks return the same, or throw the same CollectiveError that lists all unreadable files.
SnapshotHeads read_heads(Comm const* comm, std::vector<std::string> const& files, ParticleKind kind,
                         SnapshotFormats formats);

/// All problems of heads that must belong to one snapshot, one line each (none: empty).
std::vector<std::string> disagreements(std::vector<std::string> const& files,
                                       std::vector<SnapshotFileHead> const& heads,
                                       ParticleKind kind);

}  // namespace setsz
