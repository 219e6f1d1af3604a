// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/fill_set.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/units.hpp"

namespace setsz {

FillSet::FillSet(Comm const& comm, SnapshotClusters const& clusters, std::string path,
                 Limits limits, Profile const& profile)
    : clusters_(clusters), path_(std::move(path)), limits_(limits) {
  constexpr std::int64_t rows_per_read = 1 << 20;
  double smallest = HUGE_VAL, largest = 0;
  collectively(comm, "masses of the fill", [&] {
    n_rows_ = count_fill_halos(path_);
    Range const mine = even_range(n_rows_, comm.rank(), comm.size());
    for (std::int64_t first = mine.first; first < mine.last; first += rows_per_read) {
      for (auto const& halo : read({first, std::min(first + rows_per_read, mine.last)})) {
        smallest = std::min(smallest, halo.mass);
        largest = std::max(largest, halo.mass);
      }
    }
  });
  smallest = comm.all_min(smallest);
  largest = comm.all_max(largest);
  if (largest == 0) return;
  pressures_.emplace(profile, smallest, largest, limits_.cut_r200);
  if (clusters_.density) densities_.emplace(clusters_.density, smallest, largest, limits_.cut_r200);
}

std::vector<BoxHalo> FillSet::read(Range rows) const {
  auto const& table = clusters_.table;
  std::vector<BoxHalo> halos;
  std::int64_t row = rows.first;
  for (auto const& halo : read_fill_halos(path_, rows)) {
    if (halo.m200c * units::msunh_per_code >= limits_.mass_min_msunh)
      halos.push_back(
          {.row = row,
           .position = halo.position,
           .mass = halo.m200c,
           .r200 = halo.r200c,
           .p200 = halo_scales(table.cosmology, table.redshift, halo.m200c, halo.r200c).p200_code,
           .reach = limits_.cut_r200 * halo.r200c,
           .velocity = halo.velocity,
           .id = halo.id});
    ++row;
  }
  return halos;
}

HaloGas FillSet::gas_of(BoxHalo const& halo, Field const& field) const {
  auto const& family = field.is_pressure ? pressures_ : densities_;
  return {ProfileGas{&*family, halo.mass, halo.r200},
          Claims::on_fill(
              clusters_.spheres.near(halo.position, halo.reach, -1, limits_.clusters_reach_r200),
              limits_.clusters_reach_r200)};
}

}  // namespace setsz
