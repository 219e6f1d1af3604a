// SPDX-License-Identifier: BSD-3-Clause
#include "io/file_probe.hpp"

#include <algorithm>
#include <filesystem>

#include "io/file_kind.hpp"
#include "io/text_file.hpp"

namespace setsz {

std::string_view FileProbe::head() const {
  if (!head_) {
    require_readable_file(path_, "a file");
    head_ = first_bytes(path_, 4096);
  }
  return *head_;
}

std::string_view FileProbe::text_head() const {
  if (!text_head_) {
    text_head_ = head().starts_with(gzip_signature) || head().starts_with("\xEF")
                     ? first_text(path_, 4096)
                     : std::string(head());
    auto const first = text_head_->find_first_not_of(" \t\r\n");
    auto const line = text_head_->substr(0, first).rfind('\n');
    if (line != std::string::npos) text_head_->erase(0, line + 1);
    require(text_head_->find('\r') == std::string::npos ||
                text_head_->find('\n') != std::string::npos || !looks_like_text(*text_head_),
            ExitCode::bad_data, "'", path_,
            "': its lines end in CR alone, as on old Macintosh computers; convert them: tr '\\r' "
            "'\\n' <FILE >NEW");
  }
  return *text_head_;
}

std::string_view FileProbe::first_line() const {
  auto const text = text_head();
  return text.substr(0, std::min(text.find_first_of("\r\n"), text.size()));
}

bool FileProbe::is_hdf5() const {
  // The signature may follow a user block of 512, 1024, 2048, ... bytes.
  for (std::size_t at = 0; at + hdf5_signature.size() <= head().size(); at = at ? 2 * at : 512) {
    if (head().substr(at, hdf5_signature.size()) == hdf5_signature) return true;
  }
  return false;
}

H5File const& FileProbe::hdf5() const {
  if (!hdf5_) hdf5_ = H5File::open(path_);
  return *hdf5_;
}

std::string FileProbe::appearance() const {
  if (!is_hdf5()) return describe_bytes(head(), std::filesystem::file_size(path_));
  std::vector<std::string> members;
  for (auto const& member : hdf5().members("/")) members.push_back("/" + member);
  if (members.empty()) return "is an HDF5 file with nothing in it";
  if (members.size() > 12) {
    members.resize(12);
    members.emplace_back("...");
  }
  return "is an HDF5 file with " + join(members, ", ");
}

}  // namespace setsz
