// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/command_line.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

/// The options each command takes beside its target.
std::map<std::string, std::vector<std::string>> const& commands() {
  static std::vector<std::string> const choosing{"--stage", "--from", "--until", "--only", "--set"};
  static auto const with = [](std::vector<std::string> more) {
    more.insert(more.begin(), choosing.begin(), choosing.end());
    return more;
  };
  static std::map<std::string, std::vector<std::string>> const table{
      {"run", with({"--force"})},
      {"status", with({})},
      {"plan", with({"--ranks"})},
      {"check", with({})},
      {"verify", {}},
      {"report", {"--set", "--force"}},
      {"inspect", {}},
      {"options", {"--markdown", "--ini"}},
      {"help", {}},
      {"version", {}}};
  return table;
}

bool takes_target(std::string const& command) {
  return command != "options" && command != "help" && command != "version";
}

std::vector<std::string> list_of(std::string const& text) {
  std::vector<std::string> items;
  for (auto const& item : split(text, ',')) {
    if (!trim(item).empty()) items.push_back(trim(item));
  }
  return items;
}

void add(std::vector<std::string>& to, std::vector<std::string> const& more) {
  to.insert(to.end(), more.begin(), more.end());
}

void require_known(std::string const& name, std::vector<std::string> const& known,
                   std::string_view what) {
  require(std::find(known.begin(), known.end(), name) != known.end(), ExitCode::usage, "no ", what,
          " '", name, "'; the nearest one is '", nearest(name, known), "'");
}

}  // namespace

CommandLine parse_command_line(std::vector<std::string> const& arguments) {
  CommandLine line;
  require(!arguments.empty(), ExitCode::usage, "no command; see `setsz --help`");
  line.command = arguments.front();
  if (line.command == "--help" || line.command == "-h") line.command = "help";
  if (line.command == "--version") line.command = "version";
  std::vector<std::string> names;
  for (auto const& [name, options] : commands()) names.push_back(name);
  require_known(line.command, names, "command");
  auto const& legal = commands().at(line.command);

  for (std::size_t i = 1; i < arguments.size(); ++i) {
    std::string const& word = arguments[i];
    if (word == "--help" || word == "-h") {
      line.command = "help";
      return line;
    }
    if (!word.starts_with("--")) {
      require(takes_target(line.command) && line.target.empty(), ExitCode::usage, "'", word,
              "' is one word too many for `setsz ", line.command, "`");
      line.target = word;
      continue;
    }
    auto const equals = word.find('=');
    std::string const name = word.substr(0, equals);
    require_known(name, legal, concat("option of `setsz ", line.command, "`"));
    if (name == "--force" || name == "--markdown" || name == "--ini") {
      require(equals == std::string::npos, ExitCode::usage, name, " takes no value");
      if (name == "--force") line.force = true;
      if (name != "--force") line.format = name.substr(2);
      continue;
    }
    require(equals != std::string::npos || i + 1 < arguments.size(), ExitCode::usage, name,
            " needs a value");
    std::string const value =
        equals != std::string::npos ? word.substr(equals + 1) : arguments[++i];
    if (name == "--set") line.set.push_back(value);
    if (name == "--stage") add(line.stages, list_of(value));
    if (name == "--only") add(line.only, list_of(value));
    if (name == "--from") line.from = value;
    if (name == "--until") line.until = value;
    if (name == "--ranks") {
      auto const end = value.data() + value.size();
      auto const [stop, error] = std::from_chars(value.data(), end, line.ranks);
      require(error == std::errc() && stop == end && line.ranks > 0, ExitCode::usage,
              "--ranks needs a number, not '", value, "'");
    }
  }
  if (line.command == "report") line.stages = {"report"};
  require(!takes_target(line.command) || !line.target.empty(), ExitCode::usage, "`setsz ",
          line.command, "` needs a ",
          line.command == "verify"    ? "run directory"
          : line.command == "inspect" ? "file"
                                      : "configuration",
          "; see `setsz --help`");
  return line;
}

std::string usage_text() {
  return R"(setsz: Compton-y maps of gravity-only simulations, learned from matched hydrodynamic ones

  setsz run CONFIG.ini       make the products that are missing or stale; goes on where it stopped
      --stage a,b | --from a | --until b     only these stages
      --only stage/instance                  only these instances (predict/z0/lo_gnfw and below)
      --set section.key=value                overrides the configuration
      --force                                discards half-done work and begins those stages anew
  setsz status CONFIG.ini    which products are complete, stale (and why), missing
  setsz plan CONFIG.ini      what would run, its memory, output and time  [--ranks N]
  setsz check CONFIG.ini     validates options and inputs, touches nothing
  setsz verify RUN           every product against its manifest
  setsz report CONFIG.ini    tables and figures of all products
  setsz inspect FILE         what a product, a snapshot or a catalogue holds
  setsz options              every key, default, unit, range, help  [--markdown | --ini]
  setsz --help | --version

On N ranks: mpirun -n N setsz run CONFIG.ini. Exit codes: 0 complete and verified, 64 usage,
65 bad input data, 66 input missing, 70 internal error or watchdog, 71 out of memory, 73 output
cannot be created or is held by another job, 74 I/O error or disk full, 75 stopped at a
checkpoint: run again, 78 configuration, 79 training diverged.
)";
}

std::vector<std::string> select_instances(StageList const& all,
                                          std::vector<std::string> const& stage_names,
                                          std::vector<std::string> const& configured,
                                          CommandLine const& line) {
  std::vector<std::string> wanted = line.stages;
  if (wanted.empty()) wanted = configured;
  if (wanted.empty()) {
    for (auto const& name : stage_names) {
      if (name != "mock") wanted.push_back(name);
    }
  }
  for (auto const& name : wanted) require_known(name, stage_names, "stage");
  auto const position = [&](std::string const& name) {
    require_known(name, stage_names, "stage");
    return std::find(stage_names.begin(), stage_names.end(), name) - stage_names.begin();
  };
  auto const first = line.from.empty() ? 0 : position(line.from);
  auto const last =
      line.until.empty() ? static_cast<std::ptrdiff_t>(stage_names.size()) : position(line.until);
  std::vector<std::string> ids, chosen;
  std::vector<bool> used(line.only.size());
  for (auto const& stage : all) {
    ids.push_back(stage->id());
    auto const here = position(stage->record().stage);
    bool fits = here >= first && here <= last;
    if (line.only.empty()) {
      fits = fits && std::find(wanted.begin(), wanted.end(), stage->record().stage) != wanted.end();
    } else {
      bool any = false;
      for (std::size_t i = 0; i < line.only.size(); ++i) {
        bool const below = (stage->id() + "/").starts_with(line.only[i] + "/");
        if (below) used[i] = any = true;
      }
      fits = fits && any;
    }
    if (fits) chosen.push_back(stage->id());
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    require(used[i], ExitCode::usage, "no instance '", line.only[i], "' in this configuration; ",
            "the nearest one is '", nearest(line.only[i], ids), "' (see `setsz status`)");
  }
  require(!chosen.empty(), ExitCode::usage,
          "this configuration has no instance of the stages asked for (",
          ids.empty() ? "it names no [snapshot.NAME]" : "it has " + join(ids, ", "), ")");
  return chosen;
}

}  // namespace setsz
