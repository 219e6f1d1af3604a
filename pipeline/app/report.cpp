// SPDX-License-Identifier: BSD-3-Clause
// `setsz report`: which products there are, is said here; tables and figures are made of them by
// jobs/figures/report.py, since the field draws with matplotlib.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "pipeline/app/code_version.hpp"
#include "pipeline/app/commands.hpp"
#include "pipeline/app/project.hpp"
#include "pipeline/base/file.hpp"
#include "pipeline/run/state.hpp"

namespace setsz {

namespace {

using nlohmann::ordered_json;

/// report.py of an installation, PREFIX/share/setsz/jobs/figures, or of the tree that the program
/// was built in.
std::string find_script() {
  namespace fs = std::filesystem;
  fs::path const program = fs::canonical("/proc/self/exe");
  for (fs::path folder = program.parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    for (auto const* place : {"share/setsz/jobs/figures", "jobs/figures"}) {
      auto const script = folder / place / "report.py";
      if (fs::is_regular_file(script)) return script.string();
    }
  }
  fail(ExitCode::missing_input,
       "no share/setsz/jobs/figures/report.py and no jobs/figures/report.py ",
       "in a folder above '", program.string(),
       "'; install setsz with `cmake --install`, which puts it beside bin/");
}

/// Every product that the configuration asks for, and others that are complete.
ordered_json product_list(Project const& project) {
  RunState state(project.options.directory, project.stages);
  state.require_format();
  auto const asked = project.selected_stages();
  ordered_json list = ordered_json::array();
  for (auto const& stage : project.stages) {
    auto const& report = state.of(*stage);
    bool const wanted = std::find(asked.begin(), asked.end(), stage.get()) != asked.end();
    if (!wanted && report.state != ProductState::complete) continue;
    list.push_back({{"id", stage->id()},
                    {"stage", stage->record().stage},
                    {"state", name_of(report.state)},
                    {"reasons", report.reasons},
                    {"outputs", stage->record().outputs}});
  }
  return list;
}

void write_products(std::string const& path, Project const& project, std::string const& target) {
  ordered_json const document{{"run", project.options.directory},
                              {"configuration", target},
                              {"code", code_version()},
                              {"products", product_list(project)}};
  auto const replace = nlohmann::json::error_handler_t::replace;  // file names may be no UTF-8
  durable::write_text(path, document.dump(1, ' ', false, replace) + "\n");
}

/// Runs the script and waits. \return its exit code, one of ours
int run_script(std::string python, std::string script, std::string products) {
  char* const arguments[] = {python.data(), script.data(), products.data(), nullptr};
  pid_t child = 0;
  int const error = posix_spawnp(&child, python.c_str(), nullptr, nullptr, arguments, environ);
  require(error == 0, ExitCode::missing_input, "cannot start '", python, "' (",
          std::strerror(error),
          "), which makes the report; install Python 3.9 or newer (apt "
          "install python3-matplotlib python3-h5py python3-healpy), or choose one with --python");
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  require(WIFEXITED(status), ExitCode::internal, "'", script, "' was killed by signal ",
          WTERMSIG(status));
  int const code = WEXITSTATUS(status);
  require(code == 0 || code >= static_cast<int>(ExitCode::usage), ExitCode::internal, "'", script,
          "' ended with code ", code, "; its message is above");
  require(code != 127, ExitCode::missing_input, "'", python, "' cannot be run");
  return code;
}

}  // namespace

int make_report(CommandLine const& line) {
  Project const project = open_project(line);
  auto const folder = line.out.empty() ? project.options.directory + "/report" : line.out;
  require(std::filesystem::is_directory(project.options.directory), ExitCode::missing_input,
          "no run directory '", project.options.directory, "'; make it: setsz run ", line.target);
  auto const script = find_script();
  durable::create_directories(folder);
  write_products(folder + "/products.json", project, line.target);
  return run_script(line.python, script, folder + "/products.json");
}

}  // namespace setsz
