// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/base/text.hpp"

namespace setsz {

/// What a product depends on, as readable lines "key = value", and their hash.
///
/// The lines are kept in the manifest, so that a stale product can say what has changed.
class Fingerprint {
 public:
  template <class T>
  Fingerprint& add(std::string key, T const& value) {
    lines_.emplace_back(std::move(key), concat(value));
    return *this;
  }
  std::vector<std::pair<std::string, std::string>> const& lines() const { return lines_; }
  /// The paths of files do not count, their content does.
  std::string hex() const;

  /// "file PATH" is the key of a file from outside.
  static constexpr std::string_view file_key = "file ";

  /// "extract.radius: 2.5 -> 3", one entry per line that differs, is new or has gone. Files that
  /// have moved do not differ.
  static std::vector<std::string> differences(
      std::vector<std::pair<std::string, std::string>> const& old_lines,
      std::vector<std::pair<std::string, std::string>> const& new_lines);

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

}  // namespace setsz
