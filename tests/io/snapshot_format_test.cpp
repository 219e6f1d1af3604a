// SPDX-License-Identifier: BSD-3-Clause
// The table of snapshot formats: a new row is enough, and what no row knows is refused.
#include <gtest/gtest.h>

#include <algorithm>

#include "io/snapshot.hpp"
#include "pipeline/base/units.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/snapshot_writer.hpp"
#include "tests/fixtures/toy_snapshot.hpp"

namespace setsz {
namespace {

using test::contains;
using test::error_of;
using test::Scratch;
using test::SmallSnapshot;
using test::ToySnapshot;
using Kind = Snapshot::Kind;

class SnapshotFormatTable : public testing::Test {
 protected:
  Comm const comm_ = Comm::world();
  Scratch const scratch_{comm_};
  std::vector<SnapshotFormat> table_{snapshot_formats().begin(), snapshot_formats().end()};

  void SetUp() override { table_.push_back(test::toy_format()); }

  static ToySnapshot toy(std::int64_t first, std::int64_t n) {
    ToySnapshot toy{10, 0.5, 3, 2, n, 70000, {}};
    for (std::int64_t i = first; i < first + n; ++i) {
      auto const x = real(i % 80) / 8;
      toy.particles.push_back({{x, 2.5, 9.75}, {x, -2, 3}, static_cast<std::uint64_t>(i + 1)});
    }
    return toy;
  }
  /// toy.0 and toy.1, and a file that is no snapshot beside them.
  void write_toys() const {
    if (comm_.is_root()) {
      toy(0, 40000).write(scratch_ / "toy.0");
      toy(40000, 30000).write(scratch_ / "toy.1");
      test::write_bytes(scratch_ / "README.txt", "about this snapshot\n");
    }
    comm_.barrier();
  }
};

TEST_F(SnapshotFormatTable, one_more_row_reads_another_format) {
  write_toys();
  auto const snapshot = Snapshot::open(comm_, scratch_.path(), Kind::dark_matter, table_);
  EXPECT_EQ(snapshot.format_name(), "toy");
  EXPECT_EQ(std::ssize(snapshot.files()), 2);
  EXPECT_EQ(snapshot.n_rows(), 70000);
  EXPECT_EQ(snapshot.header().box_ckpch, 10000);
  EXPECT_EQ(Snapshot::outline(snapshot.files(), Kind::dark_matter, table_).n_rows, 70000);

  Range const rows{5, 69990};
  auto const read = snapshot.read_dark_matter(rows);
  ASSERT_EQ(std::ssize(read.id), rows.size());
  EXPECT_EQ(read.id.front(), 6U);
  EXPECT_EQ(read.position[3], (Vec3{1000, 2500, 9750}));
  EXPECT_EQ(read.velocity[3], (Vec3{1, -2, 3}));
  EXPECT_EQ(read.mass[3], 3);
  std::int64_t n = 0;
  snapshot.visit_dark_matter(rows, [&](DarkMatterBlock const& block) {
    for (std::size_t i = 0; i < block.id.size(); ++i, ++n) {
      ASSERT_EQ(block.id[i], read.id[n]);
      ASSERT_EQ(block.velocity_at(i), read.velocity[n]);
      ASSERT_EQ(std::get<1>(block.position)[3 * i], read.position[n].x);
      ASSERT_EQ(block.mass_at(i), 3);
    }
  });
  EXPECT_EQ(n, rows.size());
}

TEST_F(SnapshotFormatTable, the_first_row_that_recognises_a_file_reads_it) {
  if (comm_.is_root()) SmallSnapshot::of_dark_matter({4, 3}).write(scratch_.path());
  comm_.barrier();
  auto const snapshot = Snapshot::open(comm_, scratch_.path(), Kind::dark_matter, table_);
  EXPECT_EQ(snapshot.format_name(), "AREPO/TNG HDF5");
  EXPECT_EQ(snapshot.n_rows(), 7);
}

TEST_F(SnapshotFormatTable, an_unknown_file_is_refused_with_its_looks_and_the_known_formats) {
  write_toys();
  auto const text = error_of([&] { Snapshot::open(comm_, scratch_ / "toy.*", Kind::dark_matter); });
  EXPECT_TRUE(contains(text, "65 '" + (scratch_ / "toy.0") + "' is not a snapshot of a known"));
  EXPECT_TRUE(contains(text, "it is text ("));
  EXPECT_TRUE(contains(text, "first ones \"toy snapshot.10 0.5"));
  EXPECT_TRUE(contains(text,
                       "Known formats: AREPO/TNG HDF5, GADGET-4 HDF5, SWIFT, GADGET binary; "
                       "convert the file"));
  auto const both = error_of(
      [&] { Snapshot::open(comm_, {scratch_ / "README.txt"}, Kind::dark_matter, table_); });
  EXPECT_TRUE(contains(both, "SWIFT, GADGET binary, toy;"));
}

TEST_F(SnapshotFormatTable, an_hdf5_file_of_another_code_is_refused_with_its_groups) {
  if (comm_.is_root()) {
    auto file = H5File::create_serial(scratch_ / "other.hdf5");
    for (auto const* group : {"/Info", "/Halos"}) file.create_group(group);
    file.close();
  }
  comm_.barrier();
  auto const text = error_of([&] { Snapshot::open(comm_, scratch_.path(), Kind::dark_matter); });
  EXPECT_TRUE(contains(text, "it is an HDF5 file with /Halos, /Info."));
}

TEST_F(SnapshotFormatTable, units_that_a_header_states_are_converted) {
  if (comm_.is_root()) {
    SmallSnapshot::of_gas({7}).write(scratch_.path());
    test::H5Edit edit(test::snapshot_file(scratch_.path(), 0));
    edit.set_attribute("/Header", "UnitMass_in_g", std::vector<double>{1.989e33});
    edit.set_attribute("/Header", "UnitLength_in_cm", std::vector<double>{3.085678e24});
    edit.set_attribute("/Header", "UnitVelocity_in_cm_per_s", std::vector<double>{1});
    edit.set_attribute("/Header", "BoxSize", std::vector<double>{10});
    auto const times = [&](char const* name, double factor) {
      edit.change(concat("/PartType0/", name), [&](std::vector<double>& values) {
        for (auto& value : values) value *= factor;
      });
    };
    times("Coordinates", 1e-3), times("Masses", 1e10), times("Density", 1e19);
    times("InternalEnergy", 1e10), times("SmoothingLength", 1e-3);
  }
  comm_.barrier();
  auto const snapshot = Snapshot::open(comm_, scratch_.path(), Kind::gas);
  auto const expected = SmallSnapshot::of_gas({7}).gas;
  EXPECT_NEAR(snapshot.header().box_ckpch, 10000, 1e-9);
  auto const gas = snapshot.read_gas({0, 7});
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_NEAR(gas.position[i].x, expected.position[i].x, 1e-3);
    EXPECT_NEAR(gas.mass[i] / expected.mass[i], 1, 1e-6);
    EXPECT_NEAR(gas.density[i] / expected.density[i], 1, 1e-6);
    EXPECT_NEAR(gas.smoothing_length[i] / expected.smoothing_length[i], 1, 1e-6);
  }
  EXPECT_NEAR(
      gas.electron_pressure[1] / (2.0 / 3 * expected.density[1] * expected.internal_energy[1] *
                                  units::electron_pressure_fraction(1.125)),
      1, 1e-6);
}

TEST_F(SnapshotFormatTable, an_insisted_format_is_the_only_one) {
  EXPECT_EQ(snapshot_formats("swift").size(), 1U);
  EXPECT_EQ(snapshot_formats("").size(), snapshot_formats().size());
  EXPECT_TRUE(contains(error_of([] { snapshot_formats("swiff"); }), "did you mean 'swift'"));
  if (comm_.is_root()) SmallSnapshot::of_dark_matter({4}).write(scratch_.path());
  comm_.barrier();
  auto const text = error_of([&] {
    Snapshot::open(comm_, test::snapshot_file(scratch_.path(), 0), Kind::dark_matter,
                   snapshot_formats("swift"));
  });
  EXPECT_TRUE(contains(text, "Known formats: SWIFT;"));
}

}  // namespace
}  // namespace setsz
