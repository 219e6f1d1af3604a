// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <filesystem>

#include "pipeline/app/commands.hpp"
#include "pipeline/app/project.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/run/runner.hpp"

namespace setsz {

namespace {

/// The manifests below a folder, as "<folder of the product>", sorted.
std::vector<std::string> product_folders(std::string const& run) {
  require(std::filesystem::is_directory(run), ExitCode::missing_input, "no run directory '", run,
          "'");
  std::vector<std::string> folders;
  for (auto const& entry : std::filesystem::recursive_directory_iterator(run)) {
    if (entry.path().filename() == "manifest.json") folders.push_back(entry.path().parent_path());
  }
  require(!folders.empty(), ExitCode::missing_input, "no complete product under '", run, "'");
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace

int verify_run(Comm const& comm, CommandLine const& line, LearningBodies const&) {
  std::string list;
  collectively(comm, "", [&] {
    if (!comm.is_root()) return;
    std::string run = line.target;
    if (run.ends_with(".ini")) run = outline_project(line).options.directory;
    list = join(product_folders(run), "\n");
  });
  std::int64_t bad = 0, files = 0;
  for (auto const& folder : split(comm.broadcast(list, 0), '\n')) {
    std::optional<Manifest> manifest;
    try {
      collectively(comm, "", [&] { manifest = Manifest::read(folder); });
    } catch (CollectiveError const& error) {
      ++bad;
      Log::warn(error.what());
      continue;
    }
    for (auto const& output : manifest->outputs) {
      ++files;
      std::string const path = folder + "/" + output.file;
      std::string hash;
      try {
        hash = hash_file_in_blocks(comm, path);
      } catch (CollectiveError const& error) {
        hash = error.what();
      }
      if (hash == output.hash) {
        Log::detail(path, ": good");
        continue;
      }
      ++bad;
      Log::warn(path, ": does not match the manifest (found ", hash, ", expected ", output.hash,
                ")");
    }
  }
  if (bad > 0) {
    throw CollectiveError(ExitCode::bad_data,
                          concat(bad, " of ", files, " files under '", line.target,
                                 "' are damaged or missing; remove the folders of their products "
                                 "and run again"));
  }
  Log::info("verify: ", files, " files under '", line.target, "' match their manifests");
  return 0;
}

}  // namespace setsz
