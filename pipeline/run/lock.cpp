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

#include "pipeline/base/error.hpp"
#include "pipeline/base/file.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/base/log.hpp"

namespace setsz {

std::string host_name() {
  char host[256] = "?";
  gethostname(host, sizeof host - 1);
  return host;
}

namespace {

/// "job 17 on n3 (process 4711) since 2026-02-03 12:00:00 UTC".
std::string holder() {
  char when[64] = "?";
  std::time_t const now = std::time(nullptr);
  std::tm parts{};
  std::strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&now, &parts));
  char const* const job = std::getenv("SLURM_JOB_ID");
  return concat(job ? concat("job ", job) : "a process", " on ", host_name(), " (process ",
                getpid(), ") since ", when);
}

/// The byte of the lock file that stands for a product.
off_t byte_of(std::string const& product) {
  return static_cast<off_t>(std::stoull(Hash().add(product).hex().substr(0, 15), nullptr, 16));
}

struct flock whole_file() {
  struct flock all {};
  all.l_type = F_WRLCK;
  all.l_whence = SEEK_SET;
  return all;
}

/// All of an open file. \return false if another job has it; true also where there are no locks
bool lock_file(int file) {
  struct flock all = whole_file();
  return fcntl(file, F_OFD_SETLK, &all) == 0 || (errno != EAGAIN && errno != EACCES);
}

/// Does the job live that has left this note? Only asks: a lock, however short, could refuse a job
/// that starts at this moment.
bool is_held(std::string const& path) {
  int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  struct flock all = whole_file();
  bool const held = fcntl(file, F_OFD_GETLK, &all) == 0 && all.l_type != F_UNLCK;
  ::close(file);
  return held;
}

std::string note_path(std::string const& directory, std::string product) {
  std::replace(product.begin(), product.end(), '/', '+');
  return directory + "/.locks/" + product;
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
  keep_note(concat(directory_, "/.locks/job+", host_name(), "+", getpid()));
}

RunLock::~RunLock() {
  for (auto const& note : notes_) {
    ::unlink(note.path.c_str());
    ::close(note.file);
  }
  if (fallback_) ::unlink((directory_ + "/.lock.exclusive").c_str());
  ::close(file_);
}

/// A note is locked while its writer lives. \return false: somebody else holds it
bool RunLock::keep_note(std::string const& path) {
  int const file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  require(file >= 0, ExitCode::cannot_create, "cannot write in the run directory: '", path, "' (",
          std::strerror(errno), ")");
  if (!lock_file(file)) {
    ::close(file);
    return false;
  }
  std::string const text = holder();
  [[maybe_unused]] bool const written =
      ::ftruncate(file, 0) == 0 && ::pwrite(file, text.data(), text.size(), 0) >= 0;
  notes_.push_back({path, file});
  return true;
}

/// If somebody deletes RUN/.lock, the next job makes a new one, which nobody holds, but it still
/// finds the notes.
void RunLock::write(std::string const& product) {
  lock(product, F_WRLCK);
  if (!keep_note(note_path(directory_, product))) refuse(product);
}

void RunLock::refuse(std::string const& product) const {
  std::string const note = note_path(directory_, product);
  std::string const who = std::filesystem::exists(note)
                              ? durable::read_text(note)
                              : concat("another job, which reads it", readers());
  fail(ExitCode::cannot_create, "product ", product, " in '", directory_, "' is held by ", who,
       "; wait for it to end, or use another run.directory");
}

void RunLock::read(std::string const& product) {
  lock(product, F_RDLCK);
  std::string const path = note_path(directory_, product);
  auto const note =
      std::find_if(notes_.begin(), notes_.end(), [&](Note const& one) { return one.path == path; });
  if (note == notes_.end()) return;
  ::unlink(path.c_str());
  ::close(note->file);
  notes_.erase(note);
}

/// ": job 17 on n3 (process 4711) since ...; ...": the jobs that work in this run directory.
std::string RunLock::readers() const {
  std::vector<std::string> jobs;
  for (auto const& entry : std::filesystem::directory_iterator(directory_ + "/.locks"))
    if (entry.path().filename().string().starts_with("job+") && is_held(entry.path()))
      jobs.push_back(durable::read_text(entry.path()));
  return jobs.empty() ? "" : ": " + join(jobs, "; or ");
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
  refuse(product);
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

std::optional<RunLock::Holder> RunLock::writer(std::string const& directory,
                                               std::string const& product) {
  std::string const path = note_path(directory, product);
  if (!is_held(path)) return {};
  try {
    return Holder{durable::read_text(path), std::filesystem::last_write_time(path)};
  } catch (std::exception const&) {
    return {};  // the job has just ended, and removed its note
  }
}

}  // namespace setsz
