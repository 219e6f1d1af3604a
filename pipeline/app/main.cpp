// SPDX-License-Identifier: BSD-3-Clause
// Parses the command line, runs the command; the only place that catches everything, prints one
// message and chooses the exit code.
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <new>

#include "pipeline/app/code_version.hpp"
#include "pipeline/app/commands.hpp"
#include "pipeline/app/learning.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/run/runner.hpp"
#include "pipeline/run/stop_signal.hpp"
#include "pipeline/run/watchdog.hpp"

namespace {

using namespace setsz;

void print_error(Error const& error, std::string const& who = "") {
  if (error.code() == ExitCode::stopped) {
    std::fprintf(stderr, "setsz: %s\n", error.what());
  } else {
    std::fprintf(stderr, "setsz: error %d%s: %s\n", static_cast<int>(error.code()), who.c_str(),
                 error.what());
  }
  std::fflush(stderr);
}

/// The exception being handled, as an Error. \pre called in a catch clause
Error current_error() {
  try {
    throw;
  } catch (Error const& error) {
    return error;
  } catch (std::bad_alloc const&) {
    return {ExitCode::out_of_memory, concat("out of memory in phase '", progress_phase(), "' (",
                                            human_bytes(peak_memory_bytes()), " in use)")};
  } catch (std::exception const& error) {
    return {ExitCode::internal, concat(error.what(), " in phase '", progress_phase(), "'")};
  } catch (...) {
    return {ExitCode::internal, concat("unknown exception in phase '", progress_phase(), "'")};
  }
}

[[noreturn]] void on_terminate() {
  Error error(ExitCode::internal, "terminated without an exception");
  if (std::current_exception()) {
    try {
      std::rethrow_exception(std::current_exception());
    } catch (...) {
      error = current_error();
    }
  }
  print_error(error, " (terminated)");
  if (MpiSession::active()) MPI_Abort(MPI_COMM_WORLD, static_cast<int>(error.code()));
  std::_Exit(static_cast<int>(error.code()));
}

/// An error that may be this rank's alone. If all ranks come here, one speaks and all leave in
/// order; else the others wait somewhere for ever, and this rank ends them.
int leave_with(Error const& error, Comm const& exit_comm) {
  if (exit_comm.all_arrive_within(2)) {
    if (exit_comm.is_root()) print_error(error);
    return exit_comm.broadcast(static_cast<int>(error.code()), 0);
  }
  print_error(error, concat(" on rank ", exit_comm.rank()));
  exit_comm.abort(static_cast<int>(error.code()));
}

int run_command(Comm const& comm, CommandLine const& line) {
  if (line.command == "check") return check_inputs(comm, line, learning_bodies());
  if (line.command == "plan") return show_plan(comm, line);
  if (line.command == "verify") return verify_run(comm, line);
  return run_stages(comm, line, learning_bodies());
}

int with_mpi(int argc, char** argv, CommandLine const& line) {
  MpiSession mpi(argc, argv);
  install_stop_signals();
  int code = 0;
  std::optional<Watchdog> last_guard;
  {
    Comm const comm = Comm::world();
    Comm const exit_comm = Comm::world();
    Log::set_rank(comm.rank());
    try {
      code = run_command(comm, line);
    } catch (CollectiveError const& error) {
      if (comm.is_root()) print_error(error);
      code = static_cast<int>(error.code());
    } catch (...) {
      code = leave_with(current_error(), exit_comm);
    }
    // Libraries close what an error left open; that must not hang.
    last_guard.emplace(0, comm.rank());
    last_guard->leave_within(30, code);
  }
  mpi.finalize();
  return code;
}

int without_mpi(CommandLine const& line) {
  try {
    if (line.command == "help") return std::fputs(usage_text().c_str(), stdout) < 0;
    if (line.command == "version") {
      return std::printf("setsz %s (git %s, %s)\n", program_version().c_str(),
                         git_revision().c_str(), build_kind().c_str()) < 0;
    }
    if (line.command == "options") return show_options(line);
    if (line.command == "status") return show_status(line);
    return inspect_file(line.target);
  } catch (...) {
    Error const error = current_error();
    print_error(error);
    return static_cast<int>(error.code());
  }
}

/// Does this command need the other program, the one with libtorch? Before MPI every process reads
/// the configuration for itself; mistakes in it are reported later, by one rank.
bool wants_learning(CommandLine const& line) {
  bool const runs = line.command == "run", checks = line.command == "check";
  if ((!runs && !checks) || learning_bodies().train != nullptr) return false;
  try {
    Project const project = open_project(line);
    if (checks && !asks_for_device(project.configuration)) return false;
    for (auto const& row : stage_rows())
      for (auto const& stage : project.stages)
        if (row.needs_libtorch && row.name == stage->record().stage && project.is_selected(*stage))
          return true;
  } catch (std::exception const&) {
  }
  return false;
}

void become_learning_program(char** argv) {
  std::string const path = std::filesystem::canonical("/proc/self/exe").string() + "-learn";
  execv(path.c_str(), argv);
  throw Error(ExitCode::internal, concat("cannot start '", path, "' (", std::strerror(errno),
                                         "), which trains and predicts; it must lie beside setsz"));
}

}  // namespace

int main(int argc, char** argv) {
  std::set_terminate(on_terminate);
  std::signal(SIGPIPE, SIG_IGN);
  CommandLine line;
  try {
    line = parse_command_line({argv + 1, argv + argc});
    if (wants_learning(line)) become_learning_program(argv);
  } catch (Error const& error) {
    print_error(error);
    return static_cast<int>(error.code());
  }
  bool const many = line.command == "run" || line.command == "report" || line.command == "plan" ||
                    line.command == "check" || line.command == "verify";
  return many ? with_mpi(argc, argv, line) : without_mpi(line);
}
