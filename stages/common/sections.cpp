// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/sections.hpp"

#include <filesystem>

#include "io/h5_sources.hpp"
#include "io/snapshot.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/file_type.hpp"

namespace setsz {

void SnapshotSection::declare(OptionList& options) {
  options.add("mock", mock,
              {.help = "use the universe that the stage mock makes, in place of the three files"});
  options.add("mock_redshift", mock_redshift,
              {.help = "redshift at which the mock makes this snapshot", .min = 0, .max = 10});
  options.add("dark_matter", dark_matter,
              {.help = "gravity-only snapshot: a folder, a file, or a name with * for the number",
               .is_path = true});
  options.add(
      "gas", gas,
      {.help = "gas snapshot of the matched hydrodynamic run, same forms", .is_path = true});
  options.add(
      "catalog", catalog,
      {.help = "halo catalogue of the gravity-only run: one or more files, or a name with * for "
               "the number",
       .is_path = true});
  options.add("format", format,
              {.help = "format of the two snapshots: tng, gadget4, gadget, swift; empty: each is "
                       "recognised by its content (see `setsz inspect`)"});
  options.add("catalog_format", catalog_format,
              {.help = "format of the halo catalogue: rockstar, rockstar_binary, hlist, subfind, "
                       "ahf, table; empty: recognised by its content"});
  options.add(
      "catalog_columns", catalog_columns,
      {.help = "which column of a plain table (text, HDF5, FITS) is what, where names and units do "
               "not tell: WHAT: NAME or WHAT: NAME [UNIT], WHAT one of id, pid, x, y, z, vx, vy, "
               "vz, jx, jy, jz, m200c, r200c, ..., xoff, voff; columns without names are 1, 2, 3, "
               "..."});
  options.add("simulation", simulation,
              {.help = "name of the simulation, for SIMNAME in the headers of maps"});
  options.add("redshift_min", redshift_min,
              {.help = "lower end of the redshifts on the sky for which this snapshot stands",
               .min = 0,
               .max = 20});
  options.add("redshift_max", redshift_max, {.help = "upper end of the same", .min = 0, .max = 20});
}

void SnapshotSection::validate() const {
  require(redshift_min < redshift_max, ExitCode::config, "redshift_min = ", redshift_min,
          " is not below redshift_max = ", redshift_max);
  bool const has_files = !dark_matter.empty() || !gas.empty() || !catalog.empty();
  require(!mock || !has_files, ExitCode::config,
          "mock = yes and names of files (dark_matter, gas, catalog) exclude each other; "
          "remove one of them");
  require(catalog_columns.empty() || catalog_format.empty() || catalog_format == "table",
          ExitCode::config,
          "catalog_columns are for plain tables, and catalog_format = ", catalog_format,
          "; remove one of the two");
}

std::string SnapshotSection::simulation_name() const {
  if (!simulation.empty()) return simulation;
  return mock ? "setsz mock" : "unknown";
}

void CosmologySection::declare(OptionList& options) {
  options.add("omega_m", value.omega_m, {.help = "matter density today", .min = 0.01, .max = 2});
  options.add("omega_l", value.omega_l, {.help = "density of Lambda today", .min = 0, .max = 2});
  options.add("omega_b", value.omega_b, {.help = "baryon density today", .min = 1e-4, .max = 1});
  options.add("h", value.h, {.unit = "100 km/s/Mpc", .help = "H0", .min = 0.1, .max = 2});
  options.add(
      "tolerance", tolerance,
      {.help = "relative difference to headers that is taken as rounding", .min = 0, .max = 0.1});
  options.add("matter_tolerance", matter_tolerance,
              {.help = "relative difference of the particles' mean density from omega_m that is "
                       "accepted, and that of gas above omega_b; 1 or more: not checked",
               .min = 0.001,
               .max = 10,
               .affects = Affects::running});
}

void CosmologySection::validate() const {
  require(value.omega_b < value.omega_m, ExitCode::config, "omega_b = ", value.omega_b,
          " is not below omega_m = ", value.omega_m);
}

void MockFiles::declare(OptionList& options) {
  options.add("n_files", n_files,
              {.help = "files of each snapshot; one rank writes a file", .min = 1, .max = 10000});
}

namespace {

std::vector<std::string> numbered(std::string const& folder, std::int64_t n_files) {
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < n_files; ++i)
    names.push_back(concat(folder, "/snap_000.", i, ".hdf5"));
  return names;
}

std::string mock_folder(std::string const& snapshot) { return "mock/" + snapshot + "/"; }

std::vector<std::string> with_prefix(std::string const& prefix, std::vector<std::string> names) {
  for (auto& name : names) name = prefix + name;
  return names;
}

std::string const& given(std::string const& value, std::string const& snapshot,
                         std::string_view key) {
  require(!value.empty(), ExitCode::config, "[snapshot.", snapshot, "] has no ", key,
          " (a stage needs it); set it, or mock = yes");
  return value;
}

}  // namespace

std::vector<std::string> MockFiles::dark_matter() const { return numbered("dmo", n_files); }
std::vector<std::string> MockFiles::gas() const { return numbered("hydro", n_files); }

std::string SnapshotInstance::dark_matter(std::string const& run_directory) const {
  if (section.mock) return run_directory + "/" + mock_folder(name) + "dmo/snap_000.*.hdf5";
  return given(section.dark_matter, name, "dark_matter");
}

std::string SnapshotInstance::gas(std::string const& run_directory) const {
  if (section.mock) return run_directory + "/" + mock_folder(name) + "hydro/snap_000.*.hdf5";
  return given(section.gas, name, "gas");
}

std::vector<std::string> SnapshotInstance::catalog(std::string const& run_directory) const {
  if (section.mock) return {run_directory + "/" + mock_folder(name) + MockFiles::catalog()};
  require(!section.catalog.empty(), ExitCode::config, "[snapshot.", name,
          "] has no catalog (a stage needs it); set it, or mock = yes");
  std::vector<std::string> files;
  for (auto const& pattern : section.catalog)
    for (auto const& file : find_numbered_files(pattern)) files.push_back(file);
  return files;
}

std::vector<std::string> SnapshotInstance::dark_matter_products() const {
  if (!section.mock) return {};
  return with_prefix(mock_folder(name), mock_files.dark_matter());
}

std::vector<std::string> SnapshotInstance::gas_products() const {
  if (!section.mock) return {};
  return with_prefix(mock_folder(name), mock_files.gas());
}

std::vector<std::string> SnapshotInstance::catalog_products() const {
  if (!section.mock) return {};
  return {mock_folder(name) + MockFiles::catalog()};
}

std::vector<std::string> SnapshotInstance::dark_matter_files() const {
  if (section.mock) return {};
  return with_files_behind(find_snapshot_files(dark_matter(""), snapshot_formats(section.format)));
}

std::vector<std::string> SnapshotInstance::gas_files() const {
  if (section.mock) return {};
  return with_files_behind(find_snapshot_files(gas(""), snapshot_formats(section.format)));
}

std::vector<std::string> SnapshotInstance::catalog_files() const {
  if (section.mock) return {};
  auto files = catalog("");
  for (auto const& file : files) {
    require_no_special_file(file);
    require(type_of(file) == std::filesystem::file_type::regular, ExitCode::missing_input,
            "no halo catalogue '", file, "' (from [snapshot.", name, "] catalog)");
  }
  return files;
}

std::vector<SnapshotInstance> snapshot_instances(Configuration const& configuration) {
  auto const cosmology = configuration.get<CosmologySection>();
  auto const mock_files = configuration.get<MockFiles>();
  std::vector<SnapshotInstance> instances;
  for (auto const& name : configuration.names(SnapshotSection::section))
    instances.push_back({name, configuration.get<SnapshotSection>("snapshot." + name),
                         cosmology.value, cosmology.tolerance, mock_files,
                         cosmology.matter_tolerance});
  return instances;
}

namespace products {

std::string clusters(std::string const& snapshot) { return "catalog/" + snapshot + "/clusters.h5"; }
std::string halos(std::string const& snapshot) { return "catalog/" + snapshot + "/halos.h5"; }
std::string particles(std::string const& snapshot) {
  return "extract/" + snapshot + "/particles.h5";
}
std::string pressure(std::string const& snapshot) {
  return "voxelize/" + snapshot + "/pressure.h5";
}
std::string moments(std::string const& snapshot) { return "moments/" + snapshot + "/moments.h5"; }
std::string gnfw(std::string const& snapshot, std::int64_t fold) {
  return concat("fit/", snapshot, "/fold", fold, "/gnfw.json");
}
std::string gas_grid(std::string const& snapshot, std::int64_t n_grid) {
  return concat("paint/", snapshot, "/gas.", n_grid, "/grid.h5");
}
std::string skirt(std::string const& snapshot) { return "fit/" + snapshot + "/skirt/skirt.json"; }
std::string trained(ModelInstance const& network) {
  return "train/" + network.path() + "/model.h5";
}
std::string residuals(std::string const& snapshot, std::string const& model, std::int64_t fold) {
  return concat("residuals/", snapshot, "/", model, "/fold", fold, "/shells.h5");
}
std::string prediction(std::string const& snapshot, std::string const& model, std::int64_t fold,
                       Member const& member) {
  return "predict/" + model_path(snapshot, model, fold, member) + "/prediction.h5";
}
std::string samples(std::string const& snapshot, std::string const& model, std::int64_t fold,
                    Member const& member) {
  return "predict/" + model_path(snapshot, model, fold, member) + "/samples.h5";
}

}  // namespace products

}  // namespace setsz
