// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

/// The few file operations through which everything that must survive a crash goes: journals,
/// manifests, publication. Local. Each turns a failure into Error(io) with file and reason
/// (Error(cannot_create) where a file or folder cannot be made).
namespace setsz::durable {

/// A file that is written from the start, behind a buffer of its own.
class Writer {
 public:
  explicit Writer(std::string path);
  ~Writer();
  Writer(Writer const&) = delete;
  Writer& operator=(Writer const&) = delete;
  void write(void const* data, std::size_t bytes);
  /// Everything written so far is on the disk when this returns. After a failure, discard the file:
  /// a second fsync would not report what the first one lost.
  void sync();
  std::string const& path() const { return path_; }
  /// Bytes written, the buffer included.
  std::size_t size() const { return size_; }

 private:
  void flush();
  std::string path_;
  int file_ = -1;
  std::string buffer_;
  std::size_t size_ = 0;
};

/// Writes `text` under a temporary name, syncs, renames, syncs the folder: readers see the old
/// content or the new one, never a part.
void write_text(std::string const& path, std::string_view text);
std::string read_text(std::string const& path);

void sync_file(std::string const& path);
void sync_directory(std::string const& path);
void rename(std::string const& from, std::string const& to);
/// Nothing happens if there is no such file.
void remove(std::string const& path);
void create_directories(std::string const& path);

/// For tests: called before every operation ("write", "fsync", "rename", "unlink") with its file; a
/// result other than 0 is the errno that the operation then fails with.
extern std::function<int(std::string_view operation, std::string const& path)> fault;

}  // namespace setsz::durable
