// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/topics.hpp"

#include <algorithm>
#include <utility>

#include "io/catalogs/format_table.hpp"
#include "io/snapshots/format_table.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/terminal.hpp"
#include "stages/registry.hpp"

namespace setsz {

namespace {

/// "  name          text", the text in a column of its own.
std::string row(std::string_view name, std::string_view text, std::size_t column = 16) {
  std::string line = "  " + std::string(name);
  if (text.empty()) return line + "\n";
  line += line.size() + 2 > column ? "\n" : std::string(column - line.size(), ' ');
  std::string const lines = wrapped(text, column);
  return line + (line.back() == '\n' ? lines : lines.substr(column)) + "\n";
}

std::string stages_text() {
  std::string text =
      R"(A stage makes its products from complete products of the stages before it:

)";
  for (auto const& stage : stage_rows()) {
    auto const own = std::ranges::find(stage.sections, stage.name, &SectionSchema::section);
    text += row(stage.name, own == stage.sections.end() ? "" : own->help, 14);
  }
  return text + R"(
A product belongs to a snapshot, a model, a fold and a seed, as far as they
apply, and its folder says so: RUN/predict/z0/NAME/fold0/seed1. The same id
chooses it: --only predict/z0/NAME.

  setsz stages CONFIG.ini     the stages of a configuration
  setsz status CONFIG.ini     the state of its products
  docs/stages/                a page on each stage
)";
}

std::string configuration_text() {
  std::string text =
      R"(A configuration is an INI file. Every key has a default; --set section.key=value
overrides it. Sections:

)";
  for (auto const& schema : all_schemas())
    text += row(concat("[", schema.section, schema.family ? ".NAME]" : "]"), schema.help, 21);
  return text + R"(
There may be any number of sections [section.NAME]; the plain section holds the
defaults of all of them. In paths, $NAME and ${NAME} are variables of the
environment.

  setsz options SECTION       its keys: default, unit, range, meaning
  setsz options --ini         a configuration with every key and its default
  setsz check CONFIG.ini      finds mistakes in options and inputs in seconds
  RUN/used.ini                every key as the last run used it
  docs/overview.md, configs/  examples
)";
}

std::string resume_text() {
  return R"(Give the same command again. Products that are complete and up to date are
skipped; unfinished ones resume from their last checkpoint, on any number of
ranks, and end with the same bytes.

Checkpoints are written every [run] checkpoint_minutes and when a run is
stopped: Ctrl-C, SIGTERM, SIGUSR1 or a hang-up is answered at once, and the run
ends with code 75. A second Ctrl-C ends it without a checkpoint; earlier ones
are kept.

A changed option makes only those products stale that depend on it: `setsz
status` names the option, and the next run makes them again. Unfinished work
that does not match the configuration is refused (78); --force discards it.
)";
}

std::string batch_text() {
  return R"(On a cluster with SLURM:

  jobs/submit.sh CONFIG.ini --dry-run   nodes, memory and time of each job
  jobs/submit.sh CONFIG.ini             submits them; a job waits for its inputs

A job stops at a checkpoint before its time limit and requeues itself. Settings
of your site are in jobs/site.ini. Elsewhere, these are the parts:

  setsz plan CONFIG.ini --json --cores 48 --node-memory 180000
  mpirun setsz run CONFIG.ini --exactly PRODUCT      75: run it again
  setsz status CONFIG.ini --exactly PRODUCT --exit-code

Send SIGUSR1 some minutes before the time limit. SETSZ_ERROR_FILE names a file
for {"code", "message"} of a failure; SETSZ_PROGRESS=lines is for logs.
docs/clusters.md has a script for PBS.
)";
}

template <class Formats>
std::string format_rows(Formats const& formats) {
  std::string text;
  for (auto const& format : formats) text += row(format.key, format.name, 20);
  return text;
}

std::string formats_text() {
  return concat("Files are recognised by their content. Snapshots, [snapshot.NAME] format:\n\n",
                format_rows(snapshot_formats()),
                "\nHalo catalogues, [snapshot.NAME] catalog_format:\n\n",
                format_rows(catalog_formats()), R"(
  setsz inspect FILE          what a file was taken for, and what it holds
  docs/inputs.md              units, columns and checks of each format
  docs/formats.md             the files that setsz writes
)");
}

std::string units_text() {
  return R"(Products use code units; every dataset names its unit and its powers of a and h.

  length          ckpc/h            comoving kpc/h
  mass            1e10 Msun/h
  velocity        km/s              physical, peculiar
  pressure        comoving: a^3 times the physical one, in
                  1e10 Msun/h (km/s)^2 (ckpc/h)^-3; cubes are in units of P200
  R200, M200      200 times the critical density, at that redshift
  y, tau          dimensionless
  ksz             uK_CMB: -tau v/c T, v away from the observer > 0
  Y               y integrated over solid angle: arcmin^2 in tables of the sky

  docs/units.md               constants, P200, V200 and the conversion to y
  docs/python.md              reading products with units, as keV/cm^3
)";
}

std::string sky_text() {
  return R"(Three ways to HEALPix or CAR maps, each a section [sky.NAME]:

  model = NAME        replicas of a box around an observer: clusters by a
                      network, lighter haloes by a profile; several snapshots
                      with redshift_min, redshift_max make a lightcone
  model = none        the same with a profile alone: no gas and no training
  catalogue = NAME    haloes of [catalogue.NAME] on the sky: no simulation

fields = compton_y, tau, ksz names the maps of the same haloes: Compton y (the
default), the optical depth, and the kinetic SZ effect, which needs velocities.

  setsz options sky           projection, pixels, observer, redshifts, beam
  docs/stages/sky.md          what is painted, and how far it can be trusted
  docs/catalogue_sky.md       a sky from a list of haloes
)";
}

std::string errors_text() {
  return exit_codes_text() + R"(
All ranks exit with the same code, and one message says what is wrong, where,
what was found and expected, and what to do. Complete products are kept in all
cases. After 70, 71 and 75, and after 74 once the disk is repaired, the same
command resumes the work; after 65, 66, 78 and 79 correct the input or the
configuration first.
)";
}

}  // namespace

std::vector<Topic> const& topics() {
  static std::vector<Topic> const all{
      {"pipeline", "the stages, and the products that they make", stages_text},
      {"configuration", "sections of a configuration", configuration_text},
      {"resume", "stopping, resuming, and what is made again", resume_text},
      {"batch", "SLURM, PBS and scripts", batch_text},
      {"formats", "snapshots and catalogues that are read", formats_text},
      {"units", "units of the products", units_text},
      {"sky", "maps of the sky", sky_text},
      {"errors", "exit codes, and what to do", errors_text}};
  return all;
}

std::string exit_codes_text() {
  std::vector<std::pair<ExitCode, std::string_view>> const codes{
      {ExitCode::ok, "complete and verified"},
      {ExitCode::usage, "wrong use of the command line"},
      {ExitCode::bad_data, "bad input data"},
      {ExitCode::missing_input, "missing input"},
      {ExitCode::internal, "internal error, or no progress (watchdog)"},
      {ExitCode::out_of_memory, "out of memory"},
      {ExitCode::cannot_create, "output cannot be created, or another job holds it"},
      {ExitCode::io, "I/O error or full disk"},
      {ExitCode::stopped, "stopped at a checkpoint: run again"},
      {ExitCode::config, "invalid configuration, or one that differs from the run to resume"},
      {ExitCode::diverged, "training diverged"}};
  std::string text = "Exit codes:\n";
  for (auto const& [code, meaning] : codes)
    text += row(std::to_string(static_cast<int>(code)), meaning, 6);
  return text;
}

}  // namespace setsz
