// SPDX-License-Identifier: BSD-3-Clause
#include "stages/catalog/catalog_stage.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/catalog/headers_agree.hpp"
#include "stages/common/overdensity.hpp"
#include "stages/common/snapshot_check.hpp"

namespace setsz {

namespace {

constexpr int stage_version = 1;
constexpr double code_per_msunh = 1e-10;

void append(std::vector<std::string>& to, std::vector<std::string> const& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

void CatalogOptions::declare(OptionList& options) {
  options.add("mass_min", mass_min_msunh,
              {.unit = "Msun/h", .help = "haloes above it are clusters", .min = 1e8, .max = 1e17});
  options.add("mass_max", mass_max_msunh,
              {.unit = "Msun/h", .help = "and below it", .min = 1e8, .max = 1e17});
  options.add(
      "fill_mass_min", fill_mass_min_msunh,
      {.unit = "Msun/h",
       .help = "haloes from here on that are no clusters are kept to fill the maps (paint, sky)",
       .min = 1e8,
       .max = 1e17});
  options.add("mass_definition", mass_definition,
              {{"200c", MassDefinition::m200c},
               {"200m", MassDefinition::m200m},
               {"500c", MassDefinition::m500c},
               {"vir", MassDefinition::vir}},
              {.help = "overdensity that defines mass and radius"});
  options.add("hosts", hosts, {{"parents", Hosts::parents}, {"all", Hosts::all}},
              {.help = "parents: only haloes with PID = -1; all: subhaloes too"});
  options.add("folds", split.n_folds,
              {.help = "1: one split; k: k-fold cross-validation, every cluster is tested once",
               .min = 1,
               .max = 100});
  options.add("validation_fraction", split.validation_fraction,
              {.help = "share of the clusters that validate", .min = 0, .max = 0.5});
  options.add("testing_fraction", split.testing_fraction,
              {.help = "share of the clusters that test; with one fold", .min = 0, .max = 0.5});
  options.add("allow_empty", allow_empty,
              {.help = "a snapshot without any cluster is no error (shells of a lightcone)"});
}

void CatalogOptions::validate() const {
  require(mass_min_msunh < mass_max_msunh, ExitCode::config, "mass_min = ", mass_min_msunh,
          " is not below mass_max = ", mass_max_msunh);
  require(fill_mass_min_msunh <= mass_min_msunh, ExitCode::config,
          "fill_mass_min = ", fill_mass_min_msunh, " is above mass_min = ", mass_min_msunh,
          "; equal values mean no fill");
  double const tested = split.n_folds == 1 ? split.testing_fraction : 1 / real(split.n_folds);
  require(split.validation_fraction + tested < 1, ExitCode::config,
          "validation_fraction = ", split.validation_fraction, " and the testing share ", tested,
          " leave nothing to train on");
}

CatalogStage::CatalogStage(Configuration const& configuration, SnapshotInstance snapshot)
    : options_(configuration.get<CatalogOptions>()), snapshot_(std::move(snapshot)) {
  options_.split.seed = static_cast<std::uint64_t>(configuration.get<RunOptions>().seed);
  described_.add("catalog.version", stage_version);
  described_.add("run.seed", options_.split.seed);
  configuration.describe<CatalogOptions>(described_);
  configuration.describe<CosmologySection>(described_);
}

std::vector<std::string> CatalogStage::input_products() const {
  auto names = snapshot_.catalog_products();
  append(names, snapshot_.dark_matter_products());
  append(names, snapshot_.gas_products());
  return names;
}

std::vector<std::string> CatalogStage::input_files() const {
  auto names = snapshot_.catalog_files();
  append(names, snapshot_.dark_matter_files());
  if (!snapshot_.section.gas.empty()) append(names, snapshot_.gas_files());
  return names;
}

void CatalogStage::describe(Fingerprint& fingerprint) const {
  for (auto const& [key, value] : described_.lines()) fingerprint.add(key, value);
}

CatalogStage::Headers CatalogStage::read_headers(Comm const& comm,
                                                 std::string const& run_directory) const {
  Headers headers;
  headers.dark_matter =
      open_snapshot(comm, snapshot_, run_directory, Snapshot::Kind::dark_matter).header();
  if (snapshot_.section.mock || !snapshot_.section.gas.empty())
    headers.gas = open_snapshot(comm, snapshot_, run_directory, Snapshot::Kind::gas).header();
  return headers;
}

void CatalogStage::preflight(Comm const& comm) const {
  if (snapshot_.section.mock) return;  // the files do not exist before the mock has run
  // No mass is this large: header and columns are checked, every line is parsed, none is kept.
  auto const files = snapshot_.catalog("");
  auto const catalog = read_rockstar(comm, files, options_.mass_definition, HUGE_VAL);
  auto const headers = read_headers(comm, "");
  require_headers_agree(catalog.header, files.front(), headers.dark_matter, headers.gas,
                        snapshot_.cosmology, snapshot_.tolerance);
}

Estimate CatalogStage::estimate(std::string const& run_directory, int n_ranks) const {
  double bytes = 0;
  for (auto const& file : snapshot_.catalog(run_directory)) {
    std::error_code missing;
    auto const size = std::filesystem::file_size(file, missing);
    if (!missing) bytes += real(size);
  }
  // A line has about 400 bytes and becomes a record of 200 in the worst case, that all are kept.
  constexpr double parsed_bytes_per_second = 60e6;
  Estimate estimate;
  estimate.memory_bytes = 50e6 + 1.5 * bytes / n_ranks;
  estimate.output_bytes = 0.2 * bytes;
  estimate.seconds = 0.2 + bytes / parsed_bytes_per_second / n_ranks;
  estimate.note = concat("catalogue of ", human_bytes(bytes));
  return estimate;
}

bool CatalogStage::is_host(Halo const& halo) const {
  return options_.hosts == CatalogOptions::Hosts::all || halo.parent_id == -1;
}

ClusterTable CatalogStage::empty_table(SnapshotHeader const& header) const {
  ClusterTable table;
  table.box_ckpch = header.box_ckpch;
  table.a = header.a;
  table.redshift = 1 / header.a - 1;
  table.cosmology = header.cosmology;
  table.cosmology.omega_b = snapshot_.cosmology.omega_b;
  table.mass_definition = name_of(options_.mass_definition);
  table.mass_min = options_.mass_min_msunh * code_per_msunh;
  table.n_folds = options_.split.n_folds;
  return table;
}

Cluster CatalogStage::make_cluster(Halo const& halo, double redshift) const {
  auto const& cosmology = snapshot_.cosmology;
  double const radius = radius_of_mass(options_.mass_definition, cosmology, redshift, halo.mass);
  auto const scales = halo_scales(cosmology, redshift, halo.mass, radius);
  return {.id = halo.id,
          .position = halo.position,
          .velocity = halo.velocity,
          .m200c = halo.mass,
          .r200c = scales.r200c_ckpch,
          .v200 = scales.v200_kms,
          .p200 = scales.p200_code,
          .xoff_ckpch = halo.xoff_ckpch,
          .voff_kms = halo.voff_kms,
          .angular_momentum = halo.angular_momentum};
}

void CatalogStage::refuse_empty(Comm const& comm, std::vector<std::string> const& files) const {
  auto const all = read_rockstar(comm, files, options_.mass_definition, 0);
  std::int64_t n_hosts = 0;
  double largest = 0;
  for (auto const& halo : all.halos) {
    if (!is_host(halo)) continue;
    ++n_hosts;
    largest = std::max(largest, halo.mass);
  }
  n_hosts = comm.all_sum(n_hosts);
  auto const n_halos = comm.all_sum(std::ssize(all.halos));
  largest = comm.all_max(largest);
  throw CollectiveError(
      ExitCode::bad_data,
      concat("no halo of '", files.front(), "' has ", options_.mass_min_msunh, " < M",
             name_of(options_.mass_definition), " < ", options_.mass_max_msunh, " Msun/h (",
             n_halos, " haloes, ", n_hosts, " hosts, the most massive host has ",
             largest / code_per_msunh,
             " Msun/h); lower catalog.mass_min, or set catalog.allow_empty = yes"));
}

/// With STRICT_SO a list's masses are those of the bound particles; the gas is that of all.
/// \param ratios  bound over all, of the clusters of this rank whose catalogue has both
void CatalogStage::compare_masses(Context& context, std::vector<double> ratios) const {
  ratios = context.comm().all_gather_v(ratios);
  if (ratios.empty()) return;
  auto const middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
  std::nth_element(ratios.begin(), middle, ratios.end());
  double const median = *middle;
  context.note("median_bound_over_all_mass", median);
  auto const text = concat("catalog: the bound M200c, which is used, is ", median,
                           " times that of all particles (median of ", ratios.size(),
                           " clusters whose catalogue has both)");
  if (std::abs(median - 1) > 0.05)
    Log::warn(text, "; masses and radii here are not those of the spheres that hold the gas");
  else
    Log::info(text);
}

void CatalogStage::run(Context& context) {
  auto const& comm = context.comm();
  auto const& run_directory = context.options().directory;
  auto const files = snapshot_.catalog(run_directory);
  auto const headers = read_headers(comm, run_directory);
  auto const catalog = read_rockstar(comm, files, options_.mass_definition,
                                     options_.fill_mass_min_msunh * code_per_msunh);
  mark_progress("catalog read");
  // What follows is the same on all ranks, so an error is too: `collectively` only says so.
  collectively(comm, "", [&] {
    require_headers_agree(catalog.header, files.front(), headers.dark_matter, headers.gas,
                          snapshot_.cosmology, snapshot_.tolerance);
    require(catalog.header.has_parents || options_.hosts == CatalogOptions::Hosts::all,
            ExitCode::bad_data, "'", files.front(),
            "' has no column PID, so hosts and subhaloes cannot be told apart; give the output of "
            "find_parents, or set catalog.hosts = all to treat every halo as a host");
  });
  if (options_.hosts == CatalogOptions::Hosts::all)
    Log::warn("catalog: hosts = all: subhaloes count as clusters of their own");

  if (catalog.header.n_leftover_names > 0)
    Log::warn("catalog: the header of '", files.front(), "' has ", catalog.header.n_leftover_names,
              " names of columns that its find_parents does not write; they are left out. A list "
              "with all columns and PID needs no such guess");

  auto table = empty_table(headers.dark_matter);
  std::vector<Cluster> mine;
  std::vector<FillHalo> fill;
  std::vector<double> bound_over_all;
  for (auto const& halo : catalog.halos) {
    if (!is_host(halo)) continue;
    auto const cluster = make_cluster(halo, table.redshift);
    bool const selected =
        halo.mass >= table.mass_min && halo.mass < options_.mass_max_msunh * code_per_msunh;
    if (selected && halo.mass_all > 0) bound_over_all.push_back(halo.mass / halo.mass_all);
    if (selected)
      mine.push_back(cluster);
    else
      fill.push_back({cluster.id, cluster.position, cluster.m200c, cluster.r200c});
  }
  compare_masses(context, std::move(bound_over_all));
  table.clusters = comm.all_gather_v(mine);
  if (table.clusters.empty() && !options_.allow_empty) refuse_empty(comm, files);
  std::sort(table.clusters.begin(), table.clusters.end(), [&](Cluster const& a, Cluster const& b) {
    return in_row_order(a.position, a.id, b.position, b.id, table.box_ckpch);
  });
  std::vector<std::int64_t> ids;
  for (auto const& cluster : table.clusters) ids.push_back(cluster.id);
  table.split = split_clusters(ids, options_.split);

  auto const n_fill = comm.all_sum(std::ssize(fill));
  write_clusters(comm, context.part("clusters.h5"), table);
  write_fill_halos(comm, context.part("halos.h5"), table,
                   options_.fill_mass_min_msunh * code_per_msunh, std::move(fill));

  double largest = 0;
  for (auto const& cluster : table.clusters) largest = std::max(largest, cluster.m200c);
  auto const n_training = table.rows_of(Split::training, 0).size();
  auto const n_validation = table.rows_of(Split::validation, 0).size();
  auto const n_testing = table.rows_of(Split::testing, 0).size();
  context.note("clusters", table.size());
  context.note("fill_haloes", n_fill);
  context.note("largest_mass_msunh", largest / code_per_msunh);
  context.note("training", n_training);
  context.note("validation", n_validation);
  context.note("testing", n_testing);
  Log::info("catalog: ", table.size(), " clusters above ", options_.mass_min_msunh, " Msun/h (M",
            table.mass_definition, ", largest ", largest / code_per_msunh, "), split ", n_training,
            "/", n_validation, "/", n_testing, table.n_folds > 1 ? " in each fold; " : "; ", n_fill,
            " haloes to fill the maps");
}

void add_catalog_stages(Configuration const& configuration,
                        std::vector<std::unique_ptr<Stage>>& stages) {
  for (auto& snapshot : snapshot_instances(configuration))
    stages.push_back(std::make_unique<CatalogStage>(configuration, snapshot));
}

}  // namespace setsz
