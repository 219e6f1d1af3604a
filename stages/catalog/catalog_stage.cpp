// SPDX-License-Identifier: BSD-3-Clause
#include "stages/catalog/catalog_stage.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <utility>

#include "io/catalogs/overdensity.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/catalog/catalog_checks.hpp"
#include "stages/catalog/headers_agree.hpp"
#include "stages/catalog/hosts_work.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/row_order.hpp"
#include "stages/common/snapshot_check.hpp"

namespace setsz {

namespace {

constexpr double code_per_msunh = 1e-10;

/// Nobody can tell a host from a subhalo whose parent is not there.
void require_parents(std::vector<HaloLink> const& links, std::vector<std::int64_t> const& missing,
                     bool none_found, std::string const& file) {
  if (!none_found) return;
  for (auto const& link : links)
    require(link.parent != missing.front(), ExitCode::bad_data, "halo ", link.id, " of ",
            link.mass / code_per_msunh, " Msun/h in '", file, "' has the parent ", link.parent,
            " (PID), which is not in the catalogue (", missing.size(),
            " parents are missing). A list that was cut by mass or region cannot tell hosts from "
            "subhaloes; give the whole list, or set [catalog] hosts = parents to keep only haloes "
            "with PID = -1");
}

void append(std::vector<std::string>& to, std::vector<std::string> const& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

CatalogStage::CatalogStage(Configuration const& configuration, SnapshotInstance snapshot)
    : snapshot_(std::move(snapshot)) {
  record_ = {.stage = "catalog", .instance = snapshot_.name, .version = 2};
  record_.inputs = snapshot_.catalog_products();
  append(record_.inputs, snapshot_.dark_matter_products());
  append(record_.inputs, snapshot_.gas_products());
  record_.outputs = {"clusters.h5", "halos.h5"};
  record_.files = [instance = snapshot_] {
    auto names = instance.catalog_files();
    append(names, instance.dark_matter_files());
    if (!instance.section.gas.empty()) append(names, instance.gas_files());
    return names;
  };
  options_ = record_.take<CatalogOptions>(configuration);
  options_.split.seed = static_cast<std::uint64_t>(configuration.get<RunOptions>().seed);
  record_.take<CosmologySection>(configuration);
  record_.settings.add("run.seed", options_.split.seed);
  if (auto const& columns = snapshot_.section.catalog_columns; !columns.empty())
    record_.settings.add("snapshot.catalog_columns", join(columns, ", "));
  auto const& like = options_.split_like;
  if (like.empty()) return;
  auto const known = configuration.names(SnapshotSection::section);
  require(std::ranges::find(known, like) != known.end(), ExitCode::config,
          configuration.where("catalog"), ": split_like = ", like, ": there is no [snapshot.", like,
          "]; the nearest one is ", nearest(like, known));
  if (like == snapshot_.name) return;
  split_like_ = like;
  record_.inputs.push_back(products::clusters(split_like_));
  record_.settings.add("catalog.split_like", split_like_);
}

CatalogFormats CatalogStage::formats() const {
  auto const& section = snapshot_.section;
  return catalog_formats(section.catalog_columns.empty() ? section.catalog_format : "table");
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

/// Headers are compared before a row is read, and rows with the box of the snapshot.
CatalogRequest CatalogStage::request(std::string const& first_file, Headers const& headers) const {
  auto const check = [this, first_file, headers](HaloCatalogHeader const& header,
                                                 std::string const& path) {
    require_headers_agree(header, path, headers.dark_matter, headers.gas, snapshot_.cosmology,
                          snapshot_.tolerance);
    bool const by_parents = options_.hosts == CatalogOptions::Hosts::parents ||
                            options_.hosts == CatalogOptions::Hosts::heavier;
    require(header.has_parents || !by_parents, ExitCode::bad_data, "'", path,
            "' has no column PID, which distinguishes hosts from subhaloes; use the output of "
            "find_parents, or set catalog.hosts = positions to find subhaloes by positions and "
            "radii, or = all to treat every halo as a host");
  };
  return {.definition = options_.mass_definition,
          .mass_min_1e10msunh = options_.fill_mass_min_msunh * code_per_msunh,
          .box_ckpch = headers.dark_matter.box_ckpch,
          .h = snapshot_.cosmology.h,
          .columns = snapshot_.section.catalog_columns,
          .check = check};
}

CatalogStage::Checked CatalogStage::read_checked(Comm const& comm,
                                                 std::vector<std::string> const& files,
                                                 Headers const& headers) const {
  auto const wanted = request(files.front(), headers);
  Checked checked{.catalog = read_halo_catalog(comm, files, wanted, formats()), .hosts = {}};
  mark_progress("catalog read");
  if (options_.hosts == CatalogOptions::Hosts::heavier)
    checked.hosts = find_hosts(comm, files, wanted, checked.catalog.halos);
  if (options_.hosts == CatalogOptions::Hosts::positions)
    demote_inside_heavier(comm, checked, headers.dark_matter);
  check_figures(comm, files.front(), checked.catalog, headers);
  check_clusters(comm, files, checked, headers.dark_matter.a);
  require_distinct(comm, files, checked, headers.dark_matter);
  return checked;
}

/// Collective: finds the parents of the subhaloes that are not lighter than theirs, and their
/// parents, wherever they are in the list.
HostChanges CatalogStage::find_hosts(Comm const& comm, std::vector<std::string> const& files,
                                     CatalogRequest const& request,
                                     std::vector<Halo> const& halos) const {
  auto const link_of = [](Halo const& halo) {
    return HaloLink{halo.id, halo.parent_id, halo.mass};
  };
  std::vector<HaloLink> mine;
  mine.reserve(halos.size());
  for (auto const& halo : halos) mine.push_back(link_of(halo));
  auto links = comm.all_gather_v(not_lighter_than_parents(comm, std::move(mine)));
  std::unordered_map<std::int64_t, Halo const*> kept;
  for (auto const& halo : halos) kept.emplace(halo.id, &halo);
  for (auto missing = missing_parents(links); !missing.empty(); missing = missing_parents(links)) {
    std::vector<HaloLink> own;
    for (auto const id : missing)
      if (auto const found = kept.find(id); found != kept.end())
        own.push_back(link_of(*found->second));
    auto found = comm.all_gather_v(own);
    // Parents that are too light to be kept: the whole list is searched for them.
    if (found.empty()) found = find_halos(comm, files, request, missing, formats());
    links.insert(links.end(), found.begin(), found.end());
    collectively(comm, "", [&] { require_parents(links, missing, found.empty(), files.front()); });
  }
  HostChanges changes;
  collectively(comm, "catalog: hosts", [&] { changes = hosts_by_mass(links); });
  return changes;
}

HaloSphere CatalogStage::sphere_of(Halo const& halo, SnapshotHeader const& header) const {
  return {
      halo.id, halo.position, halo.mass,
      radius_of_mass(options_.mass_definition, snapshot_.cosmology, 1 / header.a - 1, halo.mass)};
}

/// Collective. Haloes that are too light to be kept are not needed: only heavier ones make a
/// subhalo.
void CatalogStage::demote_inside_heavier(Comm const& comm, Checked& checked,
                                         SnapshotHeader const& header) const {
  std::vector<HaloSphere> spheres;
  spheres.reserve(checked.catalog.halos.size());
  for (auto const& halo : checked.catalog.halos) spheres.push_back(sphere_of(halo, header));
  checked.hosts.demoted = inside_heavier(comm, std::move(spheres), header.box_ckpch);
  checked.n_inside = comm.all_sum(std::ssize(checked.hosts.demoted));
}

bool CatalogStage::is_cluster(double mass) const {
  return mass >= options_.mass_min_msunh * code_per_msunh &&
         mass < options_.mass_max_msunh * code_per_msunh;
}

void CatalogStage::preflight(Comm const& comm, Outlook& outlook) const {
  if (snapshot_.section.mock) {
    auto const* mock = outlook.expected<ExpectedMock>(mock_product(snapshot_.name));
    if (!mock) return;  // it exists: checked when it was made
    auto const selected = select(mock->halos, {}, 1 / mock->dark_matter.header.a - 1);
    // Every rank holds all haloes of a mock.
    expect(comm, outlook, mock->dark_matter.header, comm.is_root() ? selected : Selected{});
    return;
  }
  auto const headers = read_headers(comm, "");
  auto const checked = read_checked(comm, snapshot_.catalog(""), headers);
  expect(comm, outlook, headers.dark_matter,
         select(checked.catalog.halos, checked.hosts, 1 / headers.dark_matter.a - 1));
}

/// Tells the stages behind this one which clusters and haloes there will be.
void CatalogStage::expect(Comm const& comm, Outlook& outlook, SnapshotHeader const& header,
                          Selected const& selected) const {
  constexpr std::size_t enough_of_a_rank = 256;
  auto table = make_table(comm, header, selected.clusters);
  collectively(comm, "catalog: split_like", [&] { split(table, expected_other(outlook)); });
  if (table.clusters.empty() && !options_.allow_empty && !snapshot_.section.mock)
    refuse_empty(comm, snapshot_.catalog(""), header.a);
  ExpectedFill fill{.n = comm.all_sum(std::ssize(selected.fill)), .r200c = {}};
  auto const step = std::max<std::size_t>(1, selected.fill.size() / enough_of_a_rank);
  for (std::size_t i = 0; i < selected.fill.size(); i += step)
    fill.r200c.push_back(selected.fill[i].r200c);
  fill.r200c = comm.all_gather_v(fill.r200c);
  outlook.expect(products::clusters(snapshot_.name), std::move(table));
  outlook.expect(products::halos(snapshot_.name), std::move(fill));
}

Estimate CatalogStage::estimate(Outlook const& outlook, int n_ranks) const {
  double bytes = 0;
  auto const table = expected_clusters(outlook, snapshot_.name);
  auto const fill = expected_fill(outlook, snapshot_.name);
  if (snapshot_.section.mock) {
    constexpr double bytes_per_line = 400;
    if (auto const* mock = outlook.expected<ExpectedMock>(mock_product(snapshot_.name)))
      bytes = real(mock->halos.size()) * bytes_per_line;
  } else {
    for (auto const& file : snapshot_.catalog_files())
      bytes += real(std::filesystem::file_size(file));
  }
  constexpr double parsed_bytes_per_second = 60e6, bytes_per_cluster = 130, bytes_per_fill = 72;
  constexpr double bytes_per_host = 400;  // its line, its row, and the same while they are sorted
  auto const n_clusters = real(table.size()), n_fill = real(fill.n);
  double const copies = n_ranks > 1 ? 2 : 1;  // of the rows, while ranks of a node share them
  Estimate estimate;
  estimate.memory_bytes = (bytes + (n_clusters + n_fill) * bytes_per_host) / n_ranks +
                          copies * n_clusters * bytes_per_cluster;
  estimate.output_bytes = n_clusters * bytes_per_cluster + n_fill * bytes_per_fill;
  estimate.seconds = 0.1 + bytes / parsed_bytes_per_second / n_ranks;
  estimate.note = concat("catalogue of ", human_bytes(bytes), ": ", table.size(), " clusters, ",
                         fill.n, " haloes to fill the maps");
  return estimate;
}

bool CatalogStage::is_host(Halo const& halo, HostChanges const& changes) const {
  if (options_.hosts == CatalogOptions::Hosts::all) return true;
  if (changes.promoted.contains(halo.id)) return true;
  bool const by_position = options_.hosts == CatalogOptions::Hosts::positions;
  return (by_position || halo.parent_id == -1) && !changes.demoted.contains(halo.id);
}

/// Collective: the clusters of all ranks in the order of rows, with their split.
ClusterTable CatalogStage::make_table(Comm const& comm, SnapshotHeader const& header,
                                      std::vector<Cluster> mine) const {
  ClusterTable table;
  table.box_ckpch = header.box_ckpch;
  table.a = header.a;
  table.redshift = 1 / header.a - 1;
  table.cosmology = header.cosmology;
  table.cosmology.omega_b = snapshot_.cosmology.omega_b;
  table.mass_definition = name_of(options_.mass_definition);
  table.mass_min = options_.mass_min_msunh * code_per_msunh;
  table.n_folds = options_.split.n_folds;
  table.clusters = NodeRows<Cluster>::gathered(
      comm, sorted_over_ranks(comm, std::move(mine), table.box_ckpch), "the table of clusters");
  collectively(comm, "", [&] {
    require(table.clusters.empty() || table.size() >= table.n_folds, ExitCode::config,
            "[catalog] folds = ", table.n_folds, ", but there are only ", table.size(),
            " clusters; use fewer folds or lower [catalog] mass_min");
  });
  return table;
}

std::int64_t CatalogStage::split(ClusterTable& table,
                                 std::optional<ClusterTable> const& other) const {
  if (!other) {
    std::vector<std::int64_t> ids;
    for (auto const& cluster : table.clusters) ids.push_back(cluster.id);
    table.split = split_clusters(ids, options_.split);
    return 0;
  }
  require(other->n_folds == table.n_folds, ExitCode::config, "the clusters of '", split_like_,
          "' have ", other->n_folds, " folds, [catalog] folds = ", table.n_folds,
          "; run the stage catalog for '", split_like_, "' again");
  auto inherited = setsz::split_like(table, *other, options_.split);
  table.split = std::move(inherited.split);
  return inherited.n_matched;
}

/// Nothing while it is not known: the plan then has a split of its own, of the same sizes.
std::optional<ClusterTable> CatalogStage::expected_other(Outlook const& outlook) const {
  if (split_like_.empty()) return {};
  return known_clusters(outlook, split_like_);
}

CatalogStage::Selected CatalogStage::select(std::vector<Halo> const& halos,
                                            HostChanges const& changes, double redshift) const {
  double const fill_mass_min = options_.fill_mass_min_msunh * code_per_msunh;
  Selected selected;
  for (auto const& halo : halos) {
    if (!is_host(halo, changes) || halo.mass < fill_mass_min) continue;
    auto const cluster = make_cluster(halo, redshift);
    if (!is_cluster(halo.mass)) {
      selected.fill.push_back(
          {cluster.id, cluster.position, cluster.m200c, cluster.r200c, cluster.velocity});
      continue;
    }
    if (halo.mass_all > 0) selected.bound_over_all.push_back(halo.mass / halo.mass_all);
    selected.clusters.push_back(cluster);
  }
  return selected;
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

/// With STRICT_SO a list's masses are those of the bound particles; the gas is that of all.
/// \param ratios  bound over all, of the clusters of this rank whose catalogue has both
void CatalogStage::compare_masses(Context& context, std::vector<double> ratios) const {
  ratios = context.comm().all_gather_v(ratios);
  if (ratios.empty()) return;
  auto const middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
  std::nth_element(ratios.begin(), middle, ratios.end());
  double const median = *middle;
  context.note("median_bound_over_all_mass", median);
  auto const text = concat("catalog: the bound M200c, which setsz uses, is ", median,
                           " times that of all particles (median of ", ratios.size(),
                           " clusters with both masses in the catalogue)");
  if (std::abs(median - 1) > 0.05)
    Log::warn(text, "; masses and radii differ from those of the spheres that contain the gas");
  else
    Log::info(text);
}

void CatalogStage::warn(Checked const& checked, Headers const& headers,
                        std::string const& file) const {
  auto const& header = checked.catalog.header;
  if (options_.hosts == CatalogOptions::Hosts::all)
    Log::warn("catalog: with hosts = all, subhaloes count as clusters");
  if (options_.hosts == CatalogOptions::Hosts::positions)
    Log::warn("catalog: ", checked.n_inside, " haloes whose centre lies within R",
              name_of(options_.mass_definition),
              " of a heavier one are taken as its subhaloes (hosts = positions)");
  if (header.n_leftover_names > 0)
    Log::warn("catalog: the header of '", file, "' has ", header.n_leftover_names,
              " column names for which find_parents writes no values; they are ignored. A list "
              "with all columns and PID avoids this guess");
  if (header.n_left_out > 0)
    Log::warn("catalog: ", header.n_left_out, " values of velocities, J, Xoff or Voff in '", file,
              "' are no numbers or negative; those of clusters are computed from the particles");
  warn_of_massless(checked.catalog.massless, file);
  if (!checked.hosts.promoted.empty())
    Log::warn("catalog: ", checked.hosts.promoted.size(), " haloes (",
              *std::min_element(checked.hosts.promoted.begin(), checked.hosts.promoted.end()),
              ", ...) are listed as subhaloes of lighter ones. They are taken as hosts, and ",
              checked.hosts.demoted.size(),
              " lighter ones are left out; [catalog] hosts = parents keeps the list's word");
  if (auto const others = other_types(headers.dark_matter, snapshot_.cosmology); !others.empty())
    Log::warn("catalog: the gravity-only snapshot also holds ", others,
              ", which are not read (low-resolution particles of a zoom?)");
}

void CatalogStage::warn_of_massless(MasslessHalos const& massless, std::string const& file) const {
  auto const name = name_of(options_.mass_definition);
  if (massless.n > 0)
    Log::warn("catalog: ", massless.n, " haloes in '", file, "' have M", name,
              " = 0 and other masses of up to ", massless.largest_other / code_per_msunh,
              " Msun/h; they are left out. Where they are clusters, another [catalog] "
              "mass_definition keeps them");
  if (massless.n_without_another > 0)
    Log::warn("catalog: ", massless.n_without_another, " haloes in '", file, "' have M", name,
              " = 0; they are left out. Where 0 stands for a missing mass, give them one");
}

void CatalogStage::run(Context& context) {
  auto const& comm = context.comm();
  auto const& run_directory = context.options().directory;
  auto const files = snapshot_.catalog(run_directory);
  auto const headers = read_headers(comm, run_directory);
  auto const checked = read_checked(comm, files, headers);
  warn(checked, headers, files.front());
  context.note("hosts_by_mass", std::ssize(checked.hosts.promoted));
  auto selected = select(checked.catalog.halos, checked.hosts, 1 / headers.dark_matter.a - 1);
  compare_masses(context, std::move(selected.bound_over_all));
  auto table = make_table(comm, headers.dark_matter, std::move(selected.clusters));
  std::optional<ClusterTable> other;
  if (!split_like_.empty())
    other = read_clusters(comm, context.product(products::clusters(split_like_)));
  collectively(comm, "catalog: split", [&] {
    auto const n_matched = split(table, other);
    if (!other) return;
    context.note("split_like_matched", n_matched);
    Log::info("catalog: ", n_matched, " of ", table.size(), " clusters of '", snapshot_.name,
              "' have the part of a cluster of '", split_like_, "' within ", twin_radius_r200,
              " of its R200; the others have their own");
  });
  if (table.clusters.empty() && !options_.allow_empty)
    refuse_empty(comm, files, headers.dark_matter.a);
  auto const n_fill = comm.all_sum(std::ssize(selected.fill));
  write_clusters(comm, context.part("clusters.h5"), table);
  write_fill_halos(comm, context.part("halos.h5"), table,
                   options_.fill_mass_min_msunh * code_per_msunh, std::move(selected.fill));
  report(context, table, n_fill);
}

void CatalogStage::report(Context& context, ClusterTable const& table, std::int64_t n_fill) const {
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

void add_catalog_stages(Blueprint const& blueprint, StageList& stages) {
  auto const& configuration = blueprint.configuration;
  auto const like = configuration.get<CatalogOptions>().split_like;
  for (bool const first : {true, false})  // others read what it makes
    for (auto const& snapshot : blueprint.snapshots)
      if ((snapshot.name == like) == first)
        stages.push_back(std::make_unique<CatalogStage>(configuration, snapshot));
}

}  // namespace setsz
