// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace setsz {

/// The 8 bytes at the head of an HDF5 file.
inline constexpr std::string_view hdf5_signature = "\x89HDF\r\n\x1a\n";

/// Throws Error(missing_input) if there is no such file (dangling links are named with their
/// target) or if it cannot be read, and Error(bad_data) if it is a folder, a pipe or a device.
/// Local. \param expected  "an HDF5 file"
void require_readable_file(std::string const& path, std::string_view expected);

/// The first bytes of a file; all of a shorter one. Local.
std::string first_bytes(std::string const& path, std::int64_t n);

/// Is it text, and not binary data? Looks at the bytes alone.
bool looks_like_text(std::string_view head);

/// What a file is, from its first bytes: "looks like a web page (6 bytes, first ones "<html>")".
std::string describe_bytes(std::string_view head, std::int64_t size);

}  // namespace setsz
