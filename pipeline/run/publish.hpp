// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "pipeline/run/manifest.hpp"

namespace setsz {

/// The hash of what a file means: its datasets and scientific attributes. Local.
/// \param path  where the bytes are now  \param name  what the file will be called
using ContentHash = std::function<std::string(std::string const& path, std::string const& name)>;

/// Collective: the hash of a file from the hashes of its 64 MiB blocks, which the ranks read from
/// the disk in turn (cached pages are dropped first). The same on any number of ranks.
std::string hash_file_in_blocks(Comm const& comm, std::string const& path);

/// Collective. Is a file of a complete product the one that its manifest describes? One that was
/// not touched since is; any other is read in full. Else Error(bad_data).
/// \param folder  of the product \param record  of the file, the same on all ranks
void require_unchanged(Comm const& comm, std::string const& folder, OutputRecord const& record);

/// Collective. Checks NAME.part of every output: it is there, it has reached the disk (fsync), and
/// it reads back, by a rank that need not be the one that wrote it. Changes no final name.
std::vector<OutputRecord> verify_parts(Comm const& comm, std::string const& folder,
                                       std::vector<std::string> const& outputs,
                                       ContentHash const& content_hash);

/// Collective. Gives the outputs their final names, then writes the manifest: from that moment on
/// the product is complete. A crash at any point leaves the old product, or none, or the new one.
void publish(Comm const& comm, std::string const& folder, Manifest manifest);

}  // namespace setsz
