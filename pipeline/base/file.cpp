// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "pipeline/base/file_type.hpp"
#include "pipeline/base/number.hpp"

namespace setsz::durable {

std::function<int(std::string_view, std::string const&)> fault;

namespace {

constexpr std::size_t buffer_bytes = std::size_t{4} << 20;

/// Runs a system call again while signals interrupt it, unless a test has a fault in store for it.
/// \return its result, -1 after a failure
template <class Call>
std::int64_t checked(std::string_view operation, std::string const& path, Call&& call) {
  while (true) {
    int const error = fault ? fault(operation, path) : 0;
    std::int64_t const result = error ? -1 : call();
    if (error) errno = error;
    if (result >= 0 || errno != EINTR) return result;
  }
}

/// What an ordinary user may still write beside `path`; nothing if the disk does not say.
std::optional<double> free_bytes(std::string const& path) {
  struct statvfs status {};
  auto const folder = std::filesystem::path(path).parent_path();
  if (::statvfs(folder.empty() ? "." : folder.c_str(), &status) != 0) return std::nullopt;
  return real(status.f_bavail) * real(status.f_frsize);
}

/// "disk full: 23 MB wanted, 9.8 MB free; ...", or what else stands in the way of a write.
std::string remedy(int reason, std::string const& path, std::int64_t wanted) {
  if (reason == EFBIG)
    return "; files of this size are not allowed here: raise the limit (ulimit -f), or use another "
           "file system";
  if (reason != ENOSPC && reason != EDQUOT) return "";
  auto const left = free_bytes(path);
  return concat(reason == EDQUOT ? "; quota used up: " : "; disk full: ",
                wanted > 0 ? human_bytes(real(wanted)) + " wanted, " : "",
                left ? human_bytes(*left) + " free" : "free space unknown",
                "; free some space, or use another run.directory");
}

/// \param wanted  bytes that the disk was asked for
[[noreturn]] void failed(ExitCode code, std::string_view doing, std::string const& path,
                         std::int64_t wanted = 0) {
  int const reason = errno;
  bool const full = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
  fail(full ? ExitCode::io : code, "cannot ", doing, " '", path, "' (", std::strerror(reason), ")",
       remedy(reason, path, wanted));
}

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::read:
      return O_RDONLY | O_NONBLOCK;  // a pipe without a writer must not hold us up
    case OpenMode::create:
      return O_RDWR | O_CREAT | O_TRUNC;
    case OpenMode::update:
      return O_RDWR;
  }
  return O_RDONLY;
}

ExitCode code_of(OpenMode mode) {
  if (mode == OpenMode::create) return ExitCode::cannot_create;
  return mode == OpenMode::read ? ExitCode::missing_input : ExitCode::io;
}

std::string parent(std::string const& path) {
  auto const folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

}  // namespace

File::File(std::string path, OpenMode mode, std::optional<ExitCode> if_it_fails)
    : path_(std::move(path)) {
  bool const creates = mode == OpenMode::create;
  auto const refuse = [&] {
    failed(if_it_fails.value_or(code_of(mode)), creates ? "create" : "open", path_);
  };
  descriptor_ = static_cast<int>(checked(creates ? "create" : "open", path_, [&] {
    return ::open(path_.c_str(), flags_of(mode) | O_CLOEXEC, 0666);
  }));
  if (descriptor_ < 0) refuse();
  struct stat status {};
  bool const known = ::fstat(descriptor_, &status) == 0;
  // Writes may go to a device: tests use /dev/full.
  if (known && (mode == OpenMode::read ? S_ISREG(status.st_mode) : !S_ISDIR(status.st_mode)))
    return;
  ::close(std::exchange(descriptor_, -1));
  if (known && !S_ISDIR(status.st_mode))
    require_no_special_file(path_, if_it_fails.value_or(code_of(mode)));
  if (S_ISDIR(status.st_mode)) errno = EISDIR;
  refuse();
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::int64_t File::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) failed(ExitCode::io, "read the size of", path_);
  return status.st_size;
}

std::int64_t File::read(void* into, std::int64_t bytes) {
  auto const got = checked("read", path_, [&] { return ::read(descriptor_, into, bytes); });
  if (got < 0) failed(ExitCode::io, "read", path_);
  return got;
}

std::int64_t File::read_at(std::int64_t offset, void* into, std::int64_t bytes) const {
  std::int64_t done = 0;
  while (done < bytes) {
    auto const got = checked("read", path_, [&] {
      return ::pread(descriptor_, static_cast<char*>(into) + done, bytes - done, offset + done);
    });
    if (got < 0) failed(ExitCode::io, "read", path_);
    if (got == 0) break;
    done += got;
  }
  return done;
}

void File::write(void const* data, std::int64_t bytes) {
  auto const* from = static_cast<char const*>(data);
  while (bytes > 0) {
    auto const n = checked("write", path_, [&] { return ::write(descriptor_, from, bytes); });
    if (n < 0) failed(ExitCode::io, "write", path_, bytes);
    from += n;
    bytes -= n;
  }
}

void File::write_at(std::int64_t offset, void const* data, std::int64_t bytes) {
  auto const* from = static_cast<char const*>(data);
  while (bytes > 0) {
    auto const n =
        checked("pwrite", path_, [&] { return ::pwrite(descriptor_, from, bytes, offset); });
    if (n < 0) failed(ExitCode::io, "write", path_, bytes);
    from += n;
    offset += n;
    bytes -= n;
  }
}

void File::reserve(std::int64_t end) {
  auto const start = size();
  if (end <= start) return;
  auto const result =
      checked("reserve", path_, [&] { return ::fallocate(descriptor_, 0, start, end - start); });
  if (result >= 0) return;
  if (errno != EOPNOTSUPP && errno != ENOSYS)
    failed(ExitCode::io, "reserve space for", path_, end - start);
  // This file system cannot promise space (NFS 3, for example); it can tell how much there is.
  auto const left = free_bytes(path_);
  errno = ENOSPC;
  if (left && *left < real(end - start))
    failed(ExitCode::io, "reserve space for", path_, end - start);
  resize(end);
}

void File::resize(std::int64_t bytes) {
  if (checked("resize", path_, [&] { return ::ftruncate(descriptor_, bytes); }) < 0)
    failed(ExitCode::io, "change the size of", path_, bytes);
}

void File::sync() {
  if (checked("fsync", path_, [&] { return ::fsync(descriptor_); }) < 0)
    failed(ExitCode::io, "sync", path_);
}

void File::forget_cached() const { ::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_DONTNEED); }

void File::close() {
  int const error = fault ? fault("close", path_) : 0;
  int const result = ::close(std::exchange(descriptor_, -1));  // never twice, even after EINTR
  if (error) errno = error;
  if (error || result < 0) failed(ExitCode::io, "close", path_);
}

void Writer::write(void const* data, std::size_t bytes) {
  buffer_.append(static_cast<char const*>(data), bytes);
  size_ += static_cast<std::int64_t>(bytes);
  if (buffer_.size() >= buffer_bytes) flush();
}

void Writer::flush() {
  file_.write(buffer_.data(), std::ssize(buffer_));
  buffer_.clear();
}

void Writer::sync() {
  flush();
  file_.sync();
}

void write_text(std::string const& path, std::string_view text) {
  std::string const temporary = path + ".part";
  {
    Writer writer(temporary);
    writer.write(text);
    writer.sync();
  }
  durable::rename(temporary, path);
  sync_directory(parent(path));
}

std::string read_text(std::string const& path) {
  File file(path, OpenMode::read);
  std::string text, piece(65536, '\0');
  while (auto const got = file.read(piece.data(), std::ssize(piece))) text.append(piece, 0, got);
  return text;
}

void sync_file(std::string const& path) { File(path, OpenMode::read, ExitCode::io).sync(); }

void sync_directory(std::string const& path) {
  int const folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) failed(ExitCode::io, "open the folder", path);
  auto const result = checked("fsync", path, [&] { return ::fsync(folder); });
  int const reason = errno;
  ::close(folder);
  errno = reason;
  if (result < 0) failed(ExitCode::io, "sync the folder", path);
}

void rename(std::string const& from, std::string const& to) {
  if (checked("rename", from, [&] { return ::rename(from.c_str(), to.c_str()); }) < 0)
    failed(ExitCode::io, "rename", from);
}

void remove(std::string const& path) {
  if (checked("unlink", path, [&] { return ::unlink(path.c_str()); }) < 0 && errno != ENOENT)
    failed(ExitCode::io, "remove", path);
}

void create_directories(std::string const& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  require(!error, ExitCode::cannot_create, "cannot create the folder '", path, "' (",
          error.message(), ")");
}

void require_creatable(std::string const& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  fs::path there = fs::absolute(path);
  while (!fs::exists(fs::symlink_status(there, ignored)) && there.has_relative_path())
    there = there.parent_path();
  auto const whole = [&] { return concat("cannot create the folder '", path, "': "); };
  require(fs::is_directory(there, ignored), ExitCode::cannot_create, whole(), "'", there.string(),
          "' is no folder; use another one");
  int const why = ::access(there.c_str(), W_OK | X_OK) == 0 ? 0 : errno;
  require(why == 0, ExitCode::cannot_create, whole(), "no file can be made in '", there.string(),
          "' (", std::strerror(why), "); use another one");
}

}  // namespace setsz::durable
