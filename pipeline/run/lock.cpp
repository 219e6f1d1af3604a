// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/file.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/base/log.hpp"

namespace setsz {

namespace {

/// "job 17 on n3 (process 4711) since 2026-02-03 12:00:00 UTC".
std::string holder() {
  char host[256] = "?", when[64] = "?";
  gethostname(host, sizeof host - 1);
  std::time_t const now = std::time(nullptr);
  std::tm parts{};
  std::strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&now, &parts));
  char const* const job = std::getenv("SLURM_JOB_ID");
  return concat(job ? concat("job ", job) : "a process", " on ", host, " (process ", getpid(),
                ") since ", when);
}

/// The byte of the lock file that stands for a product.
off_t byte_of(std::string const& product) {
  return static_cast<off_t>(std::stoull(Hash().add(product).hex().substr(0, 15), nullptr, 16));
}

bool unsupported(int error) {
  return error == ENOLCK || error == ENOSYS || error == EOPNOTSUPP || error == EINVAL;
}

}  // namespace

RunLock::RunLock(std::string run_directory) : directory_(std::move(run_directory)) {
  durable::create_directories(directory_ + "/.locks");
  std::string const path = directory_ + "/.lock";
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  require(file_ >= 0, ExitCode::cannot_create, "cannot write in the run directory: '", path, "' (",
          std::strerror(errno), ")");
}

RunLock::~RunLock() {
  for (auto const& note : notes_) ::unlink(note.c_str());
  if (fallback_) ::unlink((directory_ + "/.lock.exclusive").c_str());
  ::close(file_);
}

void RunLock::write(std::string const& product) {
  lock(product, F_WRLCK);
  std::string const note = note_path(product);
  std::ofstream(note) << holder();
  notes_.push_back(note);
}

void RunLock::read(std::string const& product) {
  lock(product, F_RDLCK);
  std::string const note = note_path(product);
  if (std::erase(notes_, note) > 0) ::unlink(note.c_str());
}

void RunLock::lock(std::string const& product, short kind) {
  if (fallback_) return;
  struct flock region {};
  region.l_type = kind;
  region.l_whence = SEEK_SET;
  region.l_start = byte_of(product);
  region.l_len = 1;
  if (fcntl(file_, F_OFD_SETLK, &region) == 0) return;
  if (unsupported(errno)) return lock_without_kernel();
  require(errno == EAGAIN || errno == EACCES, ExitCode::cannot_create, "cannot lock '", directory_,
          "/.lock' (", std::strerror(errno), ")");
  std::string const note = note_path(product);
  std::string const who =
      std::filesystem::exists(note) ? durable::read_text(note) : "another job, which reads it";
  fail(ExitCode::cannot_create, "product ", product, " in '", directory_, "' is held by ", who,
       "; wait for it to end, or use another run.directory");
}

/// Where the file system has no locks: a file that only one job can create. It outlives a killed
/// job, so a person must remove it; a guess could mix two jobs' products.
void RunLock::lock_without_kernel() {
  std::string const path = directory_ + "/.lock.exclusive";
  int const file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0 && errno == EEXIST) {
    fail(ExitCode::cannot_create, "the run directory '", directory_, "' is held by ",
         durable::read_text(path),
         " (this file system has no locks); if that job is gone, remove '", path, "'");
  }
  require(file >= 0, ExitCode::cannot_create, "cannot create '", path, "' (", std::strerror(errno),
          ")");
  std::string const text = holder();
  [[maybe_unused]] auto const written = ::write(file, text.data(), text.size());
  ::close(file);
  fallback_ = true;
  Log::warn("the file system of '", directory_,
            "' has no locks; this job locks the whole run directory");
}

std::string RunLock::note_path(std::string const& product) const {
  std::string name = product;
  std::replace(name.begin(), name.end(), '/', '+');
  return directory_ + "/.locks/" + name;
}

}  // namespace setsz
