// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshot.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/snapshot_writer.hpp"

namespace setsz {
namespace {

using test::Scratch;
using test::SmallSnapshot;
using Kind = Snapshot::Kind;

TEST(Snapshot, rows_are_read_across_files_and_over_empty_ones) {
  Scratch const scratch(Comm::self());
  auto const small = SmallSnapshot::of_dark_matter({0, 5, 0, 3, 4, 0});
  Snapshot const snapshot(find_snapshot_files(small.write(scratch.path())), Kind::dark_matter);

  EXPECT_EQ(snapshot.n_rows(), 12);
  EXPECT_EQ(snapshot.header().box_ckpch, 10000);
  EXPECT_EQ(snapshot.header().a, 0.5);
  EXPECT_EQ(snapshot.header().redshift, 1);
  EXPECT_EQ(snapshot.header().n_particles[1], 12);
  EXPECT_EQ(snapshot.header().mass_table[1], 4.0625);
  EXPECT_EQ(snapshot.header().cosmology.h, 0.6774);
  EXPECT_EQ(snapshot.bytes_per_row(), 12 + 12 + 8);
  for (Range const rows : {Range{0, 12}, Range{0, 0}, Range{4, 6}, Range{7, 9}, Range{11, 12}}) {
    auto const read = snapshot.read_dark_matter(rows);
    EXPECT_EQ(read.first_row, rows.first);
    ASSERT_EQ(std::ssize(read.id), rows.size());
    for (std::size_t i = 0; i < read.id.size(); ++i) {
      auto const row = static_cast<std::size_t>(rows.first) + i;
      EXPECT_EQ(read.id[i], 1000 + row);
      EXPECT_EQ(read.mass[i], 4.0625);
      EXPECT_LT(norm(read.position[i] - small.dark_matter.position[row]), 1e-3);
      EXPECT_LT(norm(read.velocity[i] - small.dark_matter.velocity[row]), 1e-4);
    }
  }
  auto const slices = snapshot.slices(5);
  ASSERT_EQ(slices.size(), 3U);
  EXPECT_EQ(slices[2].first, 10);
  EXPECT_EQ(slices[2].last, 12);
}

TEST(Snapshot, masses_and_double_positions_are_read_where_the_file_has_them) {
  Scratch const scratch(Comm::self());
  auto small = SmallSnapshot::of_dark_matter({4, 4});
  small.header.mass_table[1] = 0;
  small.positions = StoredPositions::twice;
  small.dark_matter.position[5] = {1234.56789012345, 1, 2};
  std::iota(small.dark_matter.mass.begin(), small.dark_matter.mass.end(), 1.0);
  Snapshot const snapshot(find_snapshot_files(small.write(scratch.path())), Kind::dark_matter);
  auto const read = snapshot.read_dark_matter({0, 8});
  EXPECT_EQ(read.mass, small.dark_matter.mass);
  EXPECT_EQ(read.position[5].x, 1234.56789012345);
  EXPECT_EQ(snapshot.bytes_per_row(), 24 + 12 + 8 + 4);
}

TEST(Snapshot, gas_has_the_electron_pressure_of_its_thermal_energy_and_none_in_stars) {
  Scratch const scratch(Comm::self());
  auto const small = SmallSnapshot::of_gas({20, 13});
  Snapshot const snapshot(find_snapshot_files(small.write(scratch.path())), Kind::gas);
  EXPECT_TRUE(snapshot.has_smoothing_length());
  auto const gas = snapshot.read_gas({10, 33});
  for (std::size_t i = 0; i < 23; ++i) {
    auto const row = i + 10;
    EXPECT_EQ(gas.mass[i], small.gas.mass[row]);
    EXPECT_EQ(gas.density[i], small.gas.density[row]);
    EXPECT_EQ(gas.smoothing_length[i], small.gas.smoothing_length[row]);
    // Spelled out from the definitions: P = (gamma - 1) rho u, n_e/n from mu = 4/(1+3X+4Xx).
    double const x_h = 0.76, x = 1.125;
    double const mean_weight = 4 / (1 + 3 * x_h + 4 * x_h * x);
    double const electrons_per_particle = x_h * x * mean_weight;
    double const pressure = 2.0 / 3 * small.gas.density[row] * small.gas.internal_energy[row];
    EXPECT_NEAR(gas.electron_pressure[i], row % 5 == 0 ? 0 : pressure * electrons_per_particle,
                1e-9 * pressure);
  }
}

TEST(Snapshot, star_formation_and_smoothing_length_may_be_absent) {
  Scratch const scratch(Comm::self());
  auto small = SmallSnapshot::of_gas({6});
  small.gas.star_formation_rate.clear();
  small.gas.smoothing_length.clear();
  Snapshot const snapshot(find_snapshot_files(small.write(scratch.path())), Kind::gas);
  EXPECT_FALSE(snapshot.has_smoothing_length());
  auto const gas = snapshot.read_gas({0, 6});
  EXPECT_TRUE(gas.smoothing_length.empty());
  for (double const p : gas.electron_pressure) EXPECT_GT(p, 0);
}

TEST(Snapshot, a_position_on_the_upper_edge_is_wrapped_and_counted) {
  Scratch const scratch(Comm::self());
  auto small = SmallSnapshot::of_dark_matter({5});
  small.dark_matter.position[1] = {10000, 5, 5};
  small.dark_matter.position[2] = {5, -1e-3, 5};
  Snapshot const snapshot(find_snapshot_files(small.write(scratch.path())), Kind::dark_matter);
  auto const read = snapshot.read_dark_matter({0, 5});
  EXPECT_EQ(read.position[1].x, 0);
  EXPECT_NEAR(read.position[2].y, 9999.999, 1e-6);
  EXPECT_EQ(snapshot.n_wrapped(), 2);
}

TEST(Snapshot, ids_keep_all_64_bits_even_if_stored_as_signed) {
  Scratch const scratch(Comm::self());
  auto small = SmallSnapshot::of_dark_matter({3});
  small.dark_matter.id = {0xffffffffffffffffU, 0x8000000000000001U, 7};
  auto const pattern = small.write(scratch.path());
  EXPECT_EQ(Snapshot({test::snapshot_file(scratch.path(), 0)}, Kind::dark_matter)
                .read_dark_matter({0, 3})
                .id,
            small.dark_matter.id);
  test::H5Edit(test::snapshot_file(scratch.path(), 0))
      .set_dataset("/PartType1/ParticleIDs", H5T_STD_I64LE, {3}, {-1, -2, 7});
  EXPECT_EQ(Snapshot(find_snapshot_files(pattern), Kind::dark_matter).read_dark_matter({0, 3}).id,
            (std::vector<std::uint64_t>{0xffffffffffffffffU, 0xfffffffffffffffeU, 7}));
}

TEST(Snapshot, real_snapshots_are_read) {
  std::string const data = SETSZ_SHARED_DATA;
  if (!std::filesystem::exists(data + "/box75_a")) GTEST_SKIP() << "no data in " << data;
  auto const comm = Comm::world();
  auto const dark = Snapshot::open(comm, find_snapshot_files(data + "/box75_a/dmo/snapdir_067"),
                                   Kind::dark_matter);
  EXPECT_EQ(dark.n_rows(), 96 * 96 * 96);
  EXPECT_EQ(dark.header().box_ckpch, 75000);
  EXPECT_NEAR(dark.header().redshift, 0.5, 1e-6);
  EXPECT_EQ(dark.header().cosmology.omega_b, 0);
  // Mean density of the box: Omega_m rho_crit, exactly known.
  double const rho =
      real(dark.n_rows()) * dark.header().mass_table[1] / 75000.0 / 75000.0 / 75000.0;
  EXPECT_NEAR(rho / (0.3089 * units::rho_crit_0), 1, 1e-3);
  auto const rows = dark.read_dark_matter({221000, 222000});  // over a file border
  double speed2 = 0;
  for (auto const& v : rows.velocity) speed2 += norm2(v) / 1000;
  EXPECT_GT(std::sqrt(speed2), 100);
  EXPECT_LT(std::sqrt(speed2), 1500);

  auto const gas =
      Snapshot::open(comm, find_snapshot_files(data + "/box50_a/hydro/snapdir_099"), Kind::gas);
  EXPECT_EQ(gas.n_rows(), 64 * 64 * 64);
  EXPECT_EQ(gas.header().cosmology.omega_b, 0.0486);
  EXPECT_TRUE(gas.has_smoothing_length());
  auto const cells = gas.read_gas({0, gas.n_rows()});
  double mass = 0;
  for (double const m : cells.mass) mass += m;
  EXPECT_NEAR(mass / (0.0486 * units::rho_crit_0 * std::pow(50000.0, 3)), 1, 1e-3);
}

}  // namespace
}  // namespace setsz
