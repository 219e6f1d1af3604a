// SPDX-License-Identifier: BSD-3-Clause
// A plain table as the halo catalogue of a run: text, packed text, HDF5, FITS.
#include <fitsio.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <limits>

#include "io/h5.hpp"
#include "io/halo_catalog.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

using test::contains;

class TableCatalog : public testing::Test {
 protected:
  Comm const comm_ = Comm::world();
  test::Scratch const scratch_{comm_};

  std::string file(std::string const& name, std::string const& text) const {
    if (comm_.is_root()) test::write_bytes(scratch_ / name, text);
    comm_.barrier();
    return scratch_ / name;
  }
  std::vector<Halo> halos(std::string const& path, CatalogRequest request = {}) const {
    auto all = comm_.all_gather_v(read_halo_catalog(comm_, {path}, request).halos);
    std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.id < b.id; });
    return all;
  }
  std::string refusal(std::string const& path, CatalogRequest const& request = {}) const {
    return test::error_of([&] { read_halo_catalog(comm_, {path}, request); });
  }
};

std::string const csv =
    "# box = 50\n# h = 0.5\nid,x[Mpc/h],y[Mpc/h],z[Mpc/h],vx[km/s],vy[km/s],vz[km/s],m200c[Msun],"
    "pid,xoff[kpc/h]\n"
    "9007199254740993,1,2,3,10,20,30,1e14,-1,12\n"
    "8,4,5,6,-1,-2,-3,2e14,9007199254740993,\n";

void expect_both(std::vector<Halo> const& halos) {
  ASSERT_EQ(halos.size(), 2U);
  EXPECT_EQ(halos[1].id, 9007199254740993);  // no double
  EXPECT_EQ(halos[0].parent_id, 9007199254740993);
  EXPECT_EQ(halos[1].parent_id, -1);
  EXPECT_EQ(halos[0].position, (Vec3{4000, 5000, 6000}));
  EXPECT_EQ(halos[0].velocity, (Vec3{-1, -2, -3}));
  EXPECT_NEAR(halos[0].mass, 1e4, 1e-9);  // 2e14 Msun = 1e14 Msun/h
  EXPECT_EQ(halos[0].xoff_ckpch, -1);     // empty
  EXPECT_EQ(halos[1].xoff_ckpch, 12);
}

TEST_F(TableCatalog, IsTextWithOrWithoutPackingAndByteOrderMark) {
  expect_both(halos(file("a.csv", csv)));
  expect_both(halos(file("b.csv", "\xEF\xBB\xBF" + csv)));
  std::string crlf;
  for (char const c : csv) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  expect_both(halos(file("c.csv", crlf)));
  if (comm_.is_root()) {
    auto* packed = gzopen((scratch_ / "d.csv.gz").c_str(), "wb");
    gzwrite(packed, csv.data(), static_cast<unsigned>(csv.size()));
    gzclose(packed);
  }
  comm_.barrier();
  expect_both(halos(scratch_ / "d.csv.gz"));
  std::string blanks = csv;  // an empty field needs commas
  blanks.replace(blanks.rfind(",\n"), 1, ",nan");
  std::replace(blanks.begin(), blanks.end(), ',', ' ');
  blanks.replace(blanks.find("id x"), 2, "# id");
  expect_both(halos(file("e.txt", blanks)));
}

TEST_F(TableCatalog, IsHdf5OrFits) {
  auto const h5 = scratch_ / "halos.h5", fits = scratch_ / "halos.fits";
  if (comm_.is_root()) {
    auto out = H5File::create_serial(h5);
    out.write_same<std::int64_t>("/id", {.unit = "1"}, {9007199254740993, 8});
    out.write_same<std::int64_t>("/pid", {.unit = "1"}, {-1, 9007199254740993});
    double const values[7][2] = {{1, 4}, {2, 5}, {3, 6}, {10, -1}, {20, -2}, {30, -3}, {5e3, 1e4}};
    char const* names[] = {"x", "y", "z", "vx", "vy", "vz", "m200c"};
    char const* units[] = {"Mpc/h", "Mpc/h", "Mpc/h", "km/s", "km/s", "km/s", "1e10 Msun/h"};
    for (std::size_t i = 0; i < 7; ++i)
      out.write_same<double>(concat("/", names[i]), {.unit = units[i]},
                             {values[i][0], values[i][1]});
    out.write_same<double>("/xoff", {.unit = "kpc/h"}, {12, std::nan("")});
    out.set_attribute("/", "box", 50.0);
    out.close();
    int status = 0;
    fitsfile* table = nullptr;
    char const* all[] = {"ID", "PID", "X", "Y", "Z", "VX", "VY", "VZ", "M200C", "XOFF"};
    char const* forms[] = {"K", "K", "D", "D", "D", "E", "E", "E", "D", "D"};
    char const* all_units[] = {"",     "",     "Mpc/h", "Mpc/h",       "Mpc/h",
                               "km/s", "km/s", "km/s",  "1e10 Msun/h", "kpc/h"};
    fits_create_file(&table, fits.c_str(), &status);
    fits_create_tbl(table, BINARY_TBL, 2, 10, const_cast<char**>(all), const_cast<char**>(forms),
                    const_cast<char**>(all_units), "HALOS", &status);
    LONGLONG ids[2] = {9007199254740993, 8}, parents[2] = {-1, 9007199254740993};
    fits_write_col(table, TLONGLONG, 1, 1, 1, 2, ids, &status);
    fits_write_col(table, TLONGLONG, 2, 1, 1, 2, parents, &status);
    for (int i = 0; i < 7; ++i)
      fits_write_col(table, TDOUBLE, i + 3, 1, 1, 2, const_cast<double*>(values[i]), &status);
    double offsets[2] = {12, std::nan("")};
    fits_write_col(table, TDOUBLE, 10, 1, 1, 2, offsets, &status);
    fits_close_file(table, &status);
    ASSERT_EQ(status, 0);
  }
  comm_.barrier();
  expect_both(halos(h5));
  expect_both(halos(fits));
  EXPECT_EQ(read_halo_catalog(comm_, {h5}, {}).header.box_mpch, 50);
  EXPECT_TRUE(contains(refusal(fits, {.box_ckpch = 5000}), "halos.fits', row 1: column Z = 6"));
}

/// Columns of a FITS table, all of one row: its value, or nothing.
struct FitsColumn {
  char const *name, *form, *unit;
  double value;
};

void add_table(fitsfile* file, std::vector<FitsColumn> const& columns) {
  std::vector<char*> names, forms, units;
  for (auto const& column : columns) {
    names.push_back(const_cast<char*>(column.name));
    forms.push_back(const_cast<char*>(column.form));
    units.push_back(const_cast<char*>(column.unit));
  }
  int status = 0;
  fits_create_tbl(file, BINARY_TBL, 1, static_cast<int>(columns.size()), names.data(), forms.data(),
                  units.data(), nullptr, &status);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    double value = columns[i].value;
    bool const is_text = columns[i].form[1] == 'A';
    if (!is_text) fits_write_col(file, TDOUBLE, static_cast<int>(i + 1), 1, 1, 1, &value, &status);
  }
  EXPECT_EQ(status, 0);
}

std::vector<FitsColumn> const one_halo{{"id", "1K", "", 7},
                                       {"x", "1D", "Mpc/h", 1},
                                       {"y", "1D", "Mpc/h", 2},
                                       {"z", "1D", "Mpc/h", 3},
                                       {"m200c", "1D", "Msun/h", 1e14}};

TEST_F(TableCatalog, IsTheFitsTableWithHaloes) {
  auto const written = [&](std::string const& name, auto&& fill) {
    auto const path = scratch_ / name;
    if (comm_.is_root()) {
      fitsfile* file = nullptr;
      int status = 0;
      fits_create_file(&file, path.c_str(), &status);
      fits_create_img(file, BYTE_IMG, 0, nullptr, &status);
      fill(file);
      fits_close_file(file, &status);
      EXPECT_EQ(status, 0);
    }
    comm_.barrier();
    return path;
  };
  auto const with_key = [](fitsfile* file, char const* key, double value) {
    int status = 0;
    fits_write_key(file, TDOUBLE, key, &value, nullptr, &status);
  };
  auto const second = written("second.fits", [&](fitsfile* file) {
    with_key(file, "REDSHIFT", 1.0);
    add_table(file, {{"bin", "1D", "", 1}, {"count", "1K", "", 4}});
    add_table(file, one_halo);
  });
  EXPECT_EQ(halos(second).at(0).id, 7);
  EXPECT_EQ(read_halo_catalog(comm_, {second}, {}).header.redshift, 1.0);
  EXPECT_TRUE(contains(refusal(written("two.fits",
                                       [&](fitsfile* file) {
                                         add_table(file, one_halo);
                                         add_table(file, one_halo);
                                       })),
                       "holds haloes in two tables, extensions 1 and 2"));
  EXPECT_TRUE(contains(refusal(written("keys.fits",
                                       [&](fitsfile* file) {
                                         with_key(file, "BOX", 50);
                                         add_table(file, one_halo);
                                         with_key(file, "BOX", 40);
                                       })),
                       "box is 40 in the header of the table and 50 in the primary"));
  auto const changed = [&](std::string const& name, std::size_t column, FitsColumn to,
                           bool undefined = false) {
    return refusal(written(name, [&](fitsfile* file) {
      auto columns = one_halo;
      columns[column] = to;
      add_table(file, columns);
      LONGLONG null = -99;
      int status = 0;
      if (undefined) fits_write_key(file, TLONGLONG, "TNULL1", &null, nullptr, &status);
    }));
  };
  EXPECT_TRUE(contains(changed("null.fits", 0, {"id", "1K", "", -99}, true),
                       "row 0: column id is undefined"));
  EXPECT_TRUE(
      contains(changed("part.fits", 0, {"id", "1D", "", 7.5}), "column id is 7.5, not an integer"));
  EXPECT_EQ(changed("whole.fits", 0, {"id", "1D", "", 8}), "no error");
  EXPECT_TRUE(
      contains(changed("complex.fits", 4, {"m200c", "1C", "Msun/h", 1}), "m200c holds complex"));
  EXPECT_TRUE(contains(changed("text.fits", 4, {"m200c", "8A", "Msun/h", 1}), "m200c is text"));
  EXPECT_TRUE(contains(changed("vector.fits", 1, {"x", "3D", "Mpc/h", 1}), "x has several values"));
}

TEST_F(TableCatalog, SaysWhyAColumnOfHdf5CannotBeRead) {
  auto const written = [&](std::string const& name, auto&& change) {
    auto const path = scratch_ / name;
    if (comm_.is_root()) {
      auto out = H5File::create_serial(path);
      for (auto const* axis : {"x", "y", "z"})
        out.write_same<double>(concat("/", axis), {.unit = "Mpc/h"}, {1, 2});
      change(out);
      out.close();
    }
    comm_.barrier();
    return path;
  };
  auto const mass = [](H5File& out) {
    out.write_same<double>("/m200c", {.unit = "Msun/h"}, {1e14, 2e14});
  };
  constexpr auto none = std::numeric_limits<std::uint64_t>::max();
  auto const unsigned_ids = written("unsigned.h5", [&](H5File& out) {
    mass(out);
    out.write_same<std::uint64_t>("/id", {.unit = "1"}, {9007199254740993, 8});
    out.write_same<std::uint64_t>("/pid", {.unit = "1"}, {none, 9007199254740993});
    out.write_same<double>("/bins", {.unit = "1"}, {1, 2, 3, 4, 5});  // not a column
  });
  auto const all = halos(unsigned_ids);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].parent_id, -1);
  EXPECT_EQ(all[0].parent_id, 9007199254740993);
  EXPECT_TRUE(contains(refusal(written("short.h5",
                                       [&](H5File& out) {
                                         mass(out);
                                         out.write_same<std::int64_t>("/id", {.unit = "1"}, {1});
                                       })),
                       "the column id has 1 rows, and the others have 2"));
  EXPECT_TRUE(
      contains(refusal(written("huge.h5",
                               [&](H5File& out) {
                                 mass(out);
                                 out.write_same<std::uint64_t>("/id", {.unit = "1"}, {1, none - 1});
                               })),
               "huge.h5', row 1: /id is 18446744073709551614, more than 2^63"));
  EXPECT_TRUE(contains(refusal(written("part.h5",
                                       [&](H5File& out) {
                                         mass(out);
                                         out.write_same<double>("/id", {.unit = "1"}, {1, 2.5});
                                       })),
                       "column /id is 2.5, not an integer"));
}

TEST_F(TableCatalog, SaysItsRedshiftInManyWays) {
  auto const header = [&](std::string const& comments) {
    auto const path = file("m.csv", comments + csv);
    auto const found = read_halo_catalog(comm_, {path}, {}).header;
    comm_.barrier();
    return found;
  };
  for (auto const* comment : {"# a: 0.5\n", "# n = 3, a = 0.5; b = 2\n", "# scale_factor = 0.5\n"})
    EXPECT_EQ(header(comment).a, 0.5) << comment;
  for (auto const* comment : {"# redshift = 1.0\n", "# z = 1\n", "# z: 1 (snapshot 67)\n"})
    EXPECT_EQ(header(comment).redshift, 1.0) << comment;
  // A description of the columns.
  EXPECT_EQ(header("# x = 2\n# y = 3\n# z = 4\n").redshift, std::nullopt);
  EXPECT_EQ(header("# a: semi-axis of the halo\n# z: along the line of sight\n").redshift,
            std::nullopt);
  EXPECT_TRUE(contains(refusal(file("n.csv", "# a = half\n" + csv)), "gives no number for a"));
}

TEST_F(TableCatalog, ColumnsCanBeNamedByTheRequest) {
  auto text = csv;
  text.replace(text.find("id,x[Mpc/h]"), 11, "halo number,x");
  text.replace(text.find("m200c[Msun]"), 11, "M");
  auto const path = file("f.csv", text);
  EXPECT_TRUE(contains(refusal(path), "is not a halo catalogue of a known format"));
  CatalogRequest const request{.columns = {"id: Halo Number", "x: x [Mpc/h]", "m200c: M [Msun/h]"}};
  auto const table = catalog_formats("table");
  auto const catalog = read_halo_catalog(comm_, {path}, request, table);
  auto const all = comm_.all_gather_v(catalog.halos);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].position, (Vec3{1000, 2000, 3000}));
  EXPECT_NEAR(all[0].mass, 1e4, 1e-9);
  EXPECT_TRUE(catalog.header.has_parents);
}

TEST_F(TableCatalog, TwoNamesOfOneColumnAreAQuestion) {
  auto text = csv;
  text.replace(text.find("xoff[kpc/h]"), 11, "m_200c[Msun]");
  text.replace(text.find(",12\n"), 4, ",3e14\n");
  text.replace(text.rfind(",\n"), 2, ",4e14\n");
  auto const path = file("l.csv", text);
  EXPECT_TRUE(contains(refusal(path), "has columns m200c and m_200c, which mean the same"));
  auto const all = halos(path, {.columns = {"m200c: m_200c"}});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_NEAR(all[0].mass, 2e4, 1e-9);  // 4e14 Msun, h = 0.5
}

TEST_F(TableCatalog, MayLackVelocities) {
  std::string const three = "vx[km/s],vy[km/s],vz[km/s],";
  auto text = csv;
  text.replace(text.find(three), three.size(), "").replace(text.find("10,20,30,"), 9, "");
  text.replace(text.find("-1,-2,-3,"), 9, "");
  auto const without = halos(file("i.csv", text));
  ASSERT_EQ(without.size(), 2U);
  for (auto const& halo : without) EXPECT_TRUE(std::isnan(norm(halo.velocity)));
  EXPECT_EQ(without[0].xoff_ckpch, -1);
  EXPECT_EQ(without[1].position, (Vec3{1000, 2000, 3000}));

  text = csv;  // one of them is no number
  text.replace(text.find("-1,-2,-3"), 8, "-1,nan,-3");
  auto const path = file("j.csv", text);
  auto const some = halos(path);
  EXPECT_TRUE(std::isnan(norm(some[0].velocity)));
  EXPECT_EQ(some[1].velocity, (Vec3{10, 20, 30}));
  EXPECT_EQ(read_halo_catalog(comm_, {path}, {}).header.n_left_out, 2);  // and an empty Xoff

  text = csv;  // two of three
  text.replace(text.find("vy[km/s]"), 8, "wy[km/s]");
  EXPECT_TRUE(contains(refusal(file("k.csv", text)), "no column vy among"));
}

TEST_F(TableCatalog, CountsHaloesWithoutAMass) {
  std::string text = "# box = 50\nid,x[Mpc/h],y[Mpc/h],z[Mpc/h],m200c[Msun/h]\n";
  for (int id = 0; id < 9; ++id)
    text += concat(id, ",", id, ",1,2,", id % 3 == 0 ? "0" : id == 1 ? "1e12" : "1e14", "\n");
  auto const path = file("massless.csv", text);
  auto const catalog = read_halo_catalog(comm_, {path}, {.mass_min_1e10msunh = 1e3});
  EXPECT_EQ(catalog.massless.n_without_another, 3);  // on any number of ranks
  EXPECT_EQ(catalog.massless.n, 0);
  EXPECT_EQ(comm_.all_sum(std::ssize(catalog.halos)), 5);
  EXPECT_EQ(read_halo_catalog(comm_, {file("a.csv", csv)}, {}).massless.n_without_another, 0);
}

TEST_F(TableCatalog, SaysWhatIsWrongAndWhere) {
  auto const with = [&](std::string const& from, std::string const& to) {
    auto text = csv;
    text.replace(text.find(from), from.size(), to);
    return refusal(file("g.csv", text));
  };
  EXPECT_TRUE(contains(with("# h = 0.5\n", ""), "the unit of m200c is Msun, which needs h"));
  EXPECT_TRUE(contains(with("x[Mpc/h]", "x"), "the column x has no unit"));
  EXPECT_TRUE(contains(with("x[Mpc/h]", "x[AU]"), "the unit AU (wanted one of Mpc, Mpc/h"));
  EXPECT_TRUE(contains(with(",m200c", ",mass"), "no column m200c among"));
  EXPECT_TRUE(contains(with("8,4,5", "8,,5"), "g.csv:5: column x is not a finite number"));
  EXPECT_TRUE(contains(with("8,4,5", "8.5,4,5"), "g.csv:5: column id is '8.5', not an integer"));
  EXPECT_TRUE(contains(with("8,4,5", "8,54,5"), "g.csv:5: column x = 54 Mpc/h lies outside"));
  EXPECT_TRUE(contains(with("8,4,5", "8,4"), "g.csv:5: has 9 columns in place of 10"));
  EXPECT_TRUE(contains(with("2e14", "-2e14"), "g.csv:5: mass m200c is negative"));
  EXPECT_TRUE(contains(with("2e14", "2e18"), "g.csv:5: halo 8 has a mass of"));
  EXPECT_TRUE(contains(with("pid,xoff", "pid,x"), "two columns are named x"));
  CatalogRequest known;
  known.h = 0.5;
  auto text = csv;
  text.erase(text.find("# h = 0.5\n"), 10);
  expect_both(halos(file("h.csv", text), known));
}

}  // namespace
}  // namespace setsz
