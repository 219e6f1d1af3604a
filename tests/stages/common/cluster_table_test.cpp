// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/cluster_table.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>

#include "io/h5.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/snapshot_writer.hpp"

namespace setsz {
namespace {

constexpr double box = 1000;

/// Taken from the heap by this process.
double held_bytes() {
  auto const heap = ::mallinfo2();
  return static_cast<double>(heap.uordblks + heap.hblkhd);
}

ClusterTable sample_table() {
  ClusterTable table;
  table.box_ckpch = box;
  table.a = 0.5;
  table.redshift = 1;
  table.cosmology = {0.3, 0.7, 0.05, 0.7};
  table.mass_definition = "500c";
  table.mass_min = 1234.5;
  table.n_folds = 2;
  for (int i = 0; i < 5; ++i) {
    double const x = i;
    table.clusters.edit().push_back({.id = (std::int64_t{1} << 40) + i,
                                     .position = {x, 2 * x, 3 * x},
                                     .velocity = {-x, 10, 1e-3},
                                     .m200c = 5000 + x,
                                     .r200c = 600 + x,
                                     .v200 = 700,
                                     .p200 = 0.1 / (1 + x),
                                     .xoff_ckpch = i == 2 ? -1 : x,
                                     .voff_kms = 3 * x,
                                     .angular_momentum = {x, -x, 1e12}});
    table.split.push_back(static_cast<Split>(i % 3));
    table.split.push_back(static_cast<Split>((i + 1) % 3));
  }
  return table;
}

void expect_same_rows(ClusterTable const& read, ClusterTable const& written) {
  ASSERT_EQ(read.size(), written.size());
  for (std::size_t i = 0; i < written.clusters.size(); ++i) {
    auto const &a = read.clusters[i], &b = written.clusters[i];
    ASSERT_EQ(a.id, b.id);
    ASSERT_EQ(a.position, b.position);
    ASSERT_EQ(a.velocity, b.velocity);
    ASSERT_EQ(a.m200c, b.m200c);
    ASSERT_EQ(a.r200c, b.r200c);
    ASSERT_EQ(a.v200, b.v200);
    ASSERT_EQ(a.p200, b.p200);
    ASSERT_EQ(a.xoff_ckpch, b.xoff_ckpch);
    ASSERT_EQ(a.voff_kms, b.voff_kms);
    ASSERT_EQ(a.angular_momentum, b.angular_momentum);
  }
}

TEST(ClusterTable, KeepsEveryColumnBitForBit) {
  auto const comm = Comm::world();
  test::Scratch const scratch(comm);
  auto const written = sample_table();
  write_clusters(comm, scratch / "clusters.h5", written);
  auto const read = read_clusters(scratch / "clusters.h5");
  EXPECT_EQ(read.box_ckpch, written.box_ckpch);
  EXPECT_EQ(read.a, written.a);
  EXPECT_EQ(read.redshift, written.redshift);
  EXPECT_EQ(read.cosmology.omega_b, written.cosmology.omega_b);
  EXPECT_EQ(read.mass_definition, written.mass_definition);
  EXPECT_EQ(read.mass_min, written.mass_min);
  EXPECT_EQ(read.n_folds, written.n_folds);
  EXPECT_EQ(read.split, written.split);
  expect_same_rows(read, written);
}

TEST(ClusterTable, RowsOfAPartAreThoseOfItsFold) {
  auto const table = sample_table();
  EXPECT_EQ(table.rows_of(Split::training, 0), (std::vector<std::int64_t>{0, 3}));
  EXPECT_EQ(table.rows_of(Split::training, 1), (std::vector<std::int64_t>{2}));
  EXPECT_EQ(table.split_of(4, 1), Split::testing);
}

TEST(ClusterTable, RanksOfANodeHoldItsRowsOnce) {
  auto const comm = Comm::world();
  test::Scratch const scratch(comm);
  auto written = sample_table();
  constexpr std::int64_t n = 100000;
  auto& rows = written.clusters.edit();
  while (std::ssize(rows) < n) rows.push_back(rows[rows.size() % 5]), rows.back().m200c += 1;
  written.split.resize(written.n_folds * n, Split::validation);
  write_clusters(comm, scratch / "clusters.h5", written);
  double const before = held_bytes();
  auto const read = read_clusters(comm, scratch / "clusters.h5");
  double const held = held_bytes() - before, a_row = sizeof(Cluster), of_a_split = 2;
  EXPECT_GT(held, 0.9 * real(n) * of_a_split);
  if (comm.size() == 1)
    EXPECT_GT(held, 0.9 * real(n) * a_row);
  else
    EXPECT_LT(held, 1.5 * real(n) * of_a_split);
  EXPECT_EQ(read.split, written.split);
  EXPECT_EQ(read.mass_definition, written.mass_definition);
  expect_same_rows(read, written);
  auto const copy = read;
  expect_same_rows(copy, written);
}

TEST(ClusterTable, AllRanksRefuseAFileThatOneOfThemReads) {
  auto const comm = Comm::world();
  test::Scratch const scratch(comm);
  auto const path = scratch / "clusters.h5";
  write_clusters(comm, path, sample_table());
  if (comm.is_root()) test::H5Edit(path).remove("/clusters/voff");
  comm.barrier();
  auto const text = test::error_of([&] { read_clusters(comm, path); });
  EXPECT_TRUE(test::contains(text, "/clusters/voff")) << text;
}

TEST(ClusterTable, AColumnOfAnotherLengthIsRefused) {
  auto const comm = Comm::world();
  test::Scratch const scratch(comm);
  auto const path = scratch / "clusters.h5";
  auto const table = sample_table();
  auto const n = static_cast<hsize_t>(table.size());
  write_clusters(comm, path, table);
  for (auto const& [shape, text] : {std::pair(std::vector<hsize_t>{n + 1}, "6 rows of 1 numbers"),
                                    {std::vector<hsize_t>{n, 2}, "5 rows of 2 numbers"}}) {
    if (comm.is_root())
      test::H5Edit(path).set_dataset("/clusters/m200c", H5T_NATIVE_DOUBLE, shape, {});
    comm.barrier();
    auto const error = test::error_of([&] { read_clusters(comm, path); });
    EXPECT_TRUE(test::contains(error, "dataset /clusters/m200c has ")) << error;
    EXPECT_TRUE(test::contains(error, text)) << error;
    EXPECT_TRUE(test::contains(error, "expected 5 (as /clusters/id) of 1")) << error;
    comm.barrier();
  }
}

TEST(ClusterTable, AnEmptyTableCanBeWrittenAndRead) {
  auto const comm = Comm::world();
  test::Scratch const scratch(comm);
  auto table = sample_table();
  table.clusters = {};
  table.split.clear();
  write_clusters(comm, scratch / "clusters.h5", table);
  EXPECT_EQ(read_clusters(scratch / "clusters.h5").size(), 0);
  EXPECT_EQ(read_clusters(comm, scratch / "clusters.h5").size(), 0);
}

TEST(ClusterTable, RefusesAnotherFormatVersion) {
  auto const comm = Comm::world();
  test::Scratch const scratch(comm);
  auto const path = scratch / "clusters.h5";
  write_clusters(comm, path, sample_table());
  if (comm.is_root()) {
    test::H5Edit(path).set_attribute("/", "format_version", std::vector<std::int64_t>{99});
    auto const text = test::error_of([&] { read_clusters(path); });
    EXPECT_TRUE(test::contains(text, "65 ")) << text;
    EXPECT_TRUE(test::contains(text, "format_version 99"));
    EXPECT_TRUE(test::contains(text, "run the stage catalog again"));
  }
}

TEST(FillHalos, AreSortedWhereverTheyCameFrom) {
  auto const comm = Comm::world();
  test::Scratch const scratch(comm);
  std::vector<FillHalo> all;
  for (std::int64_t i = 0; i < 500; ++i) {
    Random random(3, Purpose::test, static_cast<std::uint64_t>(i / 2));  // places come in pairs
    Vec3 const place{box * random.uniform(), box * random.uniform(), box * random.uniform()};
    all.push_back({1000 - i, place, 10.0 + real(i), 100, {1.5 * real(i), -3, 7}});
  }
  // Two ways to spread them: by turns, and all on the last rank.
  std::vector<FillHalo> by_turns, at_the_end;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (static_cast<int>(i) % comm.size() == comm.rank()) by_turns.push_back(all[i]);
  if (comm.rank() == comm.size() - 1) at_the_end = all;
  auto const table = sample_table();
  write_fill_halos(comm, scratch / "a.h5", table, 10, by_turns);
  write_fill_halos(comm, scratch / "b.h5", table, 10, at_the_end);

  EXPECT_EQ(h5_content_hash(scratch / "a.h5"), h5_content_hash(scratch / "b.h5"));
  std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) {
    return in_row_order(a.position, a.id, b.position, b.id, box);
  });
  ASSERT_EQ(count_fill_halos(scratch / "a.h5"), 500);
  auto const read = read_fill_halos(scratch / "a.h5", {100, 300});
  ASSERT_EQ(read.size(), 200U);
  for (std::size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].id, all[100 + i].id);
    EXPECT_EQ(read[i].position, all[100 + i].position);
    EXPECT_EQ(read[i].m200c, all[100 + i].m200c);
    EXPECT_EQ(read[i].velocity, all[100 + i].velocity);
  }
}

TEST(FillHalos, NoneIsAnEmptyFile) {
  auto const comm = Comm::world();
  test::Scratch const scratch(comm);
  write_fill_halos(comm, scratch / "a.h5", sample_table(), 10, {});
  EXPECT_EQ(count_fill_halos(scratch / "a.h5"), 0);
}

}  // namespace
}  // namespace setsz
