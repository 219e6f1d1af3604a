// SPDX-License-Identifier: BSD-3-Clause
#include "io/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "pipeline/base/error.hpp"

namespace setsz {

MappedFile::MappedFile(std::string const& path) {
  int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  require(file >= 0, ExitCode::missing_input, "cannot open '", path, "' (", std::strerror(errno),
          ")");
  struct stat status {};
  fstat(file, &status);
  if (!S_ISREG(status.st_mode)) {
    ::close(file);
    fail(ExitCode::missing_input, "'", path, "' is not a regular file");
  }
  auto const size = static_cast<std::size_t>(status.st_size);
  if (size > 0) {
    void* const data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
    int const reason = errno;
    ::close(file);
    require(data != MAP_FAILED, ExitCode::io, "cannot map '", path, "' (", std::strerror(reason),
            ")");
    text_ = {static_cast<char const*>(data), size};
  } else {
    ::close(file);
  }
}

MappedFile::~MappedFile() {
  if (!text_.empty()) munmap(const_cast<char*>(text_.data()), text_.size());
}

}  // namespace setsz
