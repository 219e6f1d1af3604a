// SPDX-License-Identifier: BSD-3-Clause
#include "io/tables/text_table.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

class Tables : public testing::Test {
 protected:
  Comm const comm_ = Comm::world();
  test::Scratch const scratch_{comm_};

  std::string write(std::string const& text) const {
    if (comm_.is_root()) std::ofstream(scratch_ / "table") << text;
    comm_.barrier();
    return scratch_ / "table";
  }
  static std::vector<std::string> names(TableFile const& file) {
    std::vector<std::string> all;
    for (auto const& column : file.columns()) all.push_back(column.name + "|" + column.unit);
    return all;
  }
};

using Names = std::vector<std::string>;

TEST_F(Tables, NamesAndUnitsStandInTheFirstLine) {
  TextTable const csv(write("# a comment\nra [deg], dec, M200c [1e10 Msun/h]\n1,2,3\n"));
  EXPECT_EQ(names(csv), (Names{"ra|deg", "dec|", "M200c|1e10 Msun/h"}));
  comm_.barrier();
  TextTable const columns(write("ra dec mass [Msun]\n1 2 3\n"));
  EXPECT_EQ(names(columns), (Names{"ra|", "dec|", "mass|Msun"}));
}

TEST_F(Tables, NamesMayStandInTheLastCommentThatFits) {
  TextTable const numpy(write("# made by someone\n# ra dec z\n# in degrees\n1 2 3\n4 5 6\n"));
  EXPECT_EQ(names(numpy), (Names{"ra|", "dec|", "z|"}));
  comm_.barrier();
  TextTable const said(write("# ra dec z\n# Om = 0.3; Ol = 0.7; h = 0.7\n1 2 3\n"));
  EXPECT_EQ(names(said), (Names{"ra|", "dec|", "z|"}));
}

TEST_F(Tables, ColumnsWithoutNamesAreNumbered) {
  TextTable const bare(write("1e3, 2, 3\n4, 5, 6\n"));
  EXPECT_EQ(names(bare), (Names{"1|", "2|", "3|"}));
}

/// Between commas a unit does not belong to the name before.
TEST_F(Tables, AColumnMayHaveNoName) {
  TextTable const csv(write("id,,[kpc],x,[Msun] y\n1,2,3,4,5\n"));
  EXPECT_EQ(names(csv), (Names{"id|", "|", "|kpc", "x|", "[Msun] y|"}));
}

TEST_F(Tables, KnowsTheUnitsOfARockstarList) {
  TextTable const list(
      write("#ID DescID M200c X VX\n#a = 1.0\n#Rockstar Version: 0.99.9-RC3+\n1 -1 2e13 3 4\n"));
  EXPECT_EQ(names(list), (Names{"ID|", "DescID|", "M200c|Msun/h", "X|Mpc/h", "VX|km/s"}));
}

TEST_F(Tables, AnyRangeOfRowsHasTheSameNumbersWhateverTheChunks) {
  std::string text = "a,b\n";
  for (int row = 0; row < 300; ++row)
    text += concat(row % 7 == 0 ? "# between\n\n" : "", row, ", -", row, ".5e0", row % 3 ? "" : " ",
                   row == 299 ? "" : "\n");  // no end of line at the end
  auto const path = write(text);
  std::size_t const columns[] = {1, 0};
  for (std::int64_t const chunk_bytes : {7, 64, 1000, 1 << 20}) {
    TextTable table(path, chunk_bytes);
    table.count_rows(comm_);
    ASSERT_EQ(table.n_rows(), 300);
    for (Range const rows : {Range{0, 300}, {0, 1}, {299, 300}, {100, 113}, {5, 5}}) {
      auto const values = table.read(rows, columns);
      ASSERT_EQ(std::ssize(values), 2 * rows.size());
      for (std::int64_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(values[2 * i + 1], static_cast<double>(rows.first + i));
        EXPECT_EQ(values[2 * i], -(static_cast<double>(rows.first + i) + 0.5));
      }
    }
    // Line: names, then for every seventh row two more.
    EXPECT_EQ(table.place(0), path + ":4");
    EXPECT_EQ(table.place(1), path + ":5");
    EXPECT_EQ(table.place(14), path + concat(":", 1 + 2 * 3 + 15));
  }
}

TEST_F(Tables, SaysWhereARowIsNoRow) {
  std::size_t const columns[] = {1};
  TextTable words(write("a,b\n1,2\n# c\n3,x7\n"));
  words.count_rows(comm_);
  EXPECT_TRUE(test::contains(test::error_of([&] {
                               words.read({0, 2}, columns);
                             }),
                             "table:4: column b is 'x7', not a number"));
  comm_.barrier();
  TextTable narrow(write("a,b\n1,2\n3\n"));
  narrow.count_rows(comm_);
  EXPECT_TRUE(test::contains(test::error_of([&] {
                               narrow.read({0, 2}, columns);
                             }),
                             "table:3: has 1 columns in place of 2: '3'"));
}

TEST_F(Tables, HasOtherSeparatorsQuotesAndUnitsInParentheses) {
  std::size_t const columns[] = {1, 2};
  auto const reads = [&](std::string const& text) {
    comm_.barrier();
    TextTable table(write(text));
    table.count_rows(comm_);
    EXPECT_EQ(names(table), (Names{"id|", "x|Mpc/h", "b(500c)|"})) << text;
    EXPECT_EQ(table.read({0, 1}, columns), (std::vector<double>{1.5, 3}));
  };
  reads("id;x[Mpc/h];b(500c)\n7;1.5;3\n");
  reads("id,x (Mpc/h),b(500c)\n7,1.5,3\n");
  reads("\"id\",\"x [Mpc/h]\",\"b(500c)\"\n\"7\",\"1.5\",\"3\"\n");
  reads("\"id\" \"x (Mpc/h)\" \"b(500c)\"\n\"7\" 1.5 3\n");
  reads("# id x(Mpc/h) b(500c)\n7 1.5 3\n");
  comm_.barrier();
  TextTable bars(write("id|x [Mpc/h]|y|z\n7|1.5|3|4\n"));
  bars.count_rows(comm_);
  EXPECT_EQ(names(bars), (Names{"id|", "x|Mpc/h", "y|", "z|"}));
  EXPECT_EQ(bars.read({0, 1}, columns), (std::vector<double>{1.5, 3}));
  comm_.barrier();
  TextTable commas(write("id;x;y\n7;1,5;3,25\n"));
  commas.count_rows(comm_);
  EXPECT_TRUE(test::contains(test::error_of([&] {
                               commas.read({0, 1}, columns);
                             }),
                             "table:2: column x is '1,5', not a number (write 1.5, not 1,5)"));
}

TEST_F(Tables, ASecondLineOfNamesMustBeTheFirstOne) {
  std::size_t const columns[] = {1};
  auto const reading = [&](std::string const& comment) {
    comm_.barrier();
    TextTable table(write("# a b [Mpc] c\n1 2 3\n" + comment + "\n4 5 6\n"));
    table.count_rows(comm_);
    return test::error_of([&] { table.read({0, 2}, columns); });
  };
  EXPECT_TRUE(test::contains(reading("# b [Mpc] a c"), "table:3: a second line of names"));
  EXPECT_TRUE(test::contains(reading("# a b [kpc] c"), "table:3: a second line of names"));
  for (auto const* comment : {"# a b [Mpc] c", "# a b c", "# c b", "# what c is", "#"})
    EXPECT_EQ(reading(comment), "no error") << comment;
}

TEST_F(Tables, ASampleIsSpreadOverTheFile) {
  std::string text = "a\n";
  for (int row = 0; row < 1000; ++row) text += concat(10000 + row, "\n");
  TextTable const table(write(text));
  std::size_t const columns[] = {0};
  auto const sample = table.sample(10, columns);
  ASSERT_EQ(std::ssize(sample), 10);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_NEAR(sample[i], 10000 + 100.0 * double(i), 2);
  EXPECT_EQ(table.expected_rows(), 1000);
}

}  // namespace
}  // namespace setsz
