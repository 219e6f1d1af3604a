// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/runner.hpp"

#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>

#include "pipeline/base/current_error.hpp"
#include "pipeline/base/file.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/run/advice.hpp"
#include "pipeline/run/memory.hpp"
#include "pipeline/run/run_context.hpp"
#include "pipeline/run/stop_signal.hpp"

namespace setsz {

namespace {

/// Of this process since it started, all threads together [s].
double cpu_seconds() { return real(std::clock()) / CLOCKS_PER_SEC; }

using nlohmann::json;

/// Restarts without a new commit after which a stage is given up (a requeue loop must end).
constexpr int max_attempts = 4;

std::string time_text() {
  std::time_t const now = std::time(nullptr);
  std::tm parts{};
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
  return text;
}

/// Can other stages succeed where one has failed? Not on a disk or in a memory that is full.
bool may_go_on_after(ExitCode code) {
  return code != ExitCode::stopped && code != ExitCode::io && code != ExitCode::cannot_create &&
         code != ExitCode::out_of_memory;
}

std::string attempts_path(std::string const& folder) { return folder + "/attempts.json"; }

/// The message of an error in a stage.
std::string stage_message(Stage const& stage, ExitCode code, std::string_view what) {
  return concat(stage.id(), ": ", what, advice_after(code));
}

/// The exception being handled, as an Error that names the stage. \pre called in a catch clause
Error error_of_stage(Stage const& stage) {
  try {
    throw;
  } catch (std::bad_alloc const&) {
    auto const what = concat("out of memory (", human_bytes(peak_memory_bytes()),
                             " in use); use more nodes or a smaller run.memory_mb");
    return {ExitCode::out_of_memory, stage_message(stage, ExitCode::out_of_memory, what)};
  } catch (...) {
    Error const error = current_error();
    return {error.code(), stage_message(stage, error.code(), error.what())};
  }
}

}  // namespace

bool is_being_made(std::string const& folder, std::filesystem::file_time_type since) {
  std::error_code none;
  auto const begun = std::filesystem::last_write_time(attempts_path(folder), none);
  return !none && begun >= since;
}

Runner::Runner(Comm const& comm, StageList const& all, RunSettings settings)
    : comm_(comm),
      all_(all),
      settings_(std::move(settings)),
      state_(settings_.options.directory, all) {
  if (!settings_.content_hash) {
    settings_.content_hash = [](std::string const& path, std::string const&) {
      return hash_file(path);
    };
  }
}

std::vector<Stage*> Runner::chosen(std::vector<std::string> const& selected) const {
  std::set<std::string> const wanted(selected.begin(), selected.end());
  std::vector<Stage*> stages;
  for (auto const& stage : all_) {
    if (wanted.contains(stage->id())) stages.push_back(stage.get());
  }
  return stages;
}

StateReport Runner::agreed_state(Stage const& stage) {
  std::string text;
  on_root(comm_, "", [&] {
    auto const& report = state_.of(stage);
    text = json{{"state", static_cast<int>(report.state)},
                {"reasons", report.reasons},
                {"notes", report.notes},
                {"lines", report.fingerprint.lines()}}
               .dump();
  });
  json const all = json::parse(comm_.broadcast(text, 0));
  StateReport report{static_cast<ProductState>(all.at("state").get<int>()), all.at("reasons"),
                     all.at("notes")};
  for (auto const& line : all.at("lines")) {
    report.fingerprint.add(line.at(0).get<std::string>(), line.at(1).get<std::string>());
  }
  return report;
}

std::vector<Stage*> Runner::incomplete(std::vector<Stage*> const& stages) {
  std::vector<Stage*> to_run;
  for (auto* stage : stages)
    if (agreed_state(*stage).state != ProductState::complete) to_run.push_back(stage);
  return to_run;
}

void Runner::check(std::vector<std::string> const& selected) {
  on_root(comm_, "", [&] { state_.require_format(); });
  auto const stages = chosen(selected);
  auto const to_run = incomplete(stages);
  if (!to_run.empty())
    on_root(comm_, "", [&] { durable::require_creatable(settings_.options.directory); });
  preflight(stages, to_run);
}

/// Takes the locks of the products that are made or read; held by rank 0.
std::unique_ptr<RunLock> Runner::lock(std::vector<Stage*> const& stages) {
  std::unique_ptr<RunLock> lock;
  on_root(comm_, "", [&] {
    durable::require_creatable(settings_.options.directory);
    lock = std::make_unique<RunLock>(settings_.options.directory);
    for (auto const* stage : stages) lock->write(stage->id());
    for (auto const& stage : all_) {  // products that are only read
      bool const reads = std::any_of(stages.begin(), stages.end(),
                                     [&](auto const* user) { return state_.uses(*user, *stage); });
      bool const writes = std::find(stages.begin(), stages.end(), stage.get()) != stages.end();
      if (reads && !writes) lock->read(stage->id());
    }
  });
  return lock;
}

std::vector<StageResult> Runner::run(std::vector<std::string> const& selected) {
  auto const stages = chosen(selected);
  on_root(comm_, "", [&] { state_.require_format(); });
  auto const held = lock(stages);
  auto const to_run = incomplete(stages);
  on_root(comm_, "", [&] {
    for (auto* stage : stages) {  // others may read what is finished while this job works on
      bool const runs = std::find(to_run.begin(), to_run.end(), stage) != to_run.end();
      if (!runs) held->read(stage->id());
    }
  });
  preflight(stages, to_run);
  if (!to_run.empty()) on_root(comm_, "", [&] { keep_used_options(); });
  return run_all(stages);
}

/// RUN/used.ini can be run again, and says what a file with few keys has left to the defaults. Jobs
/// of a chain write it at the same time: each under a name of its own first.
void Runner::keep_used_options() const {
  std::string const directory = settings_.options.directory;
  std::string const text =
      concat("# Every key as the last run used it: setsz ", settings_.code, ", ",
             settings_.configuration_path, "\n# Each product keeps its own in manifest.json.\n\n",
             settings_.resolved);
  std::string const path = directory + "/used.ini";
  if (std::filesystem::exists(path) && durable::read_text(path) == text) return;
  std::string const mine = concat(directory, "/.locks/used+", host_name(), "+", getpid());
  {
    durable::Writer writer(mine);
    writer.write(text);
    writer.sync();
  }
  durable::rename(mine, path);
}

/// A stage that fails stops those that need its product; the others still run. After the first
/// failure on the disk nothing is begun.
std::vector<StageResult> Runner::run_all(std::vector<Stage*> const& stages) {
  std::vector<StageResult> results;
  std::set<std::string> broken;
  std::optional<CollectiveError> failure;
  for (auto* stage : stages) {
    bool const waits = std::any_of(all_.begin(), all_.end(), [&](auto const& other) {
      return broken.contains(other->id()) && state_.uses(*stage, *other);
    });
    if (waits) {
      Log::warn(stage->id(), ": not run, because it needs what has failed");
      broken.insert(stage->id());
      continue;
    }
    try {
      results.push_back(run_named(*stage));
    } catch (Stopped const&) {
      throw;
    } catch (CollectiveError const& error) {
      broken.insert(stage->id());
      if (!may_go_on_after(error.code())) throw;
      if (failure || stage != stages.back()) Log::warn("failed: ", error.what());
      if (!failure) failure = error;
    }
  }
  if (failure) throw *failure;
  return results;
}

/// Every error that leaves it names the stage.
StageResult Runner::run_named(Stage& stage) {
  try {
    return run_one(stage);
  } catch (Stopped const& stopped) {
    throw Stopped(stopped.code(), concat(stage.id(), ": ", stopped.what()));
  } catch (CollectiveError const& error) {
    if (error.code() == ExitCode::stopped)
      throw Stopped(error.code(), concat(stage.id(), ": ", error.what()));
    throw CollectiveError(error.code(), stage_message(stage, error.code(), error.what()));
  } catch (...) {
    forget_attempts(stage);
    throw error_of_stage(stage);
  }
}

StageResult Runner::run_one(Stage& stage) {
  mark_progress(stage.id());
  if (comm_.any(stop_signal_seen())) {
    throw Stopped(ExitCode::stopped, "stopped on a signal before this stage; run again");
  }
  StageResult result{stage.id(), false, 0, 0, json::object()};
  StateReport const report = agreed_state(stage);
  if (report.state == ProductState::complete) {
    Log::info(stage.id(), ": up to date");
    for (auto const& note : report.notes) Log::warn(stage.id(), ": ", note);
    result.up_to_date = true;
    on_root(comm_, "", [&] {
      result.notes = Manifest::read(state_.folder(stage))->about.value("notes", json::object());
      // A crash between publication and this point can have left the journal behind.
      std::filesystem::remove_all(state_.journal_folder(stage));
      durable::remove(attempts_path(state_.folder(stage)));
    });
    return result;
  }
  collectively(comm_, "", [&] {
    if (comm_.is_root()) state_.require_inputs(stage);
  });
  check_products(stage);
  if (report.state == ProductState::stale) {
    Log::info(stage.id(), ": stale (", join(report.reasons, "; "), "), run again");
  } else {
    Log::info(stage.id(), report.state == ProductState::half_done ? ": resumes" : ": starts");
  }
  try {
    make(stage, report, result);
  } catch (CollectiveError const& error) {
    clean_up_after(stage, error.code());
    throw;
  }
  return result;
}

void Runner::check_products(Stage const& stage) {
  json files = json::array();
  on_root(comm_, "", [&] {
    for (auto const& [folder, record] : state_.product_files(stage))
      if (checked_.insert(folder + "/" + record.file + " " + record.hash).second)
        files.push_back({folder, record.file, record.bytes, record.hash, record.stamp});
  });
  files = json::parse(comm_.broadcast(files.dump(), 0));
  for (auto const& f : files)
    require_unchanged(comm_, f.at(0), {f.at(1), f.at(2), f.at(3), "", f.at(4)});
}

/// An orderly end, not an attempt that died: half-written files are of no use to anybody.
void Runner::clean_up_after(Stage const& stage, ExitCode code) {
  if (!comm_.is_root()) return;
  std::error_code ignored;
  for (auto const& output : stage.record().outputs) {
    std::filesystem::remove(state_.folder(stage) + "/" + output + ".part", ignored);
  }
  if (code != ExitCode::stopped) forget_attempts(stage);
}

void Runner::forget_attempts(Stage const& stage) {
  std::error_code ignored;
  std::filesystem::remove(attempts_path(state_.folder(stage)), ignored);
}

void Runner::make(Stage& stage, StateReport const& report, StageResult& result) {
  assert(!report.fingerprint.lines().empty());
  double const start = seconds_since_start();
  return_free_memory();
  reset_peak_memory();
  double const cpu_before = cpu_seconds();
  std::string const folder = state_.folder(stage);
  count_attempt(stage);
  auto const files_before = sample_inputs(stage);
  Journal journal(comm_, state_.journal_folder(stage), report.fingerprint.lines());
  RunContext context(comm_, settings_.options, settings_.code, stage, journal);

  settings_.before_product(stage.id());
  stage.run(context);
  mark_progress(stage.id());
  Manifest manifest{stage.id(),
                    report.fingerprint.hex(),
                    report.fingerprint.lines(),
                    verify_parts(comm_, folder, stage.record().outputs, settings_.content_hash),
                    files_before,
                    json::object()};
  auto const files_after = sample_inputs(stage);
  for (std::size_t i = 0; i < files_before.size(); ++i) {
    auto const &before = files_before[i], &after = files_after.at(i);
    if (before.bytes == after.bytes && before.modified_ns == after.modified_ns) continue;
    throw CollectiveError(ExitCode::bad_data,
                          concat("'", after.path, "' changed while it was read (", before.bytes,
                                 " -> ", after.bytes, " bytes); nothing was published: run again"));
  }
  result.seconds = comm_.all_max(seconds_since_start() - start);
  context.note_local("peak_memory_bytes", peak_memory_since_reset());
  context.note_local("cpu_seconds", cpu_seconds() - cpu_before);
  result.notes = context.notes();
  result.peak_memory = result.notes.at("peak_memory_bytes").at("max").get<double>();
  manifest.about = about(result);
  publish(comm_, folder, manifest);
  journal.discard();
  on_root(comm_, "", [&] {
    durable::remove(attempts_path(folder));
    state_.forget();
  });
  double bytes = 0;
  for (auto const& output : manifest.outputs) bytes += real(output.bytes);
  Log::info(stage.id(), ": done in ", human_seconds(result.seconds), ", peak memory per rank ",
            human_bytes(result.notes["peak_memory_bytes"]["mean"].get<double>()), " (max ",
            human_bytes(result.peak_memory), "), ", human_bytes(bytes), " written");
}

/// A stage that is killed again and again before it commits anything would be requeued for ever.
void Runner::count_attempt(Stage const& stage) {
  on_root(comm_, "", [&] {
    std::string const folder = state_.folder(stage);
    durable::create_directories(folder);
    clear_parts(stage);
    if (settings_.force) std::filesystem::remove_all(state_.journal_folder(stage));
    std::string const mark = Journal::commit_mark(state_.journal_folder(stage));
    int attempts = 1;
    std::string const path = attempts_path(folder);
    if (!settings_.force && std::filesystem::exists(path)) {
      json const before = json::parse(durable::read_text(path), nullptr, false);
      if (before.is_object() && before.value("mark", "") == mark) {
        attempts = before.value("attempts", 0) + 1;
      }
    }
    require(attempts <= max_attempts, ExitCode::internal, "no progress in ", attempts - 1,
            " starts: each ended before its first new checkpoint; read the logs, lower "
            "run.checkpoint_minutes or request a longer time limit, then run with --force");
    durable::write_text(path, json{{"mark", mark}, {"attempts", attempts}}.dump());
  });
}

/// Files that a killed run left half-written; the lock says that nobody writes them now.
void Runner::clear_parts(Stage const& stage) {
  std::string const folder = state_.folder(stage);
  for (auto const& output : stage.record().outputs) {
    std::filesystem::path const part = concat(folder, "/", output, ".part");
    durable::create_directories(part.parent_path());
    if (!std::filesystem::exists(part)) continue;
    durable::remove(part);
    Log::info("removed '", part.string(), "', left by a run that was killed");
  }
}

std::vector<ExternalFile> Runner::sample_inputs(Stage const& stage) const {
  std::vector<ExternalFile> files;
  on_root(comm_, "", [&] {
    for (auto const& path : stage.record().files()) files.push_back(sample_file(path));
  });
  // Paths and numbers are wanted on rank 0 alone, but all ranks must see the same changes.
  json list = json::array();
  for (auto const& f : files) list.push_back({f.path, f.bytes, f.modified_ns, f.sample});
  list = json::parse(comm_.broadcast(list.dump(), 0));
  files.clear();
  for (auto const& f : list) files.push_back({f.at(0), f.at(1), f.at(2), f.at(3)});
  return files;
}

json Runner::about(StageResult const& result) const {
  char const* const job = std::getenv("SLURM_JOB_ID");
  return {{"code", settings_.code},        {"configuration", settings_.configuration_path},
          {"options", settings_.resolved}, {"ranks", comm_.size()},
          {"host", host_name()},           {"job", job ? job : ""},
          {"finished", time_text()},       {"seconds", result.seconds},
          {"notes", result.notes}};
}

}  // namespace setsz
