// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "io/h5.hpp"
#include "io/h5_commentary.hpp"
#include "io/healpix_map.hpp"
#include "pipeline/app/code_version.hpp"
#include "pipeline/app/commands.hpp"
#include "pipeline/app/environment.hpp"
#include "pipeline/app/project.hpp"
#include "pipeline/base/file.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/run/runner.hpp"
#include "pipeline/run/watchdog.hpp"

namespace setsz {

namespace {

/// Only the pixels of a map: its header contains the date and the code version.
std::string map_content(std::string const& path) {
  HealpixFile const map(path);
  Hash hash;
  hash.add(map.nside());
  constexpr std::int64_t piece = std::int64_t{1} << 22;
  for (std::int64_t first = 0; first < map.n_pixels(); first += piece) {
    auto const pixels = map.read({first, std::min(map.n_pixels(), first + piece)});
    hash.add_bytes(pixels.data(), pixels.size() * sizeof(float));
    mark_progress("reading back");
  }
  return hash.hex();
}

/// The rows of a table or an image, as those of a map.
std::string data_content(std::string const& path, FitsDataHead const& head) {
  durable::File const file(path, durable::OpenMode::read);
  Hash hash;
  hash.add(head.data_bytes);
  constexpr std::int64_t piece = std::int64_t{1} << 24;
  std::vector<char> bytes(static_cast<std::size_t>(std::min(piece, head.data_bytes)));
  for (std::int64_t first = 0; first < head.data_bytes; first += piece) {
    std::int64_t const n = std::min(piece, head.data_bytes - first);
    require(file.read_at(head.data_offset + first, bytes.data(), n) == n, ExitCode::bad_data, "'",
            path, "' is truncated: its data have ", head.data_bytes, " bytes");
    hash.add_bytes(bytes.data(), static_cast<std::size_t>(n));
    mark_progress("reading back");
  }
  return hash.hex();
}

std::string fits_content(std::string const& path) {
  auto const head = read_fits_data_head(path);
  auto const indexing = head.cards.find("INDXSCHM");
  bool const is_full_map = indexing != head.cards.end() && indexing->second == "IMPLICIT";
  return is_full_map ? map_content(path) : data_content(path, head);
}

std::string content_hash(std::string const& path, std::string const& name) {
  if (name.ends_with(".fits")) return fits_content(path);
  return name.ends_with(".h5") || name.ends_with(".hdf5") ? h5_content_hash(path) : hash_file(path);
}

/// All ranks have the same text, but the environment variables in it may differ: launchers do not
/// copy the environment of the first node to the others.
void require_same_on_all_ranks(Comm const& comm, Configuration const& configuration) {
  std::string const mine = configuration.resolved();
  std::string const first = comm.broadcast(mine, 0);
  collectively(comm, "", [&] {
    if (mine == first) return;
    auto const here = split(mine, '\n'), there = split(first, '\n');
    std::size_t i = 0;
    while (i + 1 < std::min(here.size(), there.size()) && here[i] == there[i]) ++i;
    fail(ExitCode::config, configuration.path(), ": on rank ", comm.rank(), " '", here[i],
         "', on rank 0 '", there[i],
         "' (do environment variables differ between nodes?); export the same on all nodes");
  });
}

/// Rank 0 reads the configuration and what it leaves to files, all ranks get the same texts.
Project agree_on_project(Comm const& comm, CommandLine line, LearningBodies const& bodies) {
  std::string text, settings;
  collectively(comm, "", [&] {
    if (!comm.is_root()) return;
    text = read_configuration(line.target);
    settings = join(settings_from_files(line, text), "\n");
  });
  text = comm.broadcast(text, 0);
  settings = comm.broadcast(settings, 0);
  if (!settings.empty())
    for (auto const& setting : split(settings, '\n')) line.set.push_back(setting);
  std::optional<Project> project;
  collectively(comm, "", [&] { project = open_project(line, text, bodies); });
  require_same_on_all_ranks(comm, project->configuration);
  Log::set_level(static_cast<int>(project->options.log_level));
  return std::move(*project);
}

bool asks_for_all(CommandLine const& line) {
  return line.stages.empty() && line.from.empty() && line.until.empty() && line.only.empty() &&
         line.exactly.empty();
}

Runner make_runner(Comm const& comm, CommandLine const& line, Project const& project) {
  auto const code = code_version();
  // Without its folder: products of equal inputs have equal bytes.
  auto const configuration = std::filesystem::path(line.target).filename().string();
  auto const provenance = [code, configuration](std::string const& product) {
    h5::provenance =
        nlohmann::json{{"code", code}, {"configuration", configuration}, {"product", product}}
            .dump();
  };
  return {comm, project.stages,
          RunSettings{project.options, line.target, project.configuration.resolved(), code,
                      content_hash, line.force, asks_for_all(line), project.process_bytes(),
                      provenance}};
}

std::string note_text(nlohmann::json const& value) {
  if (value.is_object() && value.contains("mean")) return note_text(value["mean"]);
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", value.get<double>());
    return text;
  }
  return value.dump();
}

void print_summary(std::vector<StageResult> const& results, std::string const& directory) {
  std::size_t width = 8;
  for (auto const& result : results) width = std::max(width, result.id.size());
  Log::info("summary");
  for (auto const& result : results) {
    std::string line = "  " + result.id + std::string(width - result.id.size() + 2, ' ');
    line += result.up_to_date ? "up to date" : "done in " + human_seconds(result.seconds);
    for (auto const& [key, value] : result.notes.items()) {
      bool const table = value.is_array() || (value.is_object() && !value.contains("mean"));
      if (key != "peak_memory_bytes" && !table) line += ", " + key + " " + note_text(value);
    }
    Log::info(line);
  }
  Log::info("products are in '", directory, "'");
}

}  // namespace

int run_stages(Comm const& comm, CommandLine const& line, LearningBodies const& bodies) {
  char const* const tasks = std::getenv("SLURM_NTASKS");
  collectively(comm, "", [&] {
    require(!(tasks && std::atoi(tasks) > 1 && comm.size() == 1), ExitCode::usage, "this job has ",
            tasks ? tasks : "", " tasks, but this process was started alone: ", tasks ? tasks : "",
            " independent copies would run; use `srun --mpi=pmix` or `mpirun`");
  });
  Project const project = agree_on_project(comm, line, bodies);
  Watchdog const watchdog(project.options.watchdog_seconds, comm.rank());
  log_environment(comm, line.target);
  auto const results = make_runner(comm, line, project).run(project.selected);
  print_summary(results, project.options.directory);
  return 0;
}

int check_inputs(Comm const& comm, CommandLine const& line, LearningBodies const& bodies) {
  Project const project = agree_on_project(comm, line, bodies);
  Watchdog const watchdog(project.options.watchdog_seconds, comm.rank());
  make_runner(comm, line, project).check(project.selected);
  Log::info("check: options and inputs of ", project.selected.size(), " instances are valid");
  return 0;
}

}  // namespace setsz
