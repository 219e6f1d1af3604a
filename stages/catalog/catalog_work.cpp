// SPDX-License-Identifier: BSD-3-Clause
// What the stage asks of a list as a whole, once it is read.
#include <algorithm>
#include <cmath>
#include <utility>

#include "io/catalogs/overdensity.hpp"
#include "pipeline/base/error.hpp"
#include "stages/catalog/catalog_checks.hpp"
#include "stages/catalog/catalog_stage.hpp"
#include "stages/catalog/hosts_work.hpp"

namespace setsz {

namespace {

constexpr double code_per_msunh = 1e-10;

}  // namespace

/// Collective: what the haloes say of each other and of the box.
void CatalogStage::check_figures(Comm const& comm, std::string const& file,
                                 HaloCatalog const& catalog, Headers const& headers) const {
  CatalogFigures figures;
  double const redshift = 1 / headers.dark_matter.a - 1;
  auto const radius = [&](double mass) {
    return radius_of_mass(options_.mass_definition, snapshot_.cosmology, redshift, mass);
  };
  for (auto const& halo : catalog.halos) {
    auto const& p = halo.position;
    figures.largest_coordinate_ckpch = std::max({figures.largest_coordinate_ckpch, p.x, p.y, p.z});
    if (halo.mass < options_.mass_min_msunh * code_per_msunh) continue;
    if (halo.radius_ckpch > 0)
      figures.radius_ratio.push_back(halo.radius_ckpch / radius(halo.mass));
    if (halo.radius_ckpch > 0 && halo.mass_all > 0)
      figures.radius_ratio_all.push_back(halo.radius_ckpch / radius(halo.mass_all));
    if (halo.dispersion_kms < 0 || !std::isfinite(norm2(halo.velocity))) continue;
    figures.speed_kms.push_back(norm(halo.velocity));
    figures.dispersion_kms.push_back(halo.dispersion_kms);
  }
  for (auto* list : {&figures.radius_ratio, &figures.radius_ratio_all, &figures.speed_kms,
                     &figures.dispersion_kms})
    *list = comm.all_gather_v(*list);
  figures.n_halos = comm.all_sum(std::ssize(catalog.halos));
  figures.largest_coordinate_ckpch = comm.all_max(figures.largest_coordinate_ckpch);
  collectively(comm, "", [&] {
    require_consistent(figures, file, headers.dark_matter.box_ckpch, snapshot_.cosmology.h);
  });
}

/// Collective: one damaged row among good ones.
void CatalogStage::check_clusters(Comm const& comm, std::vector<std::string> const& files,
                                  Checked const& checked, double a) const {
  collectively(comm, "", [&] {
    for (auto const& halo : checked.catalog.halos) {
      if (!is_cluster(halo.mass) || !is_host(halo, checked.hosts)) continue;
      auto const radius = [&](double mass) {
        return mass > 0
                   ? radius_of_mass(options_.mass_definition, snapshot_.cosmology, 1 / a - 1, mass)
                   : -1;
      };
      require_possible(halo, radius(halo.mass), radius(halo.mass_all), a, files.at(halo.file));
    }
  });
}

/// Collective: a cluster that is listed twice, under two ids. Where every halo counts as a host,
/// subhaloes may lie at the centre of theirs.
void CatalogStage::require_distinct(Comm const& comm, std::vector<std::string> const& files,
                                    Checked const& checked, SnapshotHeader const& header) const {
  constexpr double same_place = 0.1;  ///< finders merge what is nearer, and give the rest a PID
  if (options_.hosts == CatalogOptions::Hosts::all) return;
  std::vector<HaloSphere> mine;
  for (auto const& halo : checked.catalog.halos)
    if (is_cluster(halo.mass) && is_host(halo, checked.hosts))
      mine.push_back(sphere_of(halo, header));
  auto const pair = nearly_equal(comm, std::move(mine), header.box_ckpch, same_place);
  if (!pair) return;
  struct Place {
    std::int64_t id, file, line;
    double mass;
  };
  std::vector<Place> places;
  for (auto const& halo : checked.catalog.halos)
    if (halo.id == pair->id || halo.id == pair->other)
      places.push_back({halo.id, halo.file, halo.line, halo.mass});
  places = comm.all_gather_v(places);
  collectively(comm, "", [&] {
    auto const place = [&](Place const& one) {
      return concat("halo ", one.id, " (", files.at(one.file), ":", one.line, ", ",
                    one.mass / code_per_msunh, " Msun/h)");
    };
    fail(ExitCode::bad_data, "two hosts lie ", pair->distance_ckpch,
         " ckpc/h from each other, less than ", same_place, " R200: ", place(places.front()),
         " and ", place(places.back()),
         "; is one cluster listed twice? Remove one of them, or set [catalog] hosts = positions, "
         "which keeps the heavier one");
  });
}

/// Collective. \param a  of the snapshot
void CatalogStage::refuse_empty(Comm const& comm, std::vector<std::string> const& files,
                                double a) const {
  struct HeavyHost {
    double mass, radius_ckpch;
  };
  auto const all = read_halo_catalog(comm, files,
                                     {.definition = options_.mass_definition,
                                      .h = snapshot_.cosmology.h,
                                      .columns = snapshot_.section.catalog_columns},
                                     formats());
  std::vector<HeavyHost> mine{{}};
  std::int64_t n_hosts = 0;
  for (auto const& halo : all.halos) {
    if (!is_host(halo)) continue;
    ++n_hosts;
    if (halo.mass > mine.front().mass) mine.front() = {halo.mass, halo.radius_ckpch};
  }
  n_hosts = comm.all_sum(n_hosts);
  auto const n_halos = comm.all_sum(std::ssize(all.halos));
  mine = comm.all_gather_v(mine);
  auto const [largest, radius] =
      *std::ranges::max_element(mine, {}, [](HeavyHost const& host) { return host.mass; });
  double const expected = largest > 0 ? radius_of_mass(options_.mass_definition,
                                                       snapshot_.cosmology, 1 / a - 1, largest)
                                      : 0;
  throw CollectiveError(
      ExitCode::bad_data,
      concat("no halo of '", files.front(), "' has ", options_.mass_min_msunh, " < M",
             name_of(options_.mass_definition), " < ", options_.mass_max_msunh, " Msun/h (",
             n_halos, " haloes, ", n_hosts, " hosts, the most massive host has ",
             largest / code_per_msunh, " Msun/h)", mass_unit_hint(largest, radius / expected),
             "; lower catalog.mass_min, or set catalog.allow_empty = yes"));
}

}  // namespace setsz
