// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace setsz {

/// Of this node; "?" if it has none.
std::string host_name();

/// Who writes and who reads which products of a run directory, across jobs and nodes.
///
/// One file, RUN/.lock; every product has a byte of it, locked for writing by the job that makes
/// it and for reading by jobs that use it (open file description locks: the kernel releases them
/// when the process ends, however it ends). So the jobs of an array can work on different
/// instances side by side, and two jobs never on the same one. Rank 0 alone holds the locks.
class RunLock {
 public:
  /// Throws Error(cannot_create) where the folder cannot be made or written.
  explicit RunLock(std::string run_directory);
  ~RunLock();
  RunLock(RunLock const&) = delete;
  RunLock& operator=(RunLock const&) = delete;

  /// Throws Error(cannot_create) "held by job 17 on n3 (process 4711) since ...", at once.
  void write(std::string const& product);
  /// The same for a product that is only read. Turns a write lock into a read lock.
  void read(std::string const& product);

  struct Holder {
    std::string who;  ///< "job 17 on n3 (process 4711) since ..."
    std::filesystem::file_time_type since;
  };
  /// Local, without a lock: the job that makes a product or will; nothing if nobody does, or where
  /// the file system has no locks.
  static std::optional<Holder> writer(std::string const& directory, std::string const& product);

 private:
  void lock(std::string const& product, short kind);
  void lock_without_kernel();
  bool keep_note(std::string const& path);
  [[noreturn]] void refuse(std::string const& product) const;
  std::string readers() const;
  /// RUN/.locks/...: says who holds what, for people and for messages.
  struct Note {
    std::string path;
    int file;  ///< open and locked
  };

  std::string directory_;
  int file_ = -1;
  bool fallback_ = false;
  std::vector<Note> notes_;
};

}  // namespace setsz
