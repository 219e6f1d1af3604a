// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

namespace setsz {

/// A text file mapped into memory for reading: pages come and go as they are used.
class MappedFile {
 public:
  /// Missing: Error(missing_input); a folder or unreadable: Error(missing_input) that says why.
  explicit MappedFile(std::string const& path);
  ~MappedFile();
  MappedFile(MappedFile const&) = delete;
  MappedFile& operator=(MappedFile const&) = delete;

  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

}  // namespace setsz
