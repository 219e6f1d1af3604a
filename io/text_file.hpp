// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/mapped_file.hpp"

namespace setsz {

/// A text file for reading: mapped into memory, or unpacked into it if it is packed with gzip. A
/// byte order mark at its head is left out. Errors as MappedFile has them; a packed file that ends
/// too early: Error(bad_data).
class TextFile {
 public:
  explicit TextFile(std::string const& path);
  std::string_view text() const { return text_; }

 private:
  std::unique_ptr<MappedFile> mapped_;
  std::string unpacked_;
  std::string_view text_;
};

inline constexpr std::string_view gzip_signature = "\x1f\x8b";

/// The first bytes of a file as text: unpacked, without byte order mark. Nothing can be unpacked:
/// Error(bad_data).
std::string first_text(std::string const& path, std::int64_t n);

}  // namespace setsz
