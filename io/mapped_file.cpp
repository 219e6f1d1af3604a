// SPDX-License-Identifier: BSD-3-Clause
#include "io/mapped_file.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "pipeline/base/file.hpp"

namespace setsz {

MappedFile::MappedFile(std::string const& path) {
  durable::File const file(path, durable::OpenMode::read);
  struct stat status {};
  fstat(file.descriptor(), &status);
  std::size_t const size = status.st_size;
  if (size == 0) return;
  void* const data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.descriptor(), 0);
  require(data != MAP_FAILED, ExitCode::io, "cannot map '", path, "' (", std::strerror(errno), ")");
  text_ = {static_cast<char const*>(data), size};
}

MappedFile::~MappedFile() {
  if (!text_.empty()) munmap(const_cast<char*>(text_.data()), text_.size());
}

}  // namespace setsz
