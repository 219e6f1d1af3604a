// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/leftovers.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// Segments of Open MPI that belong to this user.
std::set<std::string> own_segments(std::string const& folder) {
  std::set<std::string> paths;
  std::error_code ignored;
  for (auto const& entry : std::filesystem::directory_iterator(folder, ignored)) {
    struct stat status {};
    std::string const name = entry.path().filename();
    if (!name.starts_with("vader_segment.") && !name.starts_with("sm_segment.")) continue;
    if (::stat(entry.path().c_str(), &status) == 0 && status.st_uid == ::getuid())
      paths.insert(entry.path());
  }
  return paths;
}

}  // namespace

std::vector<std::string> leftover_segments(std::string const& folder,
                                           std::string const& processes) {
  auto left = own_segments(folder);
  std::error_code ignored;
  for (auto const& process : std::filesystem::directory_iterator(processes, ignored)) {
    if (left.empty()) break;
    std::ifstream maps(process.path() / "maps");
    for (std::string line; std::getline(maps, line);)
      if (auto const path = line.find(folder + "/"); path != std::string::npos)
        left.erase(line.substr(path));
  }
  return {left.begin(), left.end()};
}

void warn_of_leftover_segments() {
  auto const paths = leftover_segments("/dev/shm", "/proc");
  if (paths.empty()) return;
  double bytes = 0;
  std::error_code error;
  for (auto const& path : paths)
    if (auto const size = std::filesystem::file_size(path, error); !error) bytes += real(size);
  constexpr std::size_t most_named = 3;
  Log::warn("killed MPI programs have left ", paths.size(), " segments of shared memory (",
            human_bytes(bytes), ") on this node; if no job of yours runs here, remove them: rm ",
            paths.size() > most_named ? "/dev/shm/*_segment.*" : join(paths, " "));
}

}  // namespace setsz
