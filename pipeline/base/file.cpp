// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "pipeline/base/error.hpp"

namespace setsz::durable {

std::function<int(std::string_view, std::string const&)> fault;

namespace {

constexpr std::size_t buffer_bytes = std::size_t{4} << 20;

/// Runs a system call, unless a test has a fault in store for it.
template <class Call>
bool works(std::string_view operation, std::string const& path, Call&& call) {
  if (fault) {
    if (int const error = fault(operation, path)) {
      errno = error;
      return false;
    }
  }
  return call() == 0;
}

[[noreturn]] void failed(ExitCode code, std::string_view doing, std::string const& path) {
  int const reason = errno;
  std::string_view const advice = reason == ENOSPC || reason == EDQUOT ? "; free some space" : "";
  fail(code, "cannot ", doing, " '", path, "' (", std::strerror(reason), ")", advice);
}

void sync_path(std::string const& path, int flags, std::string_view what) {
  int const file = ::open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) failed(ExitCode::io, "open", path);
  bool const good = works("fsync", path, [&] { return ::fsync(file); });
  int const reason = errno;
  ::close(file);
  errno = reason;
  if (!good) failed(ExitCode::io, what, path);
}

std::string parent(std::string const& path) {
  auto const folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

}  // namespace

Writer::Writer(std::string path) : path_(std::move(path)) {
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file_ < 0) failed(ExitCode::cannot_create, "create", path_);
}

Writer::~Writer() {
  if (file_ >= 0) ::close(file_);
}

void Writer::write(void const* data, std::size_t bytes) {
  buffer_.append(static_cast<char const*>(data), bytes);
  size_ += bytes;
  if (buffer_.size() >= buffer_bytes) flush();
}

void Writer::flush() {
  std::size_t done = 0;
  while (done < buffer_.size()) {
    ssize_t got = -1;
    bool const good = works("write", path_, [&] {
      got = ::write(file_, buffer_.data() + done, buffer_.size() - done);
      return got >= 0 ? 0 : -1;
    });
    if (!good && errno == EINTR) continue;
    if (!good) failed(ExitCode::io, "write", path_);
    done += static_cast<std::size_t>(got);
  }
  buffer_.clear();
}

void Writer::sync() {
  flush();
  if (!works("fsync", path_, [&] { return ::fsync(file_); })) failed(ExitCode::io, "sync", path_);
}

void write_text(std::string const& path, std::string_view text) {
  std::string const temporary = path + ".part";
  {
    Writer writer(temporary);
    writer.write(text.data(), text.size());
    writer.sync();
  }
  durable::rename(temporary, path);
  sync_directory(parent(path));
}

std::string read_text(std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || std::filesystem::is_directory(path)) failed(ExitCode::missing_input, "read", path);
  return text.str();
}

void sync_file(std::string const& path) { sync_path(path, O_RDONLY, "sync"); }
void sync_directory(std::string const& path) {
  sync_path(path, O_RDONLY | O_DIRECTORY, "sync the folder");
}

void rename(std::string const& from, std::string const& to) {
  if (!works("rename", from, [&] { return ::rename(from.c_str(), to.c_str()); })) {
    failed(ExitCode::io, "rename", from);
  }
}

void remove(std::string const& path) {
  if (!works("unlink", path, [&] { return ::unlink(path.c_str()); }) && errno != ENOENT) {
    failed(ExitCode::io, "remove", path);
  }
}

void create_directories(std::string const& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  require(!error, ExitCode::cannot_create, "cannot create the folder '", path, "' (",
          error.message(), ")");
}

}  // namespace setsz::durable
