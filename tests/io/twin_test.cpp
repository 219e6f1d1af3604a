// SPDX-License-Identifier: BSD-3-Clause
// One universe in the native files of many codes: each is read as its twin in TNG's layout.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "io/halo_catalog.hpp"
#include "io/snapshot.hpp"
#include "pipeline/base/cosmology.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/units.hpp"
#include "tests/fixtures/figures.hpp"

namespace setsz {
namespace {

using Kind = Snapshot::Kind;

std::string const data = SETSZ_SHARED_DATA + std::string("/formats/");

bool is_there() { return std::filesystem::exists(data); }

/// Dark matter by id.
struct Sorted {
  SnapshotHeader header;
  DarkMatterRows rows;
};

Sorted dark_matter(std::string const& name) {
  Snapshot const snapshot(find_snapshot_files(data + name), Kind::dark_matter);
  auto const read = snapshot.read_dark_matter({0, snapshot.n_rows()});
  std::vector<std::size_t> order(read.id.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return read.id[a] < read.id[b]; });
  Sorted sorted{snapshot.header(), {}};
  for (auto const i : order) {
    sorted.rows.id.push_back(read.id[i]);
    sorted.rows.position.push_back(read.position[i]);
    sorted.rows.velocity.push_back(read.velocity[i]);
    sorted.rows.mass.push_back(read.mass[i]);
  }
  return sorted;
}

struct Form {
  char const *name, *twin, *format;
  double dx_ckpch, dv_kms, dm;  ///< what the precision of the file allows
  friend void PrintTo(Form const& form, std::ostream* out) { *out << form.name; }
};

class Twin : public testing::TestWithParam<Form> {};

TEST_P(Twin, HasTheSameDarkMatter) {
  auto const& form = GetParam();
  if (!is_there()) GTEST_SKIP() << "no data in " << data;
  Snapshot const snapshot(find_snapshot_files(data + form.name), Kind::dark_matter);
  EXPECT_EQ(snapshot.format_name(), form.format);
  auto const found = dark_matter(form.name), twin = dark_matter(form.twin);
  EXPECT_NEAR(found.header.box_ckpch / twin.header.box_ckpch, 1, 1e-9);
  EXPECT_NEAR(found.header.a / twin.header.a, 1, 1e-9);
  if (found.header.cosmology.omega_m > 0) {  // GADGET-4's own binary header has none
    EXPECT_NEAR(found.header.cosmology.omega_m, twin.header.cosmology.omega_m, 1e-9);
    EXPECT_NEAR(found.header.cosmology.h, twin.header.cosmology.h, 1e-9);
  }
  ASSERT_EQ(found.rows.id, twin.rows.id);
  PeriodicBox const box(twin.header.box_ckpch);
  double dx = 0, dv = 0, dm = 0;
  for (std::size_t i = 0; i < found.rows.id.size(); ++i) {
    dx = std::max(dx, norm(box.offset(twin.rows.position[i], found.rows.position[i])));
    dv = std::max(dv, norm(found.rows.velocity[i] - twin.rows.velocity[i]));
    dm = std::max(dm, std::abs(found.rows.mass[i] / twin.rows.mass[i] - 1));
  }
  EXPECT_LE(dx, form.dx_ckpch);
  EXPECT_LE(dv, form.dv_kms);
  EXPECT_LE(dm, form.dm);
  test::note_figures("twin_snapshots", {{"files", form.name},
                                        {"format", form.format},
                                        {"position", dx},
                                        {"velocity", dv},
                                        {"mass", dm}});
}

/// Blocks are what extraction reads: they must be the same particles.
TEST_P(Twin, HandsOnTheSameInBlocks) {
  auto const& form = GetParam();
  if (!is_there()) GTEST_SKIP() << "no data in " << data;
  Snapshot const snapshot(find_snapshot_files(data + form.name), Kind::dark_matter);
  auto const rows = snapshot.read_dark_matter({0, snapshot.n_rows()});
  std::size_t n = 0;
  snapshot.visit_dark_matter({0, snapshot.n_rows()}, [&](DarkMatterBlock const& block) {
    for (std::size_t i = 0; i < block.id.size(); ++i, ++n) {
      ASSERT_EQ(block.id[i], rows.id[n]);
      ASSERT_NEAR(block.velocity_at(i).x, rows.velocity[n].x, 1e-9);
      ASSERT_EQ(block.mass_at(i), rows.mass[n]);
      auto const x = std::visit([&](auto all) { return double(all[3 * i]); }, block.position);
      ASSERT_EQ(x, rows.position[n].x);
    }
  });
  EXPECT_EQ(n, rows.id.size());
}

constexpr char const *z0 = "tng/snapdir_099", *z05 = "tng/snapdir_067",
                     *gas = "tng_gas/snapdir_067", *gas0 = "tng_gas/snapdir_099";
INSTANTIATE_TEST_SUITE_P(
    Forms, Twin,
    testing::Values(
        Form{"gadget4_hdf5/snapshot_007.hdf5", z0, "GADGET-4 HDF5", 4e-3, 1e-9, 1e-9},
        Form{"gadget4_hdf5/snapshot_004.hdf5", z05, "GADGET-4 HDF5", 4e-3, 1e-9, 1e-9},
        Form{"gadget4_hdf5_multifile/snapdir_007", z0, "GADGET-4 HDF5", 4e-3, 1e-9, 1e-9},
        Form{"gadget4_hdf5_ntypes2/snapshot_007.hdf5", z0, "GADGET-4 HDF5", 4e-3, 1e-9, 1e-9},
        Form{"gadget2_binary_format1/snapshot_007", z0, "GADGET binary", 4e-3, 1e-9, 1e-9},
        Form{"gadget2_binary_format1_double/snapshot_007", z0, "GADGET binary", 4e-3, 1e-9, 1e-9},
        Form{"gadget2_binary_format2/snapshot_007", z0, "GADGET binary", 4e-3, 1e-9, 1e-9},
        Form{"gadget4_binary_format1_double/snapshot_007", z0, "GADGET binary", 4e-3, 1e-9, 1e-9},
        Form{"swift/snap_0000.hdf5", z0, "SWIFT", 4e-3, 5e-4, 1e-7},
        Form{"swift_z0.5/snap_0000.hdf5", z05, "SWIFT", 4e-3, 1e-3, 1e-7},
        Form{"swift_distributed/snapshots/snap_0000/snap_0000.*.hdf5", z0, "SWIFT", 4e-3, 5e-4,
             1e-7},
        Form{"swift_distributed/snapshots/snap_0000/snap_0000.hdf5", z0, "SWIFT", 4e-3, 5e-4, 1e-7},
        Form{"gadget4_gas_hdf5/snapshot_000.hdf5", gas, "GADGET-4 HDF5", 4e-3, 1e-9, 1e-9},
        Form{"gadget2_gas_binary_format1/snapshot_001", gas0, "GADGET binary", 4e-3, 1e-9, 1e-9},
        Form{"swift_gas_z0.5/snap_0000.hdf5", gas, "SWIFT", 4e-3, 1e-3, 1e-7}));

/// Positions as integers, velocities as halves, ids of 6 bytes.
TEST(LeanOutput, HasTheParticlesOfItsInitialConditions) {
  if (!is_there()) GTEST_SKIP() << "no data in " << data;
  auto const lean = dark_matter("gadget4_hdf5_lean/snapshot_ics_000.hdf5");
  auto const twin = dark_matter("gadget4_ics/snapshot_ics_000.hdf5");
  ASSERT_EQ(lean.rows.id, twin.rows.id);
  PeriodicBox const box(twin.header.box_ckpch);
  for (std::size_t i = 0; i < lean.rows.id.size(); ++i) {
    ASSERT_LT(norm(box.offset(twin.rows.position[i], lean.rows.position[i])), 5e-3);
    ASSERT_LT(norm(lean.rows.velocity[i] - twin.rows.velocity[i]), 0.1);
  }
}

// ---- gas ----------------------------------------------------------------------------------------

struct GasSum {
  double mass = 0, energy = 0, volume = 0, support = 0;
  std::vector<Vec3> position;
  std::vector<double> pressure_over_density, density, smoothing;
};

/// The order of files differs: cells are sorted by place (float32 keeps them apart).
GasSum gas_of(std::string const& name) {
  Snapshot const snapshot(find_snapshot_files(data + name), Kind::gas);
  auto const read = snapshot.read_gas({0, snapshot.n_rows()});
  std::vector<std::size_t> order(read.mass.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  auto const key = [&](std::size_t i) { return std::llround(read.position[i].x * 8); };
  std::sort(order.begin(), order.end(), [&](auto a, auto b) {
    return key(a) != key(b) ? key(a) < key(b) : read.position[a].y < read.position[b].y;
  });
  GasSum sum;
  for (auto const i : order) {
    sum.mass += read.mass[i];
    sum.position.push_back(read.position[i]);
    sum.pressure_over_density.push_back(read.electron_pressure[i] / read.density[i]);
    sum.density.push_back(read.density[i]);
    sum.smoothing.push_back(read.smoothing_length[i]);
  }
  return sum;
}

struct GasForm {
  char const *name, *twin;
  double energy, density;  ///< relative: of every cell, and of the median
};

TEST(Twins, HaveTheSameGas) {
  if (!is_there()) GTEST_SKIP() << "no data in " << data;
  for (auto const& form : {GasForm{"gadget4_gas_hdf5/snapshot_000.hdf5", gas, 1e-6, 1e-6},
                           GasForm{"gadget2_gas_binary_format1/snapshot_001", gas0, 1e-6, 1e-6},
                           GasForm{"swift_gas_z0.5/snap_0000.hdf5", gas, 1e-6, 5e-3}}) {
    auto const found = gas_of(form.name), twin = gas_of(form.twin);
    ASSERT_EQ(found.density.size(), twin.density.size()) << form.name;
    EXPECT_NEAR(found.mass / twin.mass, 1, 1e-6) << form.name;
    std::vector<double> density, support;
    double energy = 0;
    for (std::size_t i = 0; i < found.density.size(); ++i) {
      ASSERT_LT(norm(found.position[i] - twin.position[i]), 0.2) << form.name << " " << i;
      // Electrons are 1.158 in the twin, and a fully ionised gas has 1.15789.
      energy = std::max(
          energy, std::abs(found.pressure_over_density[i] / twin.pressure_over_density[i] - 1));
      density.push_back(found.density[i] / twin.density[i]);
      support.push_back(found.smoothing[i] / twin.smoothing[i]);
    }
    EXPECT_LT(energy, form.energy + 1e-4) << form.name;
    auto const median = [](std::vector<double>& all) {
      std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2),
                       all.end());
      return all[all.size() / 2];
    };
    EXPECT_NEAR(median(density), 1, form.density) << form.name;
    EXPECT_NEAR(median(support), 1, 0.1) << form.name;  // each code has its number of neighbours
    std::printf("%-45s P/rho %.2g, density %.4f, support %.4f\n", form.name, energy,
                median(density), median(support));
  }
}

// ---- catalogues ---------------------------------------------------------------------------------

struct ListForm {
  char const *files, *twin, *format;
  MassDefinition definition;
  double inside, radius, velocity_kms;  ///< tolerances: M(<R)/M, R(M), bulk velocity
  friend void PrintTo(ListForm const& form, std::ostream* out) { *out << form.files; }
};

class Lists : public testing::TestWithParam<ListForm> {};

/// Masses, radii, places and velocities of the heaviest haloes against the twin's particles.
TEST_P(Lists, DescribeTheTwinsParticles) {
  auto const& form = GetParam();
  if (!is_there()) GTEST_SKIP() << "no data in " << data;
  auto const comm = Comm::world();
  auto const particles = dark_matter(form.twin);
  auto const& header = particles.header;
  auto const catalog = read_halo_catalog(comm, find_numbered_files(data + form.files),
                                         {form.definition, 2000, header.box_ckpch});
  EXPECT_EQ(
      format_of(FileProbe(find_numbered_files(data + form.files)[0]), catalog_formats(), "").name,
      form.format);
  auto halos = comm.all_gather_v(catalog.halos);
  std::sort(halos.begin(), halos.end(), [](auto& a, auto& b) { return a.mass > b.mass; });
  ASSERT_GE(halos.size(), 3U);
  halos.resize(3);
  EXPECT_NEAR(catalog.header.a.value_or(header.a) / header.a, 1, 1e-3);
  PeriodicBox const box(header.box_ckpch);
  std::vector<double> inside, radii, velocities;
  for (auto const& halo : halos) {
    auto const radius = halo_scales(header.cosmology, header.redshift, halo.mass).r200c_ckpch;
    EXPECT_NEAR(halo.radius_ckpch / radius, 1, form.radius) << halo.id;
    double mass = 0;
    Vec3 momentum;
    for (std::size_t i = 0; i < particles.rows.id.size(); ++i) {
      if (norm(box.offset(halo.position, particles.rows.position[i])) > radius) continue;
      mass += particles.rows.mass[i];
      momentum += particles.rows.mass[i] * particles.rows.velocity[i];
    }
    EXPECT_NEAR(mass / halo.mass, 1, form.inside) << halo.id;
    EXPECT_LT(norm(momentum / mass - halo.velocity), form.velocity_kms) << halo.id;
    EXPECT_GT(norm(halo.angular_momentum), 0) << halo.id;
    inside.push_back(mass / halo.mass);
    radii.push_back(halo.radius_ckpch / radius);
    velocities.push_back(norm(momentum / mass - halo.velocity));
  }
  test::note_figures("twin_catalogues", {{"files", form.files},
                                         {"format", form.format},
                                         {"inside", inside},
                                         {"radius", radii},
                                         {"velocity", velocities}});
}

constexpr auto m200c = MassDefinition::m200c;
INSTANTIATE_TEST_SUITE_P(
    Forms, Lists,
    testing::Values(ListForm{"rockstar_200c/out_7_wparents.list", z0, "Rockstar list or ascii",
                             m200c, 2e-3, 1e-3, 180},
                    ListForm{"rockstar_200c/out_4_wparents.list", z05, "Rockstar list or ascii",
                             m200c, 5e-3, 1e-3, 240},
                    ListForm{"rockstar_200c/halos_007.*.ascii", z0, "Rockstar list or ascii", m200c,
                             2e-3, 1e-3, 180},
                    ListForm{"consistent_trees_200c/hlist_1.00000.list", z0,
                             "consistent-trees hlist", m200c, 2e-3, 1e-3, 180},
                    ListForm{"consistent_trees_200c/mass_definition_not_set/hlist_1.00000.list", z0,
                             "consistent-trees hlist", m200c, 2e-3, 1e-3, 180},
                    ListForm{"gadget4_hdf5/fof_subhalo_tab_007.hdf5", z0, "SUBFIND/FOF HDF5", m200c,
                             2e-3, 1e-3, 120},
                    ListForm{"gadget4_hdf5/fof_subhalo_tab_004.hdf5", z05, "SUBFIND/FOF HDF5",
                             m200c, 2e-3, 1e-3, 210},
                    ListForm{"gadget4_gas_hdf5/fof_subhalo_tab_000.hdf5", gas, "SUBFIND/FOF HDF5",
                             m200c, 0.2, 1e-3, 250},
                    ListForm{"ahf/tiny40.z0.z0.000.AHF_halos", z0, "AHF halos", m200c, 2e-2, 5e-3,
                             20}));

}  // namespace
}  // namespace setsz
