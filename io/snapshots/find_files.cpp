// SPDX-License-Identifier: BSD-3-Clause
// Which files a pattern names, in the order of their numbers.
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>

#include "io/snapshot.hpp"
#include "pipeline/base/file_type.hpp"

namespace setsz {

namespace fs = std::filesystem;

namespace {

bool ends_with_hdf5(std::string const& name) {
  return name.ends_with(".hdf5") || name.ends_with(".h5");
}

/// The number between `prefix` and `suffix`, if there is nothing else.
std::optional<std::int64_t> number_in(std::string_view name, std::string_view prefix,
                                      std::string_view suffix) {
  if (name.size() <= prefix.size() + suffix.size() || !name.starts_with(prefix) ||
      !name.ends_with(suffix)) {
    return std::nullopt;
  }
  auto const digits = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  std::int64_t number = 0;
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0) {
    return std::nullopt;
  }
  return number;
}

std::vector<std::string> names_in(fs::path const& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto const& entry : fs::directory_iterator(folder, error)) {
    names.push_back(entry.path().filename().string());
  }
  require(!error, ExitCode::missing_input, "cannot list the folder '", folder.string(), "' (",
          error.message(), ")");
  std::sort(names.begin(), names.end());
  return names;
}

/// The names of one file in its snapshot: "snap_099.3.hdf5" is one of "snap_099.*.hdf5",
/// "snapshot_007.3" one of "snapshot_007.*", all others stand alone.
std::string pattern_of_name(std::string const& name) {
  auto const last = ends_with_hdf5(name) ? name.rfind('.') : name.size();
  auto const before = last > 0 ? name.rfind('.', last - 1) : std::string::npos;
  if (before == std::string::npos) return name;
  auto const prefix = name.substr(0, before + 1), suffix = name.substr(last);
  return number_in(name, prefix, suffix) ? prefix + "*" + suffix : name;
}

/// Does the name, or the file itself, say that this is a snapshot?
bool may_be_snapshot(fs::path const& path, SnapshotFormats formats) {
  if (ends_with_hdf5(path.string())) return true;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return false;
  return find_format(FileProbe(path.string()), formats) != nullptr;
}

/// "snap_099.*.hdf5" from the files of a folder that holds one snapshot.
std::string pattern_of(fs::path const& folder, SnapshotFormats formats) {
  std::map<std::string, std::string> patterns;  // and one file of each
  std::error_code ignored;
  for (auto const& name : names_in(folder))
    if (!fs::is_directory(folder / name, ignored)) patterns[pattern_of_name(name)] = name;
  std::erase_if(patterns,
                [&](auto const& item) { return !may_be_snapshot(folder / item.second, formats); });
  require(!patterns.empty(), ExitCode::missing_input, "no *.hdf5 file in the folder '",
          folder.string(), "'");
  if (patterns.size() > 1)  // catalogues of the same code may lie beside it
    std::erase_if(patterns, [&](auto const& item) {
      return find_format(FileProbe((folder / item.second).string()), formats) == nullptr;
    });
  std::vector<std::string> found;
  found.reserve(patterns.size());
  for (auto const& [pattern, first] : patterns) found.push_back(pattern);
  // A virtual file beside the parts it is made of: snap_0000.hdf5 and snap_0000.*.hdf5.
  if (found.size() == 2 && found[0].substr(0, found[0].find('*')) + "hdf5" == found[1])
    return found[0];
  require(found.size() == 1, ExitCode::missing_input, "the folder '", folder.string(),
          "' holds more than one snapshot (", join(found, ", "), "); give one of these patterns");
  return found[0];
}

/// How many files there should be, as one of them says.
std::int64_t promised_files(std::string const& path, SnapshotFormats formats) {
  FileProbe const probe(path);
  return format_of(probe, formats, "snapshot").describe(probe, std::nullopt).n_files;
}

/// The files of a name with a `*`, by their number.
std::map<std::int64_t, std::string> numbered_files(std::string const& pattern) {
  fs::path const path(pattern);
  auto const name = path.filename().string();
  auto const folder = path.parent_path();
  auto const star_at = name.find('*');
  require(star_at != std::string::npos && name.find('*', star_at + 1) == std::string::npos,
          ExitCode::config, "the pattern '", pattern,
          "' must have one '*', in the file's name, for the number");

  auto const prefix = name.substr(0, star_at), suffix = name.substr(star_at + 1);
  std::map<std::int64_t, std::string> found;
  std::string like;  // what the pattern would match in a shell
  for (auto const& candidate : names_in(folder.empty() ? fs::path(".") : folder)) {
    auto const number = number_in(candidate, prefix, suffix);
    if (!number && like.empty() && candidate.starts_with(prefix) && candidate.ends_with(suffix))
      like = (folder / pattern_of_name(candidate)).string();
    if (!number) continue;
    auto const [at, is_new] = found.emplace(*number, (folder / candidate).string());
    require(is_new, ExitCode::bad_data, "'", at->second, "' and '", (folder / candidate).string(),
            "' both have the number ", *number, "; move one of them away");
  }
  require(!found.empty(), ExitCode::missing_input, "no file matches '", pattern,
          "' with a number in place of '*'",
          like.empty() ? "" : concat("; did you mean '", like, "'?"));
  return found;
}

}  // namespace

std::vector<std::string> find_numbered_files(std::string const& pattern) {
  if (pattern.find('*') == std::string::npos) return {pattern};
  auto const found = numbered_files(pattern);
  std::vector<std::string> files;
  std::vector<std::int64_t> missing;
  for (std::int64_t i = found.begin()->first; i <= found.rbegin()->first; ++i)
    if (!found.contains(i)) missing.push_back(i);
  require(missing.empty(), ExitCode::missing_input, "files of '", pattern,
          "' are missing: ", human_ranges(missing));
  files.reserve(found.size());
  for (auto const& [number, file] : found) files.push_back(file);
  return files;
}

std::vector<std::string> find_snapshot_files(std::string const& pattern, SnapshotFormats formats) {
  require(!pattern.empty(), ExitCode::config, "a snapshot has no file name");
  auto const type = type_of(pattern);
  if (type == fs::file_type::directory) {
    return find_snapshot_files((fs::path(pattern) / pattern_of(pattern, formats)).string(),
                               formats);
  }
  if (pattern.find('*') == std::string::npos) {
    bool const is_list = pattern.find(',') != std::string::npos;
    require(type != fs::file_type::not_found, ExitCode::missing_input, "'", pattern,
            "' does not exist",
            is_list ? "; give one path: a folder, a file, or a name with * for the number" : "");
    return {pattern};
  }
  auto const found = numbered_files(pattern);

  auto const n_files =
      std::max(promised_files(found.begin()->second, formats), found.rbegin()->first + 1);
  std::vector<std::int64_t> missing;
  for (std::int64_t i = 0; i < n_files; ++i) {
    if (!found.contains(i)) missing.push_back(i);
  }
  require(missing.empty(), ExitCode::missing_input, missing.size(), " of ", n_files,
          " files of the snapshot are missing: ", human_ranges(missing), " (searched '", pattern,
          "')");
  std::vector<std::string> files;
  files.reserve(found.size());
  for (auto const& [number, file] : found) files.push_back(file);
  return files;
}

}  // namespace setsz
