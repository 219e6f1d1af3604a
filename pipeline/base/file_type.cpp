// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/file_type.hpp"

#include <system_error>

namespace setsz {

namespace fs = std::filesystem;

namespace {

ExitCode code_of(std::error_code const& error) {
  if (error == std::errc::filename_too_long) return ExitCode::config;
  if (error == std::errc::read_only_file_system) return ExitCode::cannot_create;
  for (auto const cause : {std::errc::no_such_file_or_directory, std::errc::not_a_directory,
                           std::errc::too_many_symbolic_link_levels, std::errc::permission_denied,
                           std::errc::operation_not_permitted, std::errc::is_a_directory})
    if (error == cause) return ExitCode::missing_input;
  return ExitCode::io;
}

/// A name that is too long for a file is too long for a message.
std::string shown(std::string const& path) {
  constexpr std::size_t enough = 400;
  if (path.size() <= enough) return path;
  return concat(path.substr(0, enough), "... (", path.size(), " bytes)");
}

}  // namespace

fs::file_type type_of(std::string const& path) {
  std::error_code error;
  auto const type = fs::status(path, error).type();
  // status() reports a file that is not there in `error` as well.
  if (type == fs::file_type::none)
    fail(code_of(error), "cannot use '", shown(path), "' (", error.message(), ")");
  return type;
}

void require_no_special_file(std::string const& path, ExitCode code) {
  auto const type = type_of(path);
  bool const usual = type == fs::file_type::regular || type == fs::file_type::directory ||
                     type == fs::file_type::not_found;
  require(usual, code, "'", path, "' is ", name_of(type),
          ", not a regular file; write its content into a file and give that");
}

std::string_view name_of(fs::file_type type) {
  switch (type) {
    case fs::file_type::regular:
      return "a regular file";
    case fs::file_type::directory:
      return "a directory";
    case fs::file_type::fifo:
      return "a named pipe";
    case fs::file_type::socket:
      return "a socket";
    case fs::file_type::character:
    case fs::file_type::block:
      return "a device";
    default:
      return "no file";
  }
}

Error error_of(fs::filesystem_error const& error) {
  auto const& path = error.path1().string();
  return {code_of(error.code()),
          path.empty() ? std::string(error.what())
                       : concat("cannot use '", shown(path), "' (", error.code().message(), ")")};
}

}  // namespace setsz
