// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/base/error.hpp"

/// The file operations through which everything that must survive a crash goes: journals,
/// manifests, maps, JSON products, the sync of HDF5 files, publication, and reading back. Local.
/// A failure is an Error with file and reason: cannot_create where a file or folder cannot be made,
/// missing_input where a file to be read cannot be opened, io everywhere else and wherever the disk
/// is full.
namespace setsz::durable {

enum class OpenMode {
  read,
  create,  ///< and truncate; can be read as well
  update,  ///< write into a file that exists; can be read as well
};

/// An open file: every operation is checked, and tests can make each of them fail.
class File {
 public:
  /// Folders are refused. \param if_it_fails  in place of the code that goes with the mode
  File(std::string path, OpenMode mode, std::optional<ExitCode> if_it_fails = {});
  ~File();
  File(File const&) = delete;
  File& operator=(File const&) = delete;

  std::string const& path() const { return path_; }
  /// For mmap, fstat; never closed by the caller.
  int descriptor() const { return descriptor_; }
  std::int64_t size() const;
  /// The next bytes, as many as there are at once; also from a pipe. \return how many, 0 at the end
  std::int64_t read(void* into, std::int64_t bytes);
  /// Up to `bytes` at `offset`: fewer only at the end of the file. \return how many
  std::int64_t read_at(std::int64_t offset, void* into, std::int64_t bytes) const;
  void write(void const* data, std::int64_t bytes);
  void write_at(std::int64_t offset, void const* data, std::int64_t bytes);
  /// Takes the space up to `end` from the disk, filled with zeros: no later write there can find
  /// the disk full. What the file has already stays.
  void reserve(std::int64_t end);
  /// Cuts the file, or extends it with zeros.
  void resize(std::int64_t bytes);
  /// Everything so far lies on the disk when this returns. After a failure the file is of no use:
  /// a second fsync would not report what the first one lost.
  void sync();
  /// The next read comes from the disk, not from this machine's memory.
  void forget_cached() const;
  /// Some file systems report errors only here. Without it the destructor closes, in silence.
  void close();

 private:
  std::string path_;
  int descriptor_ = -1;
};

/// A file that is written from the start, behind a buffer of its own.
class Writer {
 public:
  explicit Writer(std::string path) : file_(std::move(path), OpenMode::create) {}
  void write(void const* data, std::size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  /// As File::sync, the buffer included.
  void sync();
  std::string const& path() const { return file_.path(); }
  /// Bytes written, the buffer included.
  std::int64_t size() const { return size_; }

 private:
  void flush();
  File file_;
  std::string buffer_;
  std::int64_t size_ = 0;
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
/// Could the folder be made, and files in it? Makes nothing. Else Error(cannot_create).
void require_creatable(std::string const& path);

/// For tests: called before every operation ("create", "open", "read", "write", "pwrite",
/// "reserve", "resize", "fsync", "close", "rename", "unlink") with its file; a result other than 0
/// is the errno that the operation then fails with.
extern std::function<int(std::string_view operation, std::string const& path)> fault;

}  // namespace setsz::durable
