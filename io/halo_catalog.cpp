// SPDX-License-Identifier: BSD-3-Clause
#include "io/halo_catalog.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "io/catalogs/table.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

namespace {

void check_same_header(HaloCatalogHeader const& first, HaloCatalogHeader const& other,
                       std::string const& first_path, std::string const& path) {
  auto const same = [&](auto const& a, auto const& b, char const* what) {
    require(a == b, ExitCode::bad_data, "'", path, "' and '", first_path, "' differ in ", what,
            " (", b.value_or(0), ", ", a.value_or(0),
            "); do the files belong to different snapshots?");
  };
  same(first.a, other.a, "a");
  same(first.omega_m, other.omega_m, "Om");
  same(first.h, other.h, "h");
  same(first.box_mpch, other.box_mpch, "box size");
}

CatalogFormat const& catalog_format_of(std::string const& path, CatalogFormats formats) {
  // Any table may be a plain one, once it is said which column is what.
  if (formats.size() == 1 && formats[0].key == table_format().key) return formats[0];
  FileProbe const probe(path);
  bool const named = probe.is_hdf5() || probe.head().empty() || probe.text_head().starts_with('#');
  return format_of(probe, formats, "halo catalogue",
                   named ? "" : ", with no line of column names (#...) at its head");
}

/// Halos meet their namesakes on rank id % size.
class HomeOrder {
 public:
  HomeOrder(std::vector<Halo> const& halos, int n_ranks) : counts_(n_ranks), order_(halos.size()) {
    for (auto const& halo : halos) ++counts_[halo.id % n_ranks];
    std::vector<std::int64_t> next(n_ranks);
    for (int r = 1; r < n_ranks; ++r) next[r] = next[r - 1] + counts_[r - 1];
    for (std::int64_t i = 0; i < std::ssize(halos); ++i) order_[next[halos[i].id % n_ranks]++] = i;
  }
  /// How many go to each rank.
  std::vector<std::int64_t> const& counts() const { return counts_; }
  /// Which halo is sent first, second, ...
  std::vector<std::int64_t> const& order() const { return order_; }

 private:
  std::vector<std::int64_t> counts_, order_;
};

void check_unique_ids(Comm const& comm, std::vector<Halo> const& halos,
                      std::vector<std::string> const& files) {
  struct Place {
    std::int64_t id, line;
  };
  HomeOrder const home(halos, comm.size());
  std::vector<Place> places;
  for (auto const i : home.order()) places.push_back({halos[i].id, halos[i].line});
  auto mine = comm.all_to_all_v(std::span<Place const>(places), home.counts());
  std::sort(mine.begin(), mine.end(), [](Place const& a, Place const& b) {
    return a.id < b.id || (a.id == b.id && a.line < b.line);
  });
  auto const twin = std::adjacent_find(mine.begin(), mine.end(),
                                       [](Place const& a, Place const& b) { return a.id == b.id; });
  constexpr auto none = std::numeric_limits<std::int64_t>::max();
  auto const first = comm.all_min(twin == mine.end() ? none : twin->id);  // on any number of ranks
  collectively(comm, "halo ids", [&] {
    if (twin == mine.end() || twin->id != first) return;
    fail(ExitCode::bad_data, "halo id ", twin->id, " occurs twice in '", join(files, "', '"),
         "' (lines ", twin->line, " and ", std::next(twin)->line, "); is a file listed twice?");
  });
}

/// Collective: opens the files one after the other; `visit` is local.
void for_each_file(Comm const& comm, std::vector<std::string> const& files,
                   CatalogRequest const& request, CatalogFormats formats,
                   std::function<void(CatalogFile&, std::string const&)> const& visit) {
  collectively(comm, "halo catalogue", [&] {
    require(!files.empty(), ExitCode::config, "no halo catalogue file is given");
  });
  CatalogFormat format{};
  HaloCatalogHeader first;
  for (auto const& path : files) {
    std::unique_ptr<CatalogFile> file;
    collectively(comm, "halo catalogue", [&] {
      if (!format.open) format = catalog_format_of(path, formats);
      file = format.open(path);
      file->use(request);
      if (&path != &files.front())
        check_same_header(first, file->header(), files.front(), path);
      else
        first = file->header();
      if (request.check) request.check(file->header(), path);
    });
    visit(*file, path);
  }
}

/// What no halo can have would surface far from its line: as an overflow, or as a wrong map.
void require_possible(Halo const& halo, std::string const& path) {
  auto const speed = norm(halo.velocity);
  auto const refuse = [&](auto const&... what) {
    fail(ExitCode::bad_data, path, ":", halo.line, ": halo ", halo.id, " has ", what...,
         "; is the row damaged, or a unit wrong? Correct it or copy the file again");
  };
  if (halo.mass > largest_halo_mass || halo.mass_all > largest_halo_mass)
    refuse("a mass of ", std::max(halo.mass, halo.mass_all) * units::msunh_per_code,
           " Msun/h, and no halo exceeds 10^16.5");
  if (speed > largest_halo_speed_kms)  // not NaN: it is not in the file
    refuse("a velocity of ", speed, " km/s, and no halo exceeds ", largest_halo_speed_kms);
  if (halo.voff_kms > largest_halo_speed_kms)
    refuse("a Voff of ", halo.voff_kms, " km/s, and no halo exceeds ", largest_halo_speed_kms);
}

/// Collective: every rank visits its share of the rows. \return  how many it has
std::int64_t read_share(Comm const& comm, CatalogFile& file, std::string const& path,
                        CatalogRequest const& request, HaloVisitor const& visit) {
  std::int64_t n_rows = 0, n_lines = 0;
  file.count_rows(comm);
  collectively(comm, "halo catalogue",
               [&] { n_lines = file.take_share(comm.rank(), comm.size()); });
  auto const lines_before = comm.sum_before(n_lines);
  collectively(comm, "halo catalogue", [&] {
    file.read(request, lines_before, [&](Halo const& halo) {
      require_possible(halo, path);
      visit(halo);
      if (++n_rows % 65536 == 0) mark_progress("reading the halo catalogue");
    });
  });
  return n_rows;
}

MasslessHalos over_ranks(Comm const& comm, MasslessHalos const& mine) {
  return {comm.all_sum(mine.n), comm.all_sum(mine.n_without_another),
          comm.all_max(mine.largest_other)};
}

/// Files of a set that say which part of the box they cover must cover all of it.
void check_cover(std::vector<std::string> const& files, double covered, double box_mpch) {
  if (covered < 0 || box_mpch <= 0) return;
  double const share = covered / (box_mpch * box_mpch * box_mpch);
  require(std::abs(share - 1) < 2e-3, ExitCode::bad_data, "the ", files.size(),
          " file(s) of the halo catalogue from '", files.front(), "' cover ", 100 * share,
          "% of the box (their lines #Bounds); give every part of the set once, for example ",
          "halos_099.*.ascii");
}

double volume_of(HaloCatalogHeader const& header) {
  auto const size = *header.upper - *header.lower;
  return size.x * size.y * size.z;
}

}  // namespace

void MasslessHalos::add(std::optional<double> other_mass, double mass_min_1e10msunh) {
  if (!other_mass)
    ++n_without_another;
  else if (*other_mass > 0 && *other_mass >= mass_min_1e10msunh)
    ++n, largest_other = std::max(largest_other, *other_mass);
}

HaloCatalog read_halo_catalog(Comm const& comm, std::vector<std::string> const& files,
                              CatalogRequest const& request, CatalogFormats formats) {
  HaloCatalog catalog;
  std::int64_t n_rows = 0, n_left_out = 0;
  double covered = -1;
  for_each_file(comm, files, request, formats, [&](CatalogFile& file, std::string const& path) {
    if (&path == &files.front()) catalog.header = file.header();
    if (file.header().lower) covered = std::max(covered, 0.0) + volume_of(file.header());
    auto const index = &path - files.data();
    n_rows += read_share(comm, file, path, request, [&](Halo const& halo) {
      if (halo.mass <= 0) {
        catalog.massless.add(halo.other_mass, request.mass_min_1e10msunh);
        return;
      }
      if (halo.mass < request.mass_min_1e10msunh) return;
      catalog.halos.push_back(halo);
      catalog.halos.back().file = index;
    });
    catalog.header.n_leftover_names = file.header().n_leftover_names;
    n_left_out += file.header().n_left_out;
  });
  catalog.n_rows = comm.all_sum(n_rows);
  catalog.header.n_left_out = comm.all_sum(n_left_out);
  catalog.massless = over_ranks(comm, catalog.massless);
  collectively(comm, "halo catalogue", [&] {
    require(catalog.n_rows > 0, ExitCode::bad_data, "no halo lines in '", files[0], "'",
            files.size() > 1 ? concat(" and ", files.size() - 1, " more files") : "",
            ", only the header; is the file complete?");
    check_cover(files, covered, catalog.header.box_mpch.value_or(0));
    require(catalog.header.n_files.value_or(std::ssize(files)) == std::ssize(files),
            ExitCode::bad_data, "'", files.front(), "' is one of ", *catalog.header.n_files,
            " files of a halo catalogue, but ", files.size(),
            " are given; give all of them (a name with * for the number)");
  });
  check_unique_ids(comm, catalog.halos, files);
  return catalog;
}

std::vector<HaloLink> find_halos(Comm const& comm, std::vector<std::string> const& files,
                                 CatalogRequest const& request, std::vector<std::int64_t> ids,
                                 CatalogFormats formats) {
  std::sort(ids.begin(), ids.end());
  std::vector<HaloLink> mine;
  for_each_file(comm, files, request, formats, [&](CatalogFile& file, std::string const& path) {
    read_share(comm, file, path, request, [&](Halo const& halo) {
      if (std::binary_search(ids.begin(), ids.end(), halo.id))
        mine.push_back({halo.id, halo.parent_id, halo.mass});
    });
  });
  auto all = comm.all_gather_v(mine);
  std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.id < b.id; });
  return all;
}

}  // namespace setsz
