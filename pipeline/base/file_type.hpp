// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "pipeline/base/error.hpp"

namespace setsz {

/// What lies at a path, links followed; not_found where nothing does or a link leads nowhere. Where
/// that cannot be known (links in a circle, a folder that may not be entered, a name that is too
/// long): Error with the code of code_of. Local.
std::filesystem::file_type type_of(std::string const& path);

/// Throws where a path names something that is neither a regular file nor a folder, from which a
/// read could last for ever: Error(code), "'x' is a named pipe, not a regular file". A path that
/// names nothing is not refused. Local.
void require_no_special_file(std::string const& path, ExitCode code = ExitCode::bad_data);

/// "a named pipe", "a device", "a socket", "a directory".
std::string_view name_of(std::filesystem::file_type type);

/// An exception of the standard library that names a file, as an Error: missing_input where the
/// file is the cause, config for a name that is too long, io and cannot_create for the disk.
Error error_of(std::filesystem::filesystem_error const& error);

}  // namespace setsz
