// SPDX-License-Identifier: BSD-3-Clause
#include "io/text_file.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "io/file_kind.hpp"
#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

/// Unpacks a file, or its beginning.
std::string unpack(std::string const& path, std::size_t at_most) {
  constexpr std::size_t piece = std::size_t{1} << 20;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> const file(gzopen(path.c_str(), "rb"), gzclose);
  require(file != nullptr, ExitCode::missing_input, "cannot read '", path, "'");
  std::string text;
  while (text.size() < at_most) {
    auto const before = text.size();
    auto const wanted = std::min(piece, at_most - before);
    text.resize(before + wanted);
    int const got = gzread(file.get(), text.data() + before, static_cast<unsigned>(wanted));
    int code = Z_OK;
    char const* const reason = gzerror(file.get(), &code);
    text.resize(before + static_cast<std::size_t>(std::max(got, 0)));
    bool const is_beginning = at_most != std::string::npos && !text.empty();
    if (got == 0 && code == Z_OK) break;
    if (got >= 0 && code != Z_BUF_ERROR) continue;
    if (is_beginning) break;  // enough to see what it is; who reads on is told
    fail(ExitCode::bad_data, "cannot unpack '", path,
         "' (gzip: ", code == Z_BUF_ERROR ? "the file ends too early" : reason, "); copy it again");
  }
  return text;
}

std::string_view without_mark(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

}  // namespace

TextFile::TextFile(std::string const& path) {
  if (first_bytes(path, 2) == gzip_signature) {
    unpacked_ = unpack(path, std::string::npos);
    text_ = unpacked_;
  } else {
    mapped_ = std::make_unique<MappedFile>(path);
    text_ = mapped_->text();
  }
  text_ = without_mark(text_);
}

std::string first_text(std::string const& path, std::int64_t n) {
  auto const raw = first_bytes(path, n);
  if (!raw.starts_with(gzip_signature)) return std::string(without_mark(raw));
  return std::string(without_mark(unpack(path, static_cast<std::size_t>(n))));
}

}  // namespace setsz
