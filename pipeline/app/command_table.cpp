// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/command_table.hpp"

#include <algorithm>
#include <boost/program_options.hpp>

#include "pipeline/app/commands.hpp"
#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

namespace po = boost::program_options;

/// An option whose value is a list, "a,b"; several of them add up.
po::typed_value<std::vector<std::string>>* list_value(std::vector<std::string>& into,
                                                      std::string const& name) {
  auto* const value = po::value<std::vector<std::string>>()->value_name(name);
  return value->notifier([&into](std::vector<std::string> const& texts) {
    for (auto const& text : texts) {
      for (auto const& item : split(text, ',')) {
        if (!trim(item).empty()) into.push_back(trim(item));
      }
    }
  });
}

void add_selection(po::options_description& options, CommandLine& line) {
  auto add = options.add_options();
  add("stage", list_value(line.stages, "a,b"),
      "only these stages, instead of those in [run] stages");
  add("from", po::value(&line.from)->value_name("STAGE"), "this stage and those after it");
  add("until", po::value(&line.until)->value_name("STAGE"), "this stage and those before it");
  add("only", list_value(line.only, "ID"),
      "only these instances and those below them: predict/z0/lo_gnfw");
  add("exactly", list_value(line.exactly, "ID"),
      "only the instances with exactly these ids, none below them; for scripts");
}

void add_settings(po::options_description& options, CommandLine& line) {
  options.add_options()("set", po::value(&line.set)->value_name("section.key=value"),
                        "override a key of the configuration; may be repeated");
}

void add_force(po::options_description& options, CommandLine& line) {
  options.add_options()("force", po::bool_switch(&line.force),
                        "discard unfinished work that does not match this configuration");
}

void add_exit_code(po::options_description& options, CommandLine& line) {
  options.add_options()("exit-code", po::bool_switch(&line.exit_code),
                        "exit with 0 if every listed product is complete, else with 75");
}
void add_instances(po::options_description& options, CommandLine& line) {
  options.add_options()(
      "instances", po::bool_switch(&line.instances),
      "a stage and its instances a line: NAME ID,ID,... (for --only); for scripts");
}
void add_all(po::options_description& options, CommandLine& line) {
  options.add_options()("all", po::bool_switch(&line.all),
                        "a line for each product, however many are alike");
}
void add_json(po::options_description& options, CommandLine& line) {
  options.add_options()("json", po::bool_switch(&line.json), "output for scripts; stable");
}

void add_ranks(po::options_description& options, CommandLine& line) {
  auto* const value = po::value(&line.ranks)->value_name("N");
  options.add_options()("ranks", value->notifier([](int ranks) {
    require(ranks > 0, ExitCode::usage, "--ranks is ", ranks, "; it must be positive");
  }),
                        "number of MPI ranks to plan for (default 1)");
}

/// A positive number, in another unit than the program's.
po::typed_value<double>* positive(double& into, std::string const& name, std::string const& option,
                                  double factor) {
  return po::value<double>()->value_name(name)->notifier([&into, option, factor](double value) {
    require(value > 0, ExitCode::usage, option, " is ", value, "; it must be positive");
    into = value * factor;
  });
}

po::typed_value<int>* positive(int& into, std::string const& option) {
  return po::value<int>()->value_name("N")->notifier([&into, option](int value) {
    require(value > 0, ExitCode::usage, option, " is ", value, "; it must be positive");
    into = value;
  });
}

void add_machine(po::options_description& options, CommandLine& line) {
  auto& machine = line.machine;
  auto add = options.add_options();
  add("cores", positive(machine.cores, "--cores"),
      "cores of a node: chooses nodes, tasks, memory and time limit of each product for a machine, "
      "with margins; needs --node-memory");
  add("node-memory", positive(machine.memory_bytes, "MB", "--node-memory", 1e6),
      "memory of a node that jobs may use");
  add("nodes", positive(machine.nodes, "--nodes"), "nodes that a job may use (default 1)");
  add("max-hours", positive(machine.max_seconds, "H", "--max-hours", 3600),
      "longest time limit of a job (default: none)");
  add("wish-hours", positive(machine.wish_seconds, "H", "--wish-hours", 3600),
      "use more tasks where a product would take longer than this (default 1)");
}

void add_formats(po::options_description& options, CommandLine& line) {
  auto const choose = [&line](std::string const& format) {
    return po::bool_switch()->notifier([&line, format](bool given) {
      if (given) line.format = format;
    });
  };
  options.add_options()("markdown", choose("markdown"), "as docs/options.md");
  options.add_options()("ini", choose("ini"), "as a configuration with every default");
}

void add_values(po::options_description& options, CommandLine& line) {
  options.add_options()("values", po::bool_switch(&line.values),
                        "also the smallest and largest value of every dataset, and how many values "
                        "are NaN or infinite");
}

void add_report(po::options_description& options, CommandLine& line) {
  auto add = options.add_options();
  add("out", po::value(&line.out)->value_name("FOLDER"), "its folder (default: RUN/report)");
  add("python", po::value(&line.python)->value_name("PROGRAM"),
      "the Python that makes it (default: python3)");
}

Command run_command() {
  return {.name = "run",
          .target = "CONFIG.ini",
          .target_name = "configuration",
          .summary = "make what is missing or stale; resume unfinished work",
          .description =
              R"(Runs the stages of a configuration in order. Products that are complete and up
to date are skipped. A stage that was stopped resumes from its last checkpoint,
on any number of ranks. SIGUSR1, SIGTERM, Ctrl-C and a hang-up stop the run at
the next opportunity with exit code 75; stages that take long save their state.
A second Ctrl-C ends it at once. RUN/used.ini has every key as this run uses it.

Progress is one live line on a terminal and at most one line a minute in a log.
The environment variable SETSZ_PROGRESS=live or SETSZ_PROGRESS=lines chooses.)",
          .examples = R"(setsz run configs/demo.ini
mpirun -n 8 setsz run configs/tng300.ini --until predict
srun --mpi=pmix setsz run configs/tng300.ini --stage train
setsz run configs/demo.ini --only predict/z0/lo_gnfw --set run.memory_mb=500)",
          .options = {add_selection, add_settings, add_force},
          .work = run_stages};
}

Command status_command() {
  return {.name = "status",
          .target = "CONFIG.ini",
          .target_name = "configuration",
          .summary = "list the products with their states, and why",
          .description = R"(Lists the products of a configuration with their states:
  complete   up to date; a run skips it
  stale      damaged, or made with other options or inputs; a run makes it again
  half done  unfinished; a run resumes it
  running    a job makes it now
  missing    not begun
Similar products share a line.

--json prints {"run": DIRECTORY, "complete": BOOL, "products": [{"id": "fit/z0",
"state": "complete", "reasons": [], "notes": []}, ...]}. "complete" is true if
every listed product is complete. A product that a job makes now or will make
has "held_by": JOB and "running": BOOL; unfinished work has "saved": "epoch 4 of
40".)",
          .examples = R"(setsz status configs/demo.ini
setsz status configs/demo.ini --stage train --json)",
          .options = {add_selection, add_settings, add_all, add_json, add_exit_code},
          .answer = show_status};
}

Command stages_command() {
  return {.name = "stages",
          .target = "CONFIG.ini",
          .target_name = "configuration",
          .summary = "list the stages of a configuration, in order",
          .description =
              R"(Lists the names of the stages that `setsz run` would work through, one a line,
in order. Complete products are not considered; see `setsz status` for those. A
stage comes twice where some of its instances need products of a later stage
(trainings that take residuals of others).

--json prints {"run": DIRECTORY, "stages": [{"name": "fit", "instances": [{"id":
"fit/z0", "outputs": ["fit/z0/gnfw.json"]}, ...]}, ...]}. Outputs are relative
to the run directory.)",
          .examples = R"(setsz stages configs/demo.ini
setsz stages configs/demo.ini --from train --json)",
          .options = {add_selection, add_settings, add_json, add_instances},
          .answer = show_stages};
}

Command plan_command() {
  return {.name = "plan",
          .target = "CONFIG.ini",
          .target_name = "configuration",
          .summary = "estimate memory, output and time of what would run",
          .description =
              R"(Estimates memory per rank, size of the output and wall time of every product
that is not complete, from the headers of the inputs: on a number of ranks, or,
with --cores and --node-memory, on as many nodes and tasks of a machine as each
product needs. A product that cannot fit says so. Similar products share a line:
the largest memory of one, the sum of their output and time.

--json prints {"run": DIRECTORY, "products": [{"id": "fit/z0/fold0", "stage":
"fit", "state": "missing", "waits_for": ["voxelize/z0"], "job": {"nodes": 1,
"tasks": 4, "memory_bytes": ..., "limit_seconds": ..., "requeues": BOOL,
"estimated_memory_bytes": ..., "estimated_seconds": ..., "output_bytes": ...,
"note": TEXT, "does_not_fit": WHY}}, ...]}. memory_bytes is that of a task.
"waits_for" are the products that it reads and that are not complete. A complete
product has no "job"; one without an estimate has "unknown": WHY.)",
          .examples = R"(setsz plan configs/tng300.ini --ranks 96
setsz plan configs/tng300.ini --nodes 8 --cores 48 --node-memory 180000)",
          .options = {add_selection, add_settings, add_ranks, add_machine, add_all, add_json},
          .work = show_plan};
}

Command check_command() {
  return {.name = "check",
          .target = "CONFIG.ini",
          .target_name = "configuration",
          .summary = "validate options and inputs; write nothing",
          .description =
              "Validates the options, opens the inputs and compares memory and disk space with\n"
              "what is needed. `setsz run` does the same before its first stage.",
          .examples = "setsz check configs/tng300.ini\nmpirun -n 8 setsz check configs/tng300.ini",
          .options = {add_selection, add_settings},
          .work = check_inputs};
}

Command verify_command() {
  return {.name = "verify",
          .target = "RUN",
          .target_name = "run directory",
          .summary = "compare every product with its manifest",
          .description =
              "Reads every file of a run directory and compares its checksum with the manifest.\n"
              "Takes the run directory or a configuration that names it.",
          .examples = "setsz verify demo\nmpirun -n 8 setsz verify configs/tng300.ini",
          .options = {},
          .work = verify_run};
}

Command report_command() {
  return {.name = "report",
          .target = "CONFIG.ini",
          .target_name = "configuration",
          .summary = "make tables, figures and a page of the results",
          .description =
              R"(Makes RUN/report/ from the products that are complete or stale, and says which
are missing:
  report.html      one page with everything in it, for any browser, offline
  tables/          CSV, JSON, HDF5: losses, statements, Y, checks, costs
  figures/         PNG
Products stay as they are; a run may be at work. Tables need Python 3.9 alone,
figures also matplotlib and h5py, those of a sky healpy; without them the report
has tables only, and says so.)",
          .examples =
              "setsz report configs/demo.ini\n"
              "setsz report configs/tng300.ini --out ~/report",
          .options = {add_settings, add_report},
          .answer = make_report};
}

Command inspect_command() {
  return {.name = "inspect",
          .target = "FILE",
          .target_name = "file",
          .summary = "show what a product, snapshot or catalogue holds",
          .description =
              "Shows what a file was recognised as, with its units, counts, box and\n"
              "cosmology, and the datasets and attributes that it holds: of a folder with a\n"
              "snapshot, those of its first file.",
          .examples =
              "setsz inspect demo/catalog/z0/clusters.h5\n"
              "setsz inspect snapdir_099 --values",
          .options = {add_values},
          .answer = inspect_file};
}

Command options_command() {
  return {.name = "options",
          .target = "[SECTION]",
          .target_name = "section",
          .summary = "explain the keys of a configuration, or of a section",
          .description =
              "Lists the keys that a configuration may have, with default, unit, range and\n"
              "meaning: of all sections, or of one, or one key (SECTION.KEY).",
          .examples = "setsz options train\nsetsz options sky.nside\nsetsz options --ini >my.ini",
          .options = {add_formats},
          .answer = show_options};
}

Command help_command() {
  return {.name = "help",
          .target = "[TOPIC]",
          .target_name = "command or topic",
          .summary = "explain a command (also `COMMAND --help`) or a topic",
          .description = "Explains a command and its options, or a topic. `setsz help` lists both.",
          .examples = "setsz help run\nsetsz help resume",
          .options = {},
          .answer = show_help};
}

Command version_command() {
  return {.name = "version",
          .target = "",
          .target_name = "",
          .summary = "version, git revision, build and kernels",
          .description =
              "Prints the version, the git revision, the kind of build, and the vector\n"
              "instructions that the network's kernels use on this processor: portable, avx2,\n"
              "avx512 or amx (the environment variable SETSZ_ISA lowers them).",
          .examples = "setsz version",
          .options = {},
          .answer = show_version};
}

}  // namespace

std::vector<Command> const& commands() {
  static std::vector<Command> const table{run_command(),    status_command(),  stages_command(),
                                          plan_command(),   check_command(),   verify_command(),
                                          report_command(), inspect_command(), options_command(),
                                          help_command(),   version_command()};
  return table;
}

Command const& command_named(std::string_view name) {
  auto const found = std::find_if(commands().begin(), commands().end(),
                                  [&](Command const& command) { return command.name == name; });
  require(found != commands().end(), ExitCode::internal, "no command '", name, "'");
  return *found;
}

}  // namespace setsz
