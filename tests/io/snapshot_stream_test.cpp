// SPDX-License-Identifier: BSD-3-Clause
// Blocks of dark matter against the slow reader, bit by bit, however the files hold them.
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <numeric>

#include "io/h5_rows.hpp"
#include "io/snapshot.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/snapshot_writer.hpp"

namespace setsz {
namespace {

using test::contains;
using test::error_of;
using test::H5Edit;
using test::Scratch;
using test::SmallSnapshot;
using Kind = Snapshot::Kind;

/// All blocks of some rows, put together.
DarkMatterRows stream(Snapshot const& snapshot, Range rows) {
  DarkMatterRows all;
  all.first_row = rows.first;
  snapshot.visit_dark_matter(rows, [&](DarkMatterBlock const& block) {
    EXPECT_EQ(block.first_row, rows.first + std::ssize(all.id));
    EXPECT_LE(std::ssize(block.id), DarkMatterBlock::max_rows);
    std::visit(
        [&](auto p) {
          for (std::size_t i = 0; i < p.size(); i += 3)
            all.position.push_back({p[i], p[i + 1], p[i + 2]});
        },
        block.position);
    for (std::size_t i = 0; i < block.id.size(); ++i) {
      all.velocity.push_back(block.velocity_at(i));
      all.mass.push_back(block.mass_at(i));
      all.id.push_back(block.id[i]);
    }
  });
  return all;
}

class SnapshotStream : public testing::Test {
 protected:
  Scratch scratch_{Comm::self()};
  std::string file(std::size_t number) const {
    return test::snapshot_file(scratch_.path(), number);
  }
  Snapshot open() const {
    return Snapshot(find_snapshot_files(scratch_.path()), Kind::dark_matter);
  }
  void make_contiguous(std::size_t number) {
    H5Edit edit(file(number));
    for (auto const* name : {"Coordinates", "Velocities", "ParticleIDs"})
      edit.make_contiguous(std::string("/PartType1/") + name);
  }
  bool is_direct(std::string const& dataset, std::size_t number = 0) const {
    auto const opened = H5File::open(file(number));
    return H5Rows(opened, "/PartType1/" + dataset).is_direct();
  }
  void expect_equal_to_slow_reader() const {
    auto const snapshot = open();
    auto const n = snapshot.n_rows();
    for (Range const rows :
         {Range{0, n}, Range{0, 0}, Range{n / 2, n / 2 + 1}, Range{n / 3, n - 1}}) {
      auto const fast = stream(snapshot, rows), slow = snapshot.read_dark_matter(rows);
      EXPECT_EQ(fast.id, slow.id);
      EXPECT_EQ(fast.position, slow.position);
      EXPECT_EQ(fast.velocity, slow.velocity);
      EXPECT_EQ(fast.mass, slow.mass);
    }
  }
};

TEST_F(SnapshotStream, equals_the_slow_reader_across_files_and_layouts) {
  SmallSnapshot::of_dark_matter({0, 40000, 0, 9000, 20001}).write(scratch_.path());
  EXPECT_FALSE(is_direct("Coordinates", 1));
  expect_equal_to_slow_reader();
  make_contiguous(1);
  make_contiguous(4);
  EXPECT_TRUE(is_direct("Coordinates", 1));
  EXPECT_TRUE(is_direct("ParticleIDs", 4));
  expect_equal_to_slow_reader();
}

TEST_F(SnapshotStream, equals_the_slow_reader_for_float64_and_masses) {
  auto small = SmallSnapshot::of_dark_matter({3000, 2000});
  small.header.mass_table[1] = 0;
  small.positions = StoredPositions::twice;
  small.dark_matter.position[5] = {1234.56789012345, 1, 2};
  std::iota(small.dark_matter.mass.begin(), small.dark_matter.mass.end(), 1.0);
  small.write(scratch_.path());
  make_contiguous(0);
  expect_equal_to_slow_reader();
  EXPECT_EQ(stream(open(), {5, 6}).position[0].x, 1234.56789012345);
}

TEST_F(SnapshotStream, reads_other_byte_orders_and_id_types_through_hdf5) {
  SmallSnapshot::of_dark_matter({3}).write(scratch_.path());
  std::vector<double> const big{1, 2, 3, 4.5, 5, 6, 7, 8, 9};
  H5Edit(file(0)).set_dataset("/PartType1/Coordinates", H5T_IEEE_F32BE, {3, 3}, big);
  H5Edit(file(0)).set_dataset("/PartType1/ParticleIDs", H5T_STD_U32LE, {3}, {4294967295., 2, 7});
  EXPECT_FALSE(is_direct("Coordinates"));
  expect_equal_to_slow_reader();
  EXPECT_EQ(stream(open(), {1, 2}).position[0].x, 4.5);
  EXPECT_EQ(stream(open(), {0, 1}).id[0], 4294967295U);
  H5Edit(file(0)).set_dataset("/PartType1/ParticleIDs", H5T_STD_I64LE, {3}, {-1, -2, 7});
  EXPECT_TRUE(is_direct("ParticleIDs"));
  expect_equal_to_slow_reader();
  EXPECT_EQ(stream(open(), {1, 2}).id[0], 0xfffffffffffffffeU);
}

TEST_F(SnapshotStream, wraps_the_edge_and_takes_single_zeros_like_the_slow_reader) {
  auto small = SmallSnapshot::of_dark_matter({5000});
  small.dark_matter.position[1] = {10000, 5, 5};
  small.dark_matter.position[2] = {5, -1e-3, 5};
  small.dark_matter.position[4000] = {0, 0, 0};
  small.dark_matter.id[3000] = 0;
  small.write(scratch_.path());
  make_contiguous(0);
  expect_equal_to_slow_reader();
  auto const snapshot = open();
  EXPECT_EQ(stream(snapshot, {0, 5000}).position[1].x, 0);
  EXPECT_EQ(snapshot.n_wrapped(), 2);
}

TEST_F(SnapshotStream, refuses_what_the_slow_reader_refuses_with_the_same_words) {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  using Change = std::function<void(std::vector<double>&)>;
  auto const set = [](std::size_t at, double value) -> Change {
    return [=](std::vector<double>& values) { values[at] = value; };
  };
  auto const zeros = [](std::size_t first) -> Change {
    return [=](std::vector<double>& values) {
      std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(first), 300, 0.);
    };
  };
  struct Fault {
    std::string dataset;
    Change change;
    std::string text;
  };
  for (auto const& [dataset, change, text] : std::vector<Fault>{
           {"Coordinates", set(3 * 9077 + 1, nan), "the first is row 9077 (id 10077)"},
           {"Coordinates", set(3 * 9077, 1e39), "Coordinates has 1 rows"},
           {"Coordinates", set(3 * 9077 + 2, 20000), "Coordinates of row 9077 are"},
           {"Coordinates", set(3 * 9077 + 2, -1), "Coordinates of row 9077 are"},
           {"Coordinates", zeros(27000), "Coordinates are all zero from row 9000 on"},
           {"Velocities", set(0, nan), "Velocities has 1 rows"},
           {"ParticleIDs", zeros(9000), "ParticleIDs are zero from row 9000 on"}}) {
    for (bool const contiguous : {false, true}) {
      SmallSnapshot::of_dark_matter({10000}).write(scratch_.path());
      if (contiguous) make_contiguous(0);
      H5Edit(file(0)).change("/PartType1/" + dataset, change);
      auto const snapshot = open();
      auto const said = error_of([&] { stream(snapshot, {0, 10000}); });
      EXPECT_TRUE(contains(said, "65 '" + file(0) + "': /PartType1/" + dataset));
      EXPECT_TRUE(contains(said, text));
    }
  }
}

TEST_F(SnapshotStream, notices_positions_in_mpc) {
  auto small = SmallSnapshot::of_dark_matter({2000});
  for (auto& p : small.dark_matter.position) p *= 1e-3;
  small.write(scratch_.path());
  auto const snapshot = open();
  EXPECT_TRUE(contains(error_of([&] { stream(snapshot, {0, 2000}); }), "Mpc in place of kpc?"));
}

TEST_F(SnapshotStream, names_a_file_that_was_cut_off_while_it_was_open) {
  SmallSnapshot::of_dark_matter({10000}).write(scratch_.path());
  make_contiguous(0);
  auto const opened = H5File::open(file(0));
  H5Rows const rows(opened, "/PartType1/ParticleIDs");
  std::filesystem::resize_file(file(0), 3000);
  std::vector<std::uint64_t> ids(10000);
  EXPECT_TRUE(contains(error_of([&] {
                         rows.read({0, 10000}, std::span(ids));
                       }),
                       "the file is truncated: download it again"));
}

}  // namespace
}  // namespace setsz
