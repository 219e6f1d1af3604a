// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/fingerprint.hpp"

#include <map>

#include "pipeline/base/hash.hpp"

namespace setsz {

namespace {

/// Hashes tell a reader nothing: that they differ is enough.
bool is_hash(std::string const& value) {
  return value.size() == 32 && value.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::string Fingerprint::hex() const {
  Hash hash;
  for (auto const& [key, value] : lines_) hash.add(key).add(value);
  return hash.hex();
}

std::vector<std::string> Fingerprint::differences(
    std::vector<std::pair<std::string, std::string>> const& old_lines,
    std::vector<std::pair<std::string, std::string>> const& new_lines) {
  std::map<std::string, std::string> const before(old_lines.begin(), old_lines.end());
  std::map<std::string, std::string> const now(new_lines.begin(), new_lines.end());
  std::vector<std::string> differences;
  for (auto const& [key, value] : new_lines) {
    auto const old = before.find(key);
    if (old == before.end()) {
      differences.push_back(concat(key, ": new (", value, ")"));
    } else if (old->second != value) {
      differences.push_back(is_hash(value) ? concat(key, " has changed")
                                           : concat(key, ": ", old->second, " -> ", value));
    }
  }
  for (auto const& [key, value] : old_lines) {
    if (!now.contains(key)) differences.push_back(concat(key, ": gone (was ", value, ")"));
  }
  return differences;
}

}  // namespace setsz
