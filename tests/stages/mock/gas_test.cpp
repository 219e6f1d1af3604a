// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/base/periodic_box.hpp"
#include "stages/mock/gas_field.hpp"
#include "stages/mock/gas_mesh.hpp"
#include "tests/fixtures/mock_parameters.hpp"

namespace setsz {
namespace {

MockParameters small_box() {
  MockParameters parameters;
  parameters.box_mpch = 25;
  parameters.particle_mass_msunh = 2e10;
  parameters.mass_min_msunh = 1e13;
  parameters.gas_resolution_r200 = 0.15;
  return parameters;
}

std::vector<GasCell> all_cells(GasMesh const& mesh) {
  std::vector<GasCell> cells;
  for (std::int64_t root = 0; root < mesh.n_root_cells(); ++root) mesh.add_cells(root, cells);
  return cells;
}

TEST(GasMesh, TilesTheBoxAndHoldsTheCosmicBaryonMass) {
  auto const universe = make_universe(small_box(), Cosmology{}, 0, 2);
  GasField const field(universe);
  double volume = 0, mass = 0, star_forming_volume = 0;
  for (auto const& cell : all_cells(GasMesh(field))) {
    ASSERT_GT(cell.density, 0);
    ASSERT_GT(cell.electron_pressure, 0);
    (cell.star_forming ? star_forming_volume : volume) += cell.volume;
    if (!cell.star_forming) mass += cell.volume * cell.density;
  }
  double const box_volume = std::pow(universe.box_ckpch, 3);
  EXPECT_NEAR(volume / box_volume, 1, 1e-9);
  EXPECT_GT(star_forming_volume, 0);
  EXPECT_LT(star_forming_volume / box_volume, 1e-6);
  double const cosmic = universe.cosmology.baryon_fraction() * universe.mean_density() * box_volume;
  EXPECT_NEAR(mass / cosmic, 1, 0.03);
}

/// Root cells of few particles stay whole, those of more are split: eight times as many cells.
TEST(GasMesh, NumberOfCellsIsExpected) {
  for (double const particle_mass : {2e11, 6e10, 4e10, 2e10}) {
    auto parameters = small_box();
    parameters.box_mpch = 40;
    parameters.gas_resolution_r200 = 0.3;
    parameters.particle_mass_msunh = particle_mass;
    auto const universe = make_universe(parameters, Cosmology{}, 0, 2);
    GasField const field(universe);
    auto const made = static_cast<double>(all_cells(GasMesh(field)).size());
    EXPECT_NEAR(GasMesh::expected_cells(universe) / made, 1, 0.2) << particle_mass << " " << made;
  }
}

TEST(GasMesh, EveryFileGetsItsRootCellsOnce) {
  auto const universe = make_universe(small_box(), Cosmology{}, 0, 2);
  GasField const field(universe);
  GasMesh const mesh(field);
  for (std::int64_t n_files : {1, 3, 7}) {
    std::int64_t next = 0;
    for (std::int64_t file = 0; file < n_files; ++file) {
      auto const range = mesh.root_cells_of_file(file, n_files);
      EXPECT_EQ(range.first, next);
      next = range.last;
    }
    EXPECT_EQ(next, mesh.n_root_cells());
  }
}

TEST(GasMesh, PressureIsThePlantedProfileWhenDeparturesAreOff) {
  auto parameters = test::without_departures(small_box());
  parameters.gas_resolution_r200 = 0.08;
  parameters.gas_resolved_msunh = 5e13;
  auto const universe = make_universe(parameters, Cosmology{}, 0, 2);
  GasField const field(universe);
  auto const cells = all_cells(GasMesh(field));
  auto const& halo = universe.halos.front();
  PeriodicBox const box(universe.box_ckpch);
  // Shells of the largest halo: volume means of the cells against the profile.
  constexpr int n_shells = 6;
  std::array<double, n_shells> pv{}, v{};
  for (auto const& cell : cells) {
    double const x = norm(box.offset(halo.position, cell.position)) / halo.scales.r200c_ckpch;
    auto const shell = static_cast<int>(x / 0.25);
    if (shell >= n_shells || cell.star_forming) continue;
    pv[shell] += cell.electron_pressure * cell.volume;
    v[shell] += cell.volume;
  }
  for (int shell = 0; shell < n_shells; ++shell) {
    double const low = 0.25 * shell, high = low + 0.25;
    auto const& shape = field.shape(0);
    double const planted = halo.scales.p200_code *
                           (gnfw_volume_integral(shape, high) - gnfw_volume_integral(shape, low)) /
                           (4 * std::numbers::pi / 3 * (high * high * high - low * low * low));
    std::size_t const s = shell;
    EXPECT_NEAR(pv[s] / v[s] / planted, 1, 0.03) << "shell " << shell;
  }
}

TEST(GasField, PressurePeaksAtTheDisplacedCentre) {
  auto parameters = small_box();
  parameters.departures.local_strength = 0;
  auto const universe = make_universe(parameters, Cosmology{}, 0, 2);
  GasField const field(universe);
  PeriodicBox const box(universe.box_ckpch);
  auto const all = field.all_halos();
  auto const& halo = universe.halos.front();
  ASSERT_GT(norm(halo.offset), 20);
  auto const at = [&](Vec3 const& from_catalog) {
    return field.at(box.wrap(halo.position + from_catalog), all).electron_pressure;
  };
  EXPECT_GT(at(halo.offset), at({0, 0, 0}));
  EXPECT_GT(at(halo.offset), at(2.0 * halo.offset));
}

TEST(GasField, TransferMovesPressureAndKeepsItsSum) {
  auto parameters = small_box();
  parameters.departures.transfer_rms = 0.4;
  auto const universe = make_universe(parameters, Cosmology{}, 0, 2);
  GasField const field(universe);
  auto const& shape = field.shape(0);
  double plain = 0, moved = 0;
  constexpr int n_steps = 4000;
  for (int i = 0; i < n_steps; ++i) {
    double const x = 2 * (i + 0.5) / n_steps;
    plain += x * x * gnfw(shape, x);
    moved += x * x * gnfw(shape, x) * field.transfer(0, x);
  }
  EXPECT_NEAR(moved / plain, 1, 1e-3);
  double const inner = field.transfer(0, 0), outer = field.transfer(0, 2);
  EXPECT_NEAR(std::log(inner / outer),
              universe.halos.front().transfer * (1 + (4 / 0.36 - 1) / (4 / 0.36 + 1)), 1e-9);
}

TEST(GasField, FollowsClumpsPatchesAndShape) {
  auto parameters = small_box();
  auto const universe = make_universe(parameters, Cosmology{}, 0, 2);
  parameters.departures.local_strength = 0;
  auto const blind_universe = make_universe(parameters, Cosmology{}, 0, 2);
  GasField const field(universe), blind(blind_universe);
  PeriodicBox const box(universe.box_ckpch);
  auto const all = field.all_halos();
  auto const& halo = universe.halos.front();
  ASSERT_FALSE(halo.clumps.empty());
  auto const ratio = [&](Vec3 const& from_catalog) {
    auto const point = box.wrap(halo.position + from_catalog);
    return field.at(point, all).electron_pressure / blind.at(point, all).electron_pressure;
  };
  double const r200 = halo.scales.r200c_ckpch;
  EXPECT_GT(ratio(halo.offset + 0.8 * r200 * halo.axes.row[0]),
            ratio(halo.offset + 0.8 * r200 * halo.axes.row[2]));
  auto const densest = *std::max_element(
      halo.clumps.begin(), halo.clumps.end(),
      [](auto const& a, auto const& b) { return a.pressure_gain < b.pressure_gain; });
  EXPECT_GT(ratio(densest.position), 1.3);
}

TEST(GasField, OnlyHaloesInReachMatter) {
  auto const universe = make_universe(small_box(), Cosmology{}, 0, 2);
  GasField const field(universe);
  auto const all = field.all_halos();
  Random random(1, Purpose::test);
  for (int i = 0; i < 200; ++i) {
    double const box = universe.box_ckpch;
    Vec3 const point{box * random.uniform(), box * random.uniform(), box * random.uniform()};
    auto const near = field.halos_near(point, 0, all);
    auto const a = field.at(point, all), b = field.at(point, near);
    EXPECT_DOUBLE_EQ(a.density, b.density);
    EXPECT_DOUBLE_EQ(a.electron_pressure, b.electron_pressure);
  }
}

}  // namespace
}  // namespace setsz
