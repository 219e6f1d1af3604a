// SPDX-License-Identifier: BSD-3-Clause
// The table of catalogue formats: a new row is enough, and what no row knows is refused.
#include <gtest/gtest.h>

#include "io/halo_catalog.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/toy_catalog.hpp"

namespace setsz {
namespace {

using test::contains;
using test::error_of;

class CatalogFormatTable : public testing::Test {
 protected:
  Comm const comm_ = Comm::world();
  test::Scratch const scratch_{comm_};
  std::vector<CatalogFormat> table_{catalog_formats().begin(), catalog_formats().end()};

  void SetUp() override { table_.push_back(test::toy_catalog_format()); }

  std::string file(std::string const& name, std::string const& text) const {
    if (comm_.is_root()) test::write_bytes(scratch_ / name, text);
    comm_.barrier();
    return scratch_ / name;
  }
  std::string refusal(std::string const& path) const {
    return error_of([&] { read_halo_catalog(comm_, {path}, {MassDefinition::m200c, 0}); });
  }
};

TEST_F(CatalogFormatTable, one_more_row_reads_another_format) {
  auto const first = file("a.toy", "toy 50000\n3 100 1 2 3\n8 900 4 5 6\n9 901 7 8 9\n");
  auto const second = file("b.toy", "toy 50000\n10 902 1 1 1\n");
  auto const catalog =
      read_halo_catalog(comm_, {first, second}, {MassDefinition::m200c, 500}, table_);
  EXPECT_EQ(catalog.n_rows, 4);
  EXPECT_EQ(catalog.header.box_mpch, 50);
  auto const halos = comm_.all_gather_v(catalog.halos);
  std::int64_t ids = 0;
  for (auto const& halo : halos) ids += halo.id;
  EXPECT_EQ(halos.size(), 3U);
  EXPECT_EQ(ids, 8 + 9 + 10);
  // The checks are those of every format.
  auto const other = file("c.toy", "toy 20000\n11 902 1 1 1\n");
  EXPECT_TRUE(
      contains(error_of([&] {
                 read_halo_catalog(comm_, {first, other}, {MassDefinition::m200c, 0}, table_);
               }),
               "differ in box size (20, 50)"));
  EXPECT_TRUE(
      contains(error_of([&] {
                 read_halo_catalog(comm_, {first, first}, {MassDefinition::m200c, 0}, table_);
               }),
               "occurs twice"));
}

TEST_F(CatalogFormatTable, an_unknown_file_is_refused_with_its_looks_and_the_known_formats) {
  auto const text = refusal(file("a.toy", "toy 50000\n3 100 1 2 3\n"));
  EXPECT_TRUE(contains(text, "65 '" + (scratch_ / "a.toy") + "' is not a halo catalogue of a"));
  EXPECT_TRUE(contains(text, "it is text (22 bytes, first ones \"toy 50000.3 100 1 2 3.\")"));
  EXPECT_TRUE(contains(text, "with no line of column names"));
  EXPECT_TRUE(contains(text,
                       "Known formats: Rockstar list or ascii, consistent-trees hlist, AHF halos, "
                       "SUBFIND/FOF HDF5, plain table; convert the file"));
  EXPECT_TRUE(contains(refusal(file("x.html", "<html>")), "looks like a web page"));
}

TEST_F(CatalogFormatTable, a_plain_table_needs_units_and_may_have_commas) {
  std::string const names = "id,x[Mpc/h],y[Mpc/h],z[Mpc/h],vx[km/s],vy[km/s],vz[km/s],m200c[Msun]";
  std::string const rows = "7,1,2,3,10,20,30,1e14\n8,4,5,6,-1,-2,-3,2e14\n";
  auto const comma = file("a.csv", "# h = 0.5\n# box = 10\n" + names + ",pid\n" +
                                       "7,1,2,3,10,20,30,1e14,-1\n8,4,5,6,-1,-2,-3,2e14,7\n");
  auto const catalog = read_halo_catalog(comm_, {comma}, {MassDefinition::m200c, 0});
  EXPECT_EQ(catalog.n_rows, 2);
  auto halos = comm_.all_gather_v(catalog.halos);
  ASSERT_EQ(halos.size(), 2U);
  EXPECT_EQ(halos[0].mass, 5000);  // 1e14 Msun = 5e13 Msun/h
  EXPECT_EQ(halos[0].position, (Vec3{1000, 2000, 3000}));
  EXPECT_EQ(halos[1].velocity, (Vec3{-1, -2, -3}));
  EXPECT_EQ(halos[1].parent_id, 7);
  EXPECT_TRUE(contains(refusal(file("b.csv", names + "\n" + rows)), "needs h"));
  auto bare = names;
  bare.replace(bare.find("x[Mpc/h]"), 8, "x");
  EXPECT_TRUE(contains(refusal(file("c.csv", "# h = 0.5\n" + bare + "\n" + rows)),
                       "the column x has no unit"));
}

TEST_F(CatalogFormatTable, a_binary_file_of_rockstar_is_named) {
  std::string const data = SETSZ_SHARED_DATA + std::string("/formats/");
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "no data in " << data;
  auto const text = refusal(data + "rockstar_200c/halos_007.0.bin");
  EXPECT_TRUE(contains(text, "a binary file of Rockstar"));
}

}  // namespace
}  // namespace setsz
