// SPDX-License-Identifier: BSD-3-Clause
#include "io/file_kind.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/file_type.hpp"

namespace setsz {

namespace {

bool is_text(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) {
    return (c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t';
  });
}

std::string_view kind_of(std::string_view head) {
  auto const starts = [&](std::string_view with) { return head.substr(0, with.size()) == with; };
  if (head.find_first_not_of('\0') == std::string_view::npos) return "begins with zeros";
  if (head.find('<') == head.find_first_not_of(" \t\r\n")) return "looks like a web page";
  if (starts("\x1f\x8b")) return "is compressed with gzip";
  if (starts("BZh")) return "is compressed with bzip2 (unpack it; gzip is read as it is)";
  if (starts("\xfd"
             "7zXZ"))
    return "is compressed with xz (unpack it; gzip is read as it is)";
  if (starts("\x28\xb5\x2f\xfd")) return "is compressed with zstd (unpack it)";
  if (head.size() > 262 && head.substr(257, 5) == "ustar") return "is a tar archive (unpack it)";
  if (starts(std::string_view("\xff\xfe\0\0", 4)) || starts(std::string_view("\0\0\xfe\xff", 4)))
    return "is text in UTF-32 (save it as UTF-8)";
  if (starts("\xff\xfe") || starts("\xfe\xff")) return "is text in UTF-16 (save it as UTF-8)";
  if (starts("SIMPLE  =")) return "is a FITS file";
  if (starts("\xd0\xd0\xc0\xc0\xce\xda\xde\xfa"))  // 0xfadedacec0c0d0d0, little-endian
    return "is a binary file of Rockstar (halos_*.bin)";
  if (starts("\x0e\x03\x13\x01")) return "is HDF4";
  if (starts("PK\x03\x04")) return "is a zip archive";
  if (starts(hdf5_signature)) return "is an HDF5 file";
  return is_text(head) ? "is text" : "is binary data";
}

/// The first bytes as text, for a message: characters that cannot be printed become '.'.
std::string printable(std::string_view bytes) {
  std::string text(bytes.substr(0, 40));
  for (auto& c : text) {
    if (c < ' ' || c > '~') c = '.';
  }
  return text;
}

}  // namespace

void require_readable_file(std::string const& path, std::string_view expected) {
  namespace fs = std::filesystem;
  std::error_code error;
  auto const type = type_of(path);
  if (type == fs::file_type::not_found && fs::is_symlink(path, error))
    fail(ExitCode::missing_input, "'", path, "' is a link to '",
         fs::read_symlink(path, error).string(), "', which does not exist");
  require(type != fs::file_type::not_found, ExitCode::missing_input, "'", path, "' does not exist");
  require(type == fs::file_type::regular, ExitCode::bad_data, "'", path, "' is ", name_of(type),
          " (expected ", expected, ")");
  require(::access(path.c_str(), R_OK) == 0, ExitCode::missing_input, "cannot read '", path, "' (",
          std::strerror(errno), ")");
}

std::string first_bytes(std::string const& path, std::int64_t n) {
  std::string head(n, '\0');
  std::ifstream in(path, std::ios::binary);
  in.read(head.data(), n);
  head.resize(in.gcount());
  return head;
}

bool looks_like_text(std::string_view head) {
  std::size_t n_odd = 0;
  for (std::size_t i = 0; i < head.size(); ++i) {
    auto const c = static_cast<unsigned char>(head[i]);
    if (c == 0) return false;
    n_odd += (c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c >= 0x80;
  }
  return n_odd <= head.size() / 10;
}

std::string describe_bytes(std::string_view head, std::int64_t size) {
  if (size == 0) return "is empty (0 bytes)";
  return concat(kind_of(head), " (", size, " bytes, first ones \"", printable(head), "\")");
}

}  // namespace setsz
