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

/// "file PATH": what counts is the content, wherever it lies.
bool is_file(std::string const& key) { return key.starts_with(Fingerprint::file_key); }

/// Leaves out files that have another path but the same content.
void forget_moved(std::map<std::string, std::string>& before,
                  std::map<std::string, std::string>& now) {
  std::multimap<std::string, std::string> gone;  // keys by content
  for (auto const& [key, value] : before)
    if (is_file(key) && !now.contains(key)) gone.emplace(value, key);
  for (auto line = now.begin(); line != now.end();) {
    auto const same = gone.find(line->second);
    bool const moved = is_file(line->first) && !before.contains(line->first) && same != gone.end();
    if (!moved) {
      ++line;
      continue;
    }
    before.erase(same->second);
    gone.erase(same);
    line = now.erase(line);
  }
}

}  // namespace

std::string Fingerprint::hex() const {
  Hash hash;
  for (auto const& [key, value] : lines_)
    hash.add(is_file(key) ? std::string(file_key) : key).add(value);
  return hash.hex();
}

std::vector<std::string> Fingerprint::differences(
    std::vector<std::pair<std::string, std::string>> const& old_lines,
    std::vector<std::pair<std::string, std::string>> const& new_lines) {
  std::map<std::string, std::string> before(old_lines.begin(), old_lines.end());
  std::map<std::string, std::string> now(new_lines.begin(), new_lines.end());
  forget_moved(before, now);
  std::vector<std::string> differences;
  for (auto const& [key, value] : new_lines) {
    if (!now.contains(key)) continue;
    auto const old = before.find(key);
    if (old == before.end()) {
      differences.push_back(concat(key, ": new (", value, ")"));
    } else if (old->second != value) {
      differences.push_back(is_hash(value) ? concat(key, " has changed")
                                           : concat(key, ": ", old->second, " -> ", value));
    }
  }
  for (auto const& [key, value] : old_lines) {
    if (before.contains(key) && !now.contains(key))
      differences.push_back(concat(key, ": gone (was ", value, ")"));
  }
  return differences;
}

}  // namespace setsz
