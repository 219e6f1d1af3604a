// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "pipeline/base/comm.hpp"

namespace setsz {

/// A folder of its own for a test, the same on all ranks, removed at the end. Collective.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(Comm const& comm) : comm_(comm) {
    auto const id = comm.broadcast(static_cast<long>(getpid()), 0);
    static int counter = 0;
    path_ = std::filesystem::temp_directory_path() / concat("setsz_test_", id, "_", counter++);
    if (comm.is_root()) std::filesystem::create_directories(path_);
    comm.barrier();
  }
  ~TemporaryFolder() {
    comm_.barrier();
    std::error_code ignored;
    if (comm_.is_root()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(TemporaryFolder const&) = delete;
  TemporaryFolder& operator=(TemporaryFolder const&) = delete;
  std::string operator/(std::string const& name) const { return path_ / name; }
  std::string path() const { return path_; }

 private:
  Comm comm_;
  std::filesystem::path path_;
};

/// The error that `body` throws; a test that throws none fails by its code.
template <class Body>
Error error_of(Body&& body) {
  try {
    body();
  } catch (Error const& error) {
    return error;
  }
  return {ExitCode::ok, "no error"};
}

}  // namespace setsz
