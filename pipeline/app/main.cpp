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
#include <iostream>
#include <new>
#include <nlohmann/json.hpp>

#include "pipeline/app/blas_core.hpp"
#include "pipeline/app/command_line.hpp"
#include "pipeline/app/command_table.hpp"
#include "pipeline/app/crash_guard.hpp"
#include "pipeline/app/learning.hpp"
#include "pipeline/app/project.hpp"
#include "pipeline/base/current_error.hpp"
#include "pipeline/base/instruction_set.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/terminal.hpp"
#include "pipeline/run/runner.hpp"
#include "pipeline/run/stop_signal.hpp"
#include "pipeline/run/watchdog.hpp"

namespace {

using namespace setsz;

/// For scripts, which must not read the text of a log: SETSZ_ERROR_FILE gets {"code", "message"}.
void keep_error(Error const& error) {
  char const* const path = std::getenv("SETSZ_ERROR_FILE");
  if (!path || !*path) return;
  std::FILE* const file = std::fopen(path, "w");
  if (!file) return;
  nlohmann::json const record{{"code", static_cast<int>(error.code())}, {"message", error.what()}};
  auto const replace = nlohmann::json::error_handler_t::replace;  // file names may be no UTF-8
  std::fprintf(file, "%s\n", record.dump(-1, ' ', false, replace).c_str());
  std::fclose(file);
}

void print_error(Error const& error, std::string const& who = "") {
  keep_error(error);
  auto const text = printable_lines(error.what());
  if (error.code() == ExitCode::stopped) {
    std::fprintf(stderr, "setsz: %s\n", text.c_str());
  } else {
    std::fprintf(stderr, "setsz: error %d%s: %s\n", static_cast<int>(error.code()), who.c_str(),
                 text.c_str());
  }
  std::fflush(stderr);
}

/// Any exception, as an Error that says where. \pre called inside a catch clause
Error last_error() {
  try {
    throw;
  } catch (Error const& error) {
    return error;
  } catch (std::bad_alloc const&) {
    return {ExitCode::out_of_memory, concat("out of memory in phase '", progress_phase(), "' (",
                                            human_bytes(peak_memory_bytes()), " in use)")};
  } catch (...) {
    Error const error = current_error();
    return {error.code(), concat(error.what(), " in phase '", progress_phase(), "'")};
  }
}

[[noreturn]] void on_terminate() {
  Error error(ExitCode::internal, "terminated without an exception");
  if (std::current_exception()) {
    try {
      std::rethrow_exception(std::current_exception());
    } catch (...) {
      error = last_error();
    }
  }
  print_error(error, " (terminated)");
  if (MpiSession::active()) MPI_Abort(MPI_COMM_WORLD, static_cast<int>(error.code()));
  std::_Exit(static_cast<int>(error.code()));
}

/// Handles an error that perhaps only this rank has. If all ranks arrive here, one prints its
/// message and all finalize; otherwise the others wait for this rank, which then aborts the job.
int leave_with(Error const& error, Comm const& exit_comm) {
  if (exit_comm.all_arrive_within(2)) {
    if (exit_comm.is_root()) print_error(error);
    return exit_comm.broadcast(static_cast<int>(error.code()), 0);
  }
  print_error(error, concat(" on rank ", exit_comm.rank()));
  exit_comm.abort(static_cast<int>(error.code()));
}

int with_mpi(int argc, char** argv, Command const& command, CommandLine const& line) {
  MpiSession mpi(argc, argv);
  install_crash_guard();
  int code = 0;
  std::optional<Watchdog> last_guard;
  {
    Comm const comm = Comm::world();
    Comm const exit_comm = Comm::world();
    Log::set_rank(comm.rank());
    install_stop_signals(comm.rank());
    try {
      code = command.work(comm, line, learning_bodies());
    } catch (CollectiveError const& error) {
      if (comm.is_root()) print_error(error);
      code = static_cast<int>(error.code());
    } catch (...) {
      code = leave_with(last_error(), exit_comm);
    }
    // Libraries close what an error left open; that must not hang.
    last_guard.emplace(0, comm.rank());
    last_guard->leave_within(30, code);
  }
  mpi.finalize();
  return code;
}

/// Ends the process without the exit handlers of libraries: HDF5's crashes after a failed write or
/// on damaged metadata, and the code that is returned must be the one that was announced.
[[noreturn]] void leave(int code) {
  std::fflush(nullptr);
  std::cout.flush();
  std::cerr.flush();
  std::_Exit(code);
}

int without_mpi(Command const& command, CommandLine const& line) {
  install_crash_guard();
  try {
    return command.answer(line);
  } catch (...) {
    Error const error = last_error();
    print_error(error);
    return static_cast<int>(error.code());
  }
}

/// Does this command need setsz-learn, the program with libtorch? Each process reads the
/// configuration before MPI starts, and model files of other runs only where the stages that are
/// asked for depend on what is in them; errors are reported later, by one rank.
bool wants_learning(CommandLine const& line) {
  bool const runs = line.command == "run", checks = line.command == "check";
  if ((!runs && !checks) || learning_bodies().train != nullptr) return false;
  using Opener = Project (*)(CommandLine const&);
  for (Opener const open : {Opener(outline_project), Opener(open_project)}) {
    try {
      Project const project = open(line);
      return project.needs_libtorch() && (runs || asks_for_device(project.configuration));
    } catch (std::exception const&) {
      continue;
    }
  }
  return false;
}

/// Before MPI starts, so that ranks connect as usual: the launcher's environment is inherited.
[[noreturn]] void become_program(std::string const& path, char** argv) {
  execv(path.c_str(), argv);
  throw Error(
      ExitCode::internal,
      concat("cannot start '", path, "' (", std::strerror(errno), ")",
             path.ends_with("-learn") ? ", which trains and predicts; it must be in the same "
                                        "folder as setsz"
                                      : ""));
}

/// Goes on as another program if this one cannot do what is asked: as setsz-learn where a network
/// is needed, and from the beginning where OpenBLAS was loaded with kernels too slow for this
/// processor. Refuses kernels that it cannot run, of OpenBLAS and of ours, before they are loaded.
void choose_program(char** argv, CommandLine const& line) {
  bool const computes = command_named(line.command).work != nullptr;
  bool const learns = wants_learning(line);
  if (learns || (computes && has_openblas())) require_usable_blas_core();
  if (learns) instruction_set();
  bool const restart = computes && correct_blas_core();
  std::string const self = std::filesystem::canonical("/proc/self/exe").string();
  if (learns) become_program(self + "-learn", argv);
  if (restart) become_program(self, argv);
}

}  // namespace

int main(int argc, char** argv) {
  std::set_terminate(on_terminate);
  std::signal(SIGPIPE, SIG_IGN);
  CommandLine line;
  try {
    line = parse_command_line({argv + 1, argv + argc});
    choose_program(argv, line);
  } catch (Error const& error) {
    print_error(error);
    return static_cast<int>(error.code());
  }
  auto const& command = command_named(line.command);
  leave(command.work ? with_mpi(argc, argv, command, line) : without_mpi(command, line));
}
