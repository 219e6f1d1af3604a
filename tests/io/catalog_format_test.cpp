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
                       "Known formats: Rockstar list or ascii, Rockstar binary, consistent-trees "
                       "hlist, AHF halos, SUBFIND/FOF HDF5, plain table; convert the file"));
  EXPECT_TRUE(contains(refusal(file("x.html", "<html>")), "looks like a web page"));
}

}  // namespace
}  // namespace setsz
