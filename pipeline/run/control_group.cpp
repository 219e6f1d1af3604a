// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/control_group.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>

#include "pipeline/base/text.hpp"

namespace setsz {
namespace {

constexpr double no_limit = std::numeric_limits<double>::infinity();

/// A file that says "max" where there is no limit, and is missing where there is no such group.
double number_in(std::filesystem::path const& path) {
  std::ifstream file(path);
  double bytes = 0;
  return file >> bytes && bytes > 0 ? bytes : no_limit;
}

/// The smallest limit of a group and those above it. A container may see its own group as the root
/// of the hierarchy, and still be told its path outside.
double smallest_limit(std::filesystem::path const& hierarchy, std::string const& group,
                      char const* file) {
  double least = number_in(hierarchy / file);
  auto place = hierarchy;
  for (auto const& part : std::filesystem::path(group).relative_path()) {
    place /= part;
    least = std::min(least, number_in(place / file));
  }
  return least;
}

}  // namespace

double control_group_memory_bytes(std::string const& groups, std::string const& root) {
  double least = no_limit;
  std::ifstream lines(groups);
  for (std::string line; std::getline(lines, line);) {
    auto const first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    auto const controllers = split(line.substr(first + 1, second - first - 1), ',');
    auto const group = line.substr(second + 1);
    if (line.starts_with("0::")) {
      for (auto const* mounted : {"", "unified"})
        least = std::min(
            least, smallest_limit(std::filesystem::path(root) / mounted, group, "memory.max"));
    } else if (std::find(controllers.begin(), controllers.end(), "memory") != controllers.end()) {
      least = std::min(least, smallest_limit(std::filesystem::path(root) / "memory", group,
                                             "memory.limit_in_bytes"));
    }
  }
  return least;
}

}  // namespace setsz
