// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/h5.hpp"

namespace setsz {

/// A file at first sight, for formats that ask whether it is theirs. What is asked for is read
/// once. Local. A missing or unreadable file: Error(missing_input).
class FileProbe {
 public:
  explicit FileProbe(std::string path) : path_(std::move(path)) {}

  std::string const& path() const { return path_; }
  /// The first bytes (at most 4096).
  std::string_view head() const;
  /// The same as text: unpacked, without byte order mark and blank lines. CR alone: Error(bad_data)
  std::string_view text_head() const;
  /// The first line (of the text), without its end.
  std::string_view first_line() const;
  bool is_hdf5() const;
  /// Errors as H5File::open has them.
  H5File const& hdf5() const;
  /// "is an HDF5 file with /Config, /Header", "looks like a web page (6 bytes, ...)": what a person
  /// needs to see why no format fits.
  std::string appearance() const;

 private:
  std::string path_;
  mutable std::optional<std::string> head_, text_head_;
  mutable std::optional<H5File> hdf5_;
};

/// The first format of a table that recognises the file, or null.
/// \param Format  has `name` and `recognise(FileProbe const&)`
template <class Format>
Format const* find_format(FileProbe const& file, std::span<Format const> formats) {
  for (auto const& format : formats)
    if (format.recognise(file)) return &format;
  return nullptr;
}

/// The row of a table with this key, as a table of its own; an empty key: the whole table.
template <class Format>
std::span<Format const> formats_named(std::string_view key, std::span<Format const> formats,
                                      std::string_view option) {
  if (key.empty()) return formats;
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < formats.size(); ++i) {
    if (formats[i].key == key) return formats.subspan(i, 1);
    keys.emplace_back(formats[i].key);
  }
  fail(ExitCode::config, option, " = ", key, ": there is no such format", suggestion(key, keys),
       " (there are: ", join(keys, ", "), ")");
}

/// The same. None: Error(bad_data) with what the file looks like and the formats that exist.
/// \param kind  "snapshot", "halo catalogue"
/// \param hint  said after the appearance: ", with no ..."
template <class Format>
Format const& format_of(FileProbe const& file, std::span<Format const> formats,
                        std::string_view kind, std::string_view hint = "") {
  if (auto const* format = find_format(file, formats)) return *format;
  std::vector<std::string> names;
  for (auto const& format : formats) names.emplace_back(format.name);
  fail(ExitCode::bad_data, "'", file.path(), "' is not a ", kind, " of a known format: it ",
       file.appearance(), hint, ". Known formats: ", join(names, ", "),
       "; convert the file to one of them");
}

}  // namespace setsz
