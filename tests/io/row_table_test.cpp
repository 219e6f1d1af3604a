// SPDX-License-Identifier: BSD-3-Clause
#include "io/row_table.hpp"

#include <fitsio.h>
#include <gtest/gtest.h>

#include <numeric>

#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

constexpr std::int64_t n_rows = 1000;

std::vector<RowColumn> columns() {
  return {{"id", {.unit = "1"}, "", std::vector<std::int64_t>{}},
          {"angle", {.unit = "degree"}, "deg", std::vector<double>{}},
          {"y", {.unit = "arcmin^2"}, "arcmin**2", std::vector<float>{}},
          {"cell", {.unit = "1"}, "", std::vector<std::int32_t>{}, 3}};
}

std::vector<ColumnValues> rows(Range range) {
  std::vector<std::int64_t> id;
  std::vector<double> angle;
  std::vector<float> y;
  std::vector<std::int32_t> cell;
  for (std::int64_t i = range.first; i < range.last; ++i) {
    id.push_back((std::int64_t{1} << 40) - i);
    angle.push_back(0.1 * double(i));
    y.push_back(-1.5F * float(i));
    for (std::int32_t k = 0; k < 3; ++k) cell.push_back(static_cast<std::int32_t>(10 * i) + k);
  }
  return {id, angle, y, cell};
}

/// Writes the table in turns of `per_turn` rows; the second rank has none of the first turn.
void write(Comm const& comm, std::string const& path, std::int64_t per_turn) {
  auto file = H5File::create(comm, path + ".h5");
  RowTable table(comm, file, "/halos", path + ".fits",
                 {"SOME", {{"MDEF", std::string("200c"), ""}}, {"made by a test"}}, columns(),
                 n_rows);
  for (std::int64_t first = 0; first < n_rows; first += per_turn) {
    std::int64_t const n = std::min(per_turn, n_rows - first);
    Range share = even_range(n, comm.rank(), comm.size());
    if (first == 0) share = comm.is_root() ? Range{0, n} : Range{n, n};
    table.append(rows({first + share.first, first + share.last}));
  }
  table.finish();
  file.close();
}

TEST(RowTable, HasTheSameBytesHoweverItIsShared) {
  Comm const comm = Comm::world(), alone = Comm::self();
  test::Scratch const scratch(comm);
  write(comm, scratch / "many", 170);
  if (comm.is_root()) write(alone, scratch / "one", n_rows);
  comm.barrier();
  for (auto const* end : {".h5", ".fits"})
    EXPECT_TRUE(test::file_bytes(scratch / (std::string("many") + end)) ==
                test::file_bytes(scratch / (std::string("one") + end)))
        << end;
}

TEST(RowTable, IsReadByCfitsioAndHdf5) {
  Comm const comm = Comm::world();
  test::Scratch const scratch(comm);
  write(comm, scratch / "table", 300);
  comm.barrier();
  auto const expected = rows({0, n_rows});

  auto const file = H5File::open(scratch / "table.h5");
  EXPECT_EQ(file.read_all<std::int64_t>("/halos/id"), std::get<2>(expected[0]));
  EXPECT_EQ(file.read_all<std::int32_t>("/halos/cell"), std::get<3>(expected[3]));
  EXPECT_EQ(file.field_info("/halos/y").unit, "arcmin^2");

  fitsfile* fits = nullptr;
  int status = 0, type = 0, data_verdict = 0, hdu_verdict = 0;
  fits_open_diskfile(&fits, (scratch / "table.fits").c_str(), READONLY, &status);
  fits_movabs_hdu(fits, 2, &type, &status);
  fits_verify_chksum(fits, &data_verdict, &hdu_verdict, &status);
  EXPECT_EQ(data_verdict, 1);
  EXPECT_EQ(hdu_verdict, 1);
  long n = 0;
  fits_get_num_rows(fits, &n, &status);
  ASSERT_EQ(n, n_rows);
  std::vector<LONGLONG> id(n_rows);
  std::vector<double> angle(n_rows);
  std::vector<float> y(n_rows);
  std::vector<int> cell(3 * n_rows);
  fits_read_col(fits, TLONGLONG, 1, 1, 1, n_rows, nullptr, id.data(), nullptr, &status);
  fits_read_col(fits, TDOUBLE, 2, 1, 1, n_rows, nullptr, angle.data(), nullptr, &status);
  fits_read_col(fits, TFLOAT, 3, 1, 1, n_rows, nullptr, y.data(), nullptr, &status);
  fits_read_col(fits, TINT, 4, 1, 1, 3 * n_rows, nullptr, cell.data(), nullptr, &status);
  char name[FLEN_VALUE] = {}, unit[FLEN_VALUE] = {};
  fits_read_key_str(fits, "TTYPE4", name, nullptr, &status);
  fits_read_key_str(fits, "TUNIT3", unit, nullptr, &status);
  fits_close_file(fits, &status);
  ASSERT_EQ(status, 0);
  EXPECT_STREQ(name, "CELL");
  EXPECT_STREQ(unit, "arcmin**2");
  EXPECT_EQ(std::vector<std::int64_t>(id.begin(), id.end()), std::get<2>(expected[0]));
  EXPECT_EQ(angle, std::get<0>(expected[1]));
  EXPECT_EQ(y, std::get<1>(expected[2]));
  EXPECT_EQ(cell, std::get<3>(expected[3]));
}

TEST(RowTable, CountsItsRows) {
  Comm const comm = Comm::world();
  test::Scratch const scratch(comm);
  auto file = H5File::create(comm, scratch / "table.h5");
  RowTable table(comm, file, "/halos", scratch / "table.fits", {"SOME", {}, {}}, columns(), n_rows);
  table.append(rows(comm.is_root() ? Range{0, 10} : Range{0, 0}));
  EXPECT_TRUE(test::contains(test::error_of([&] { table.finish(); }), "10 of 1000 rows"));
  auto uneven = rows({0, 3});
  std::get<0>(uneven[1]).pop_back();
  EXPECT_TRUE(test::contains(test::error_of([&] { table.append(uneven); }), "column angle"));
}

}  // namespace
}  // namespace setsz
