// SPDX-License-Identifier: BSD-3-Clause
// Damaged rows of a halo catalogue: none is accepted in silence, none crashes the reader.
#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "io/halo_catalog.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "tests/fixtures/figures.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

constexpr char const* header =
    "#ID DescID M200c Vmax X Y Z VX VY VZ JX JY JZ Xoff Voff M200b PID\n"
    "#a = 0.500000\n"
    "#Om = 0.308900; Ol = 0.691100; h = 0.677400\n"
    "#Box size: 50.000000 Mpc/h\n"
    "#Rockstar Version: 0.99.9-RC3\n";
constexpr std::size_t n_columns = 17;
constexpr std::size_t n_rows = 12;

using Row = std::vector<std::string>;

std::vector<Row> good_rows() {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < n_rows; ++i) {
    rows.push_back(words(concat(i, " -1 ", 1.5e13 + 1e11 * real(i), " 300.5 ", i,
                                ".25 2.5 49.9 10 -20 30 1e12 -2e12 3e12 15.5 12 2e13 -1")));
  }
  return rows;
}

class HaloCatalogFuzz : public ::testing::Test {
 protected:
  /// The halos of a file with this text, or nothing if it is refused with the right code.
  std::optional<std::vector<Halo>> read(std::string const& text) {
    test::write_bytes(scratch_ / "x.list", text);
    try {
      return read_halo_catalog(comm_, {scratch_ / "x.list"}, {MassDefinition::m200c, 0}).halos;
    } catch (Error const& error) {
      EXPECT_EQ(error.code(), ExitCode::bad_data) << error.what();
      EXPECT_NE(std::string(error.what()).find("x.list"), std::string::npos) << error.what();
      return std::nullopt;
    }
  }
  static std::string text_of(std::vector<Row> const& rows) {
    std::string text = header;
    for (auto const& row : rows) text += join(row, " ") + "\n";
    return text;
  }
  std::size_t draw(std::size_t n) { return static_cast<std::size_t>(random_.below(n)); }

  Comm comm_ = Comm::self();
  test::Scratch scratch_{comm_};
  Random random_{20261123, Purpose::test};
};

TEST_F(HaloCatalogFuzz, the_undamaged_rows_are_accepted) {
  auto const halos = read(text_of(good_rows()));
  ASSERT_TRUE(halos);
  EXPECT_EQ(halos->size(), n_rows);
}

TEST_F(HaloCatalogFuzz, a_required_field_that_is_no_number_is_refused) {
  std::vector<std::string> const garbage{"x",    "1e",      "1.2.3", "nan",  "inf",
                                         "-inf", "--1",     "1,5",   "0x10", "1e999",
                                         "-",    "1.5\x01", "1e5f",  "#5",   "'1'"};
  std::vector<std::size_t> const required{0, 2, 4, 5, 6, 16};
  for (auto const column : required) {
    for (auto const& text : garbage) {
      auto rows = good_rows();
      rows[draw(n_rows)][column] = text;
      if (column == 0 && text == "#5") continue;  // that makes the row a comment
      EXPECT_FALSE(read(text_of(rows))) << "column " << column << ": " << text;
    }
  }
}

/// Velocities, J, Xoff and Voff can be computed: one bad value does not refuse a whole list.
TEST_F(HaloCatalogFuzz, a_value_that_particles_can_tell_is_left_out) {
  for (auto const column : {7, 8, 9, 10, 11, 12, 13, 14}) {
    auto rows = good_rows();
    rows[3][static_cast<std::size_t>(column)] = "nan";
    auto const halos = read(text_of(rows));
    ASSERT_TRUE(halos) << column;
    auto const& halo = halos->at(3);
    bool const velocity = column < 10, momentum = !velocity && column < 13;
    EXPECT_EQ(std::isnan(norm(halo.velocity)), velocity) << column;
    EXPECT_EQ(norm(halo.angular_momentum) == 0, momentum) << column;
    EXPECT_EQ(halo.xoff_ckpch < 0, column == 13);
    EXPECT_EQ(halo.voff_kms < 0, column == 14);
  }
}

TEST_F(HaloCatalogFuzz, a_missing_or_added_field_is_refused_in_every_place) {
  for (std::size_t column = 0; column < n_columns; ++column) {
    for (bool const add : {false, true}) {
      auto rows = good_rows();
      auto& row = rows[draw(n_rows)];
      auto const at = row.begin() + static_cast<std::ptrdiff_t>(column);
      if (add) {
        row.insert(at, "1");
      } else {
        row.erase(at);
      }
      EXPECT_FALSE(read(text_of(rows))) << column << (add ? " added" : " missing");
    }
  }
}

TEST_F(HaloCatalogFuzz, a_file_cut_inside_a_row_is_refused) {
  auto const text = text_of(good_rows());
  auto const begin = std::string(header).size();
  for (std::size_t length = begin + 1; length < text.size(); ++length) {
    auto const cut = text.substr(0, length);
    auto const last = cut.substr(cut.rfind('\n') + 1);
    bool const whole = last.empty() || words(last).size() == n_columns;
    auto const halos = read(cut);
    if (!whole) {
      EXPECT_FALSE(halos) << "'" << last << "'";
      continue;
    }
    // Rockstar ends every line: "-1" without its end may be a part of "-12".
    EXPECT_EQ(halos.has_value(), last.empty()) << last;
  }
}

TEST_F(HaloCatalogFuzz, random_bytes_never_crash_the_reader_or_make_numbers_that_cannot_be) {
  auto const good = text_of(good_rows());
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    auto text = good;
    for (std::size_t n = 1 + draw(3); n > 0; --n) {
      auto const at = draw(text.size());
      switch (draw(3)) {
        case 0:
          text[at] = static_cast<char>(draw(256));
          break;
        case 1:
          text.erase(at, 1 + draw(20));
          break;
        default:
          text.insert(at, 1 + draw(5000), static_cast<char>(draw(256)));
      }
    }
    auto const halos = read(text);
    if (!halos) {
      ++refused;
      continue;
    }
    for (auto const& halo : *halos) {
      EXPECT_TRUE(std::isfinite(halo.mass) && halo.mass > 0);
      for (std::size_t d = 0; d < 3; ++d) EXPECT_TRUE(std::isfinite(halo.position[d]));
    }
  }
  EXPECT_GT(refused, 400);
  test::count_faults("halo_catalog", "bytes changed", "halo list of Rockstar", refused,
                     2000 - refused);
}

}  // namespace
}  // namespace setsz
