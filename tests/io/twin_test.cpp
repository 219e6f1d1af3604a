// SPDX-License-Identifier: BSD-3-Clause
// One universe in the native files of many codes: each is read as its twin in TNG's layout.
#include <fitsio.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <sstream>

#include "io/h5.hpp"
#include "io/halo_catalog.hpp"
#include "io/snapshot.hpp"
#include "pipeline/base/cosmology.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/units.hpp"
#include "tests/fixtures/figures.hpp"
#include "tests/fixtures/scratch.hpp"

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

struct Inside {
  double mass = 0;
  Vec3 velocity, momentum;  ///< of all; angular, about the centre
};

Inside inside_of(Sorted const& particles, Vec3 const& centre, double radius) {
  PeriodicBox const box(particles.header.box_ckpch);
  auto const& rows = particles.rows;
  Inside sum;
  for (std::size_t i = 0; i < rows.id.size(); ++i) {
    Vec3 const q = box.offset(centre, rows.position[i]);
    if (norm(q) > radius) continue;
    sum.mass += rows.mass[i];
    sum.velocity += rows.mass[i] * rows.velocity[i];
    sum.momentum += rows.mass[i] * cross(q, rows.velocity[i]);
  }
  sum.velocity = sum.velocity / sum.mass;
  return sum;
}

/// Masses, radii, places and velocities of the heaviest haloes against the twin's particles.
void compare_with_particles(ListForm const& form, std::vector<std::string> const& files) {
  auto const comm = Comm::world();
  auto const particles = dark_matter(form.twin);
  auto const& header = particles.header;
  auto const catalog = read_halo_catalog(comm, files, {form.definition, 2000, header.box_ckpch});
  EXPECT_EQ(format_of(FileProbe(files[0]), catalog_formats(), "").name, form.format);
  auto halos = comm.all_gather_v(catalog.halos);
  std::sort(halos.begin(), halos.end(), [](auto& a, auto& b) { return a.mass > b.mass; });
  ASSERT_GE(halos.size(), 3U);
  halos.resize(3);
  EXPECT_NEAR(catalog.header.a.value_or(header.a) / header.a, 1, 1e-3);
  std::vector<double> inside, radii, velocities;
  for (auto const& halo : halos) {
    auto const radius = halo_scales(header.cosmology, header.redshift, halo.mass).r200c_ckpch;
    EXPECT_NEAR(halo.radius_ckpch / radius, 1, form.radius) << halo.id;
    auto const [mass, velocity, momentum] = inside_of(particles, halo.position, radius);
    EXPECT_NEAR(mass / halo.mass, 1, form.inside) << halo.id;
    EXPECT_LT(norm(velocity - halo.velocity), form.velocity_kms) << halo.id;
    EXPECT_GT(norm(halo.angular_momentum), 0) << halo.id;
    inside.push_back(mass / halo.mass);
    radii.push_back(halo.radius_ckpch / radius);
    velocities.push_back(norm(velocity - halo.velocity));
  }
  test::note_figures("twin_catalogues", {{"files", form.files},
                                         {"format", form.format},
                                         {"inside", inside},
                                         {"radius", radii},
                                         {"velocity", velocities}});
}

TEST_P(Lists, DescribeTheTwinsParticles) {
  if (!is_there()) GTEST_SKIP() << "no data in " << data;
  compare_with_particles(GetParam(), find_numbered_files(data + GetParam().files));
}

constexpr auto m200c = MassDefinition::m200c;

/// The file has 2 of 66 groups without a mass of this overdensity.
TEST(Subfind, CountsGroupsThatHaveParticlesAndNoMass) {
  if (!is_there()) GTEST_SKIP() << "no data in " << data;
  auto const catalog =
      read_halo_catalog(Comm::world(), {data + "gadget4_hdf5/fof_subhalo_tab_007.hdf5"}, {m200c});
  EXPECT_EQ(catalog.massless.n, 2);
  EXPECT_EQ(catalog.massless.n_without_another, 0);
  EXPECT_GT(catalog.massless.largest_other, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, Lists,
    testing::Values(
        ListForm{"rockstar_200c/out_7_wparents.list", z0, "Rockstar list or ascii", m200c, 2e-3,
                 1e-3, 180},
        ListForm{"rockstar_200c/out_4_wparents.list", z05, "Rockstar list or ascii", m200c, 5e-3,
                 1e-3, 240},
        ListForm{"rockstar_200c/halos_007.*.ascii", z0, "Rockstar list or ascii", m200c, 2e-3, 1e-3,
                 180},
        ListForm{"rockstar_200c/halos_007.*.bin", z0, "Rockstar binary", m200c, 2e-3, 1e-3, 180},
        ListForm{"consistent_trees_200c/hlist_1.00000.list", z0, "consistent-trees hlist", m200c,
                 2e-3, 1e-3, 180},
        ListForm{"consistent_trees_200c/mass_definition_not_set/hlist_1.00000.list", z0,
                 "consistent-trees hlist", m200c, 2e-3, 1e-3, 180},
        ListForm{"gadget4_hdf5/fof_subhalo_tab_007.hdf5", z0, "SUBFIND/FOF HDF5", m200c, 2e-3, 1e-3,
                 120},
        ListForm{"gadget4_hdf5/fof_subhalo_tab_004.hdf5", z05, "SUBFIND/FOF HDF5", m200c, 2e-3,
                 1e-3, 210},
        ListForm{"gadget4_gas_hdf5/fof_subhalo_tab_000.hdf5", gas, "SUBFIND/FOF HDF5", m200c, 0.2,
                 1e-3, 250},
        ListForm{"ahf/tiny40.z0.z0.000.AHF_halos", z0, "AHF halos", m200c, 2e-2, 5e-3, 20}));

// ---- plain tables -------------------------------------------------------------------------------

/// The haloes of the twin as somebody would list them who has only the particles: Rockstar's
/// centres, everything else within the R200c that the particles say.
std::vector<Halo> halos_of_the_twin(Sorted const& particles) {
  auto const& header = particles.header;
  PeriodicBox const box(header.box_ckpch);
  auto halos = read_halo_catalog(Comm::self(), {data + "rockstar_200c/out_7_wparents.list"},
                                 {m200c, 3000, header.box_ckpch})
                   .halos;
  for (auto& halo : halos) {
    std::vector<double> distance;
    for (auto const& position : particles.rows.position)
      distance.push_back(norm(box.offset(halo.position, position)));
    std::sort(distance.begin(), distance.end());
    double const each = particles.rows.mass[0];
    std::size_t n = 50;  // outwards until the next particle lies beyond R200c of those before it
    while (distance[n] < halo_scales(header.cosmology, header.redshift, each * real(n)).r200c_ckpch)
      ++n;
    halo.mass = each * real(n);
    halo.radius_ckpch = halo_scales(header.cosmology, header.redshift, halo.mass).r200c_ckpch;
    auto const sum = inside_of(particles, halo.position, halo.radius_ckpch);
    halo.velocity = sum.velocity;
    halo.angular_momentum = sum.momentum;
  }
  return halos;
}

/// A column of the tables: its unit in that of the program, and what it holds.
struct Column {
  char const *name, *unit;
  double in_code;
  double (*of)(Halo const&);
};

/// Every file has other units. \param length, mass  in ckpc/h and 1e10 Msun/h
std::vector<Column> columns_in(char const* length_unit, double length, char const* mass_unit,
                               double mass, char const* momentum_unit) {
  return {{"x", length_unit, length, [](Halo const& h) { return h.position.x; }},
          {"y", length_unit, length, [](Halo const& h) { return h.position.y; }},
          {"z", length_unit, length, [](Halo const& h) { return h.position.z; }},
          {"m200c", mass_unit, mass, [](Halo const& h) { return h.mass; }},
          {"r200c", length_unit, length, [](Halo const& h) { return h.radius_ckpch; }},
          {"vx", "km/s", 1, [](Halo const& h) { return h.velocity.x; }},
          {"vy", "km/s", 1, [](Halo const& h) { return h.velocity.y; }},
          {"vz", "km/s", 1, [](Halo const& h) { return h.velocity.z; }},
          {"jx", momentum_unit, mass * length, [](Halo const& h) { return h.angular_momentum.x; }},
          {"jy", momentum_unit, mass * length, [](Halo const& h) { return h.angular_momentum.y; }},
          {"jz", momentum_unit, mass * length, [](Halo const& h) { return h.angular_momentum.z; }}};
}

void write_csv(std::string const& path, std::vector<Halo> const& halos, double h) {
  std::ostringstream out;
  out.precision(10);
  out << "# h = " << h << "\nid,pid";
  auto const columns = columns_in("Mpc/h", 1e3, "Msun/h", 1e-10, "Msun/h Mpc/h km/s");
  for (auto const& column : columns) out << ',' << column.name << '[' << column.unit << ']';
  for (auto const& halo : halos) {
    out << '\n' << halo.id << ',' << halo.parent_id;
    for (auto const& column : columns) out << ',' << column.of(halo) / column.in_code;
  }
  test::write_bytes(path, out.str() + "\n");
}

void write_hdf5(std::string const& path, std::vector<Halo> const& halos, double h) {
  auto out = H5File::create_serial(path);
  std::vector<std::int64_t> ids, parents;
  for (auto const& halo : halos) ids.push_back(halo.id), parents.push_back(halo.parent_id);
  out.write_same<std::int64_t>("/halos/id", {.unit = "1"}, ids);
  out.write_same<std::int64_t>("/halos/pid", {.unit = "1"}, parents);
  for (auto const& column : columns_in("kpc", h, "1e10 Msun", h, "1e10 Msun kpc km/s")) {
    std::vector<double> values;
    for (auto const& halo : halos) values.push_back(column.of(halo) / column.in_code);
    out.write_same<double>(concat("/halos/", column.name), {.unit = column.unit}, values);
  }
  out.set_attribute("/", "h", h);
  out.close();
}

void write_fits(std::string const& path, std::vector<Halo> const& halos, double h) {
  auto const columns = columns_in("Mpc", 1e3 * h, "Msun", 1e-10 * h, "Msun Mpc km/s");
  std::vector<std::string> names{"ID", "PID"}, forms{"K", "K"}, units{"", ""};
  for (auto const& column : columns) {
    names.emplace_back(column.name);
    forms.emplace_back("D");
    units.emplace_back(column.unit);
  }
  auto const texts = [](std::vector<std::string>& all) {
    std::vector<char*> pointers;
    for (auto& text : all) pointers.push_back(text.data());
    return pointers;
  };
  int status = 0;
  fitsfile* table = nullptr;
  auto const n = static_cast<LONGLONG>(halos.size());
  fits_create_file(&table, path.c_str(), &status);
  fits_create_tbl(table, BINARY_TBL, n, static_cast<int>(names.size()), texts(names).data(),
                  texts(forms).data(), texts(units).data(), "HALOS", &status);
  fits_write_key(table, TDOUBLE, "H", &h, "", &status);
  for (std::size_t row = 0; row < halos.size(); ++row) {
    LONGLONG links[2] = {halos[row].id, halos[row].parent_id};
    auto const at = static_cast<LONGLONG>(row) + 1;
    for (int i = 0; i < 2; ++i)
      fits_write_col(table, TLONGLONG, i + 1, at, 1, 1, &links[i], &status);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      double value = columns[i].of(halos[row]) / columns[i].in_code;
      fits_write_col(table, TDOUBLE, static_cast<int>(i) + 3, at, 1, 1, &value, &status);
    }
  }
  fits_close_file(table, &status);
  ASSERT_EQ(status, 0);
}

TEST(Tables, DescribeTheTwinsParticles) {
  if (!is_there()) GTEST_SKIP() << "no data in " << data;
  auto const comm = Comm::world();
  test::Scratch const scratch(comm);
  auto const particles = dark_matter(z0);
  double const h = particles.header.cosmology.h;
  if (comm.is_root()) {
    auto const halos = halos_of_the_twin(particles);
    write_csv(scratch / "halos.csv", halos, h);
    write_hdf5(scratch / "halos.hdf5", halos, h);
    write_fits(scratch / "halos.fits", halos, h);
  }
  comm.barrier();
  for (auto const* name : {"halos.csv", "halos.hdf5", "halos.fits"})
    compare_with_particles({name, z0, "plain table", m200c, 1e-8, 1e-8, 1e-5}, {scratch / name});
}

}  // namespace
}  // namespace setsz
