// SPDX-License-Identifier: BSD-3-Clause
// Writing by all ranks and reading back.
#include "io/h5.hpp"
#include "io/h5_commentary.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "io/h5_space.hpp"
#include "pipeline/base/number.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

using test::Scratch;

FieldInfo const field{"ckpc/h", 1, -1, "box", "a test"};

/// Restores the limit of bytes per call at the end of a test.
struct SmallCalls {
  explicit SmallCalls(std::int64_t bytes) { H5File::max_bytes_per_call = bytes; }
  ~SmallCalls() { H5File::max_bytes_per_call = before; }
  std::int64_t before = H5File::max_bytes_per_call;
};

/// This rank's part of 0, 1, 2, ...: uneven, and rank 1 has none where there are three.
std::vector<float> part(Comm const& comm, std::int64_t n) {
  auto boundary = [&](int rank) {
    if (rank == comm.size()) return n;
    return comm.size() == 3 && rank == 2 ? n / 5 : n * rank / 5;
  };
  std::vector<float> values(boundary(comm.rank() + 1) - boundary(comm.rank()));
  std::iota(values.begin(), values.end(), single(boundary(comm.rank())));
  return values;
}

std::string write_product(Comm const& comm, std::string const& path) {
  auto file = H5File::create(comm, path);
  file.set_attribute("/", "text", "hello");
  file.set_attribute("/", "number", 1.5);
  file.set_attribute("/", "empty", std::string());
  file.set_attribute_list("/", "list", std::vector<std::int64_t>{1, 2, std::int64_t{1} << 40});
  file.set_attribute_list("/", "names", std::vector<std::string>{"a", "bcd"});
  auto values = part(comm, 200000);
  file.write_spread("/a/b/position", field, values);
  std::vector<float> triples;
  for (auto const v : values) triples.insert(triples.end(), {v, -v, v / 2});
  file.write_spread("/a/velocity", field, triples, {3});
  file.write_same("/a/count", field, std::vector<std::int64_t>{5, 6, 7});
  file.write_same("/nothing", field, std::vector<double>{});
  file.close();
  return path;
}

TEST(H5, what_all_ranks_write_is_read_back) {
  auto const comm = Comm::world();
  Scratch const scratch(comm);
  write_product(comm, scratch / "x.h5");
  auto const file = H5File::open(scratch / "x.h5");

  EXPECT_EQ(file.attribute<std::string>("/", "text"), "hello");
  EXPECT_EQ(file.attribute<std::string>("/", "empty"), "");
  EXPECT_EQ(file.attribute<double>("/", "number"), 1.5);
  EXPECT_EQ(file.attribute_list<std::int64_t>("/", "list").at(2), std::int64_t{1} << 40);
  EXPECT_EQ(file.attribute_list<std::string>("/", "names"), (std::vector<std::string>{"a", "bcd"}));
  EXPECT_EQ(file.members("/a"), (std::vector<std::string>{"b", "count", "velocity"}));
  EXPECT_TRUE(file.exists("/a/b/position"));
  EXPECT_FALSE(file.exists("/a/c/position"));

  auto const info = file.info("/a/velocity");
  EXPECT_EQ(info.type, H5Type::float32);
  EXPECT_EQ(info.shape, (std::vector<std::int64_t>{200000, 3}));
  EXPECT_TRUE(info.chunked);
  auto const positions = file.read_all<float>("/a/b/position");
  for (std::size_t i = 0; i < positions.size(); ++i) {
    ASSERT_EQ(positions[i], single(i));
  }
  EXPECT_EQ(file.read_rows<double>("/a/velocity", {199999, 200000}),
            (std::vector<double>{199999, -199999, 99999.5}));
  EXPECT_EQ(file.read_all<std::int64_t>("/a/count"), (std::vector<std::int64_t>{5, 6, 7}));
  EXPECT_TRUE(file.read_all<double>("/nothing").empty());
  auto const back = file.field_info("/a/velocity");
  EXPECT_EQ(back.unit, "ckpc/h");
  EXPECT_EQ(back.a_power, 1);
  EXPECT_EQ(back.h_power, -1);
  EXPECT_EQ(back.frame, "box");
  EXPECT_EQ(back.description, "a test");
}

TEST(H5, equal_content_is_equal_bytes_on_any_number_of_ranks) {
  auto const comm = Comm::world();
  Scratch const scratch(comm);
  write_product(comm, scratch / "all.h5");
  if (comm.is_root()) write_product(Comm::self(), scratch / "alone.h5");
  comm.barrier();
  EXPECT_TRUE(test::file_bytes(scratch / "all.h5") == test::file_bytes(scratch / "alone.h5"));
  EXPECT_EQ(h5_content_hash(scratch / "all.h5"), h5_content_hash(scratch / "alone.h5"));
}

TEST(H5, small_calls_write_and_read_the_same) {
  auto const comm = Comm::world();
  Scratch const scratch(comm);
  write_product(comm, scratch / "large.h5");
  auto const hash = h5_content_hash(scratch / "large.h5");
  SmallCalls const limit(100000);
  write_product(comm, scratch / "small.h5");
  EXPECT_EQ(h5_content_hash(scratch / "small.h5"), hash);
  EXPECT_TRUE(test::file_bytes(scratch / "large.h5") == test::file_bytes(scratch / "small.h5"));
}

/// Rows [0, n) as 0, 1, 2, ...; in pieces of 700, each written by another rank, the last ones
/// first.
TEST(H5, rows_that_come_piece_by_piece_from_any_rank_are_the_same_bytes) {
  auto const comm = Comm::world();
  Scratch const scratch(comm);
  constexpr std::int64_t n = 200000, piece = 700, width = 3;
  auto const values = [&](Range rows) {
    std::vector<float> some(rows.size() * width);
    std::iota(some.begin(), some.end(), single(rows.first * width));
    return some;
  };
  auto in_pieces = H5File::create(comm, scratch / "pieces.h5");
  in_pieces.create_dataset<float>("/x", field, n, {width});
  auto const n_pieces = (n + piece - 1) / piece;
  for (auto first = n_pieces - 1; first >= 0; first -= comm.size()) {
    auto const mine = std::max<std::int64_t>(first - comm.rank(), -1);
    Range const rows{mine * piece, std::min((mine + 1) * piece, n)};
    bool const any = mine >= 0;
    in_pieces.write_rows("/x", any ? rows.first : 0, any ? values(rows) : std::vector<float>());
  }
  in_pieces.close();
  auto at_once = H5File::create(comm, scratch / "once.h5");
  at_once.create_dataset<float>("/x", field, n, {width});
  at_once.write_rows("/x", 0, comm.is_root() ? values({0, n}) : std::vector<float>());
  at_once.close();
  EXPECT_TRUE(test::file_bytes(scratch / "pieces.h5") == test::file_bytes(scratch / "once.h5"));
  EXPECT_EQ(H5File::open(scratch / "pieces.h5").read_all<float>("/x"), values({0, n}));
}

TEST(H5, what_nobody_writes_is_zero) {
  auto const comm = Comm::world();
  Scratch const scratch(comm);
  auto file = H5File::create(comm, scratch / "x.h5");
  file.create_dataset<double>("/x", field, 400000);
  file.create_dataset<std::int8_t>("/odd", field, 7);
  file.write_rows("/x", 5, std::vector<double>(comm.is_root() ? 1 : 0, 2.5));
  file.write_rows("/odd", 6, std::vector<std::int8_t>(comm.is_root() ? 1 : 0, 3));
  file.close();
  auto const read = H5File::open(scratch / "x.h5");
  std::vector<double> expected(400000);
  expected[5] = 2.5;
  EXPECT_EQ(read.read_all<double>("/x"), expected);
  EXPECT_EQ(read.read_all<std::int8_t>("/odd"), (std::vector<std::int8_t>{0, 0, 0, 0, 0, 0, 3}));
}

/// HDF5 itself reads and checks the file, with nothing of ours in between.
TEST(H5, plain_hdf5_reads_a_product_of_any_shape) {
  Scratch const scratch(Comm::self());
  for (h5::Shape const& shape : {h5::Shape{1}, h5::Shape{3, 700, 701}, h5::Shape{2, 3, 500000},
                                 h5::Shape{400001}, h5::Shape{1, 1, 1, 5}}) {
    std::vector<std::int64_t> const row(shape.begin() + 1, shape.end());
    std::vector<float> values(shape[0] * h5::values_per_row(shape));
    std::iota(values.begin(), values.end(), 1.0F);
    auto file = H5File::create_serial(scratch / "x.h5");
    file.write_same("/x", field, values, row);
    file.close();
    hid_t const raw = H5Fopen((scratch / "x.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t const dataset = H5Dopen2(raw, "x", H5P_DEFAULT);
    std::vector<float> back(values.size());
    EXPECT_GE(H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, back.data()), 0);
    EXPECT_EQ(back, values);
    hid_t const creation = H5Dget_create_plist(dataset);
    EXPECT_EQ(H5Pget_nfilters(creation), 1);
    H5Pclose(creation), H5Dclose(dataset), H5Fclose(raw);
  }
}

TEST(H5, one_large_row_is_cut_into_chunks) {
  auto const comm = Comm::world();
  Scratch const scratch(comm);
  auto file = H5File::create(comm, scratch / "cubes.h5");
  // One cube of 2.3 MB per rank.
  std::vector<float> const cube(83 * 83 * 83, single(comm.rank() + 1));
  file.write_spread("/cube", field, cube, {83, 83, 83});
  file.close();
  auto const read = H5File::open(scratch / "cubes.h5");
  for (int r = 0; r < comm.size(); ++r) {
    auto const back = read.read_rows<float>("/cube", {r, r + 1});
    EXPECT_EQ(back.size(), cube.size());
    EXPECT_EQ(std::count(back.begin(), back.end(), single(r + 1)),
              static_cast<std::ptrdiff_t>(cube.size()));
  }
}

TEST(H5, the_content_hash_sees_values_names_types_and_attributes_but_not_layout) {
  auto const comm = Comm::self();
  Scratch const scratch(comm);
  auto const hash = [&](auto const& values, std::string const& name, double attribute,
                        bool serial) {
    auto file =
        serial ? H5File::create_serial(scratch / "x.h5") : H5File::create(comm, scratch / "x.h5");
    file.write_same(name, field, values);
    file.set_attribute(name, "x", attribute);
    file.close();
    return h5_content_hash(scratch / "x.h5");
  };
  std::vector<double> const values{1, 2, 3};
  auto const original = hash(values, "/a", 1.0, false);
  EXPECT_EQ(hash(values, "/a", 1.0, false), original);
  EXPECT_EQ(hash(values, "/a", 1.0, true), original);
  EXPECT_NE(hash(values, "/b", 1.0, false), original);
  EXPECT_NE(hash(values, "/a", 1.5, false), original);
  EXPECT_NE(hash(std::vector<double>{1, 2, 4}, "/a", 1.0, false), original);
  EXPECT_NE(hash(std::vector<float>{1, 2, 3}, "/a", 1.0, false), original);
}

TEST(H5, a_dataset_says_its_unit_in_cgs_and_as_astropy_writes_it) {
  auto const comm = Comm::world();
  Scratch const scratch(comm);
  auto file = H5File::create(comm, scratch / "x.h5");
  file.write_same<double>("/pressure", {.unit = "1e10 Msun/h (km/s)^2 (ckpc/h)^-3"}, {1});
  file.write_same<double>("/angle", {.unit = "arcmin^2"}, {1});
  file.write_same<double>("/count", {.unit = "1"}, {1});
  file.write_same<double>("/relative", {.unit = "P200"}, {1});
  file.close();
  auto const back = H5File::open(scratch / "x.h5");
  auto const astropy = [&](char const* name) {
    return back.attribute<std::string>(name, "astropy_unit");
  };
  EXPECT_EQ(astropy("/pressure"), "1e10 Msun km^2 s^-2 kpc^-3");
  EXPECT_EQ(astropy("/angle"), "arcmin^2");
  EXPECT_EQ(astropy("/count"), "1");
  // 1.98841e43 g x 1e10 (cm/s)^2 / (3.0856775815e21 cm)^3
  EXPECT_NEAR(back.attribute<double>("/pressure", "cgs") / 6.767906e-12, 1, 1e-5);
  EXPECT_NEAR(back.attribute<double>("/angle", "cgs") / 8.46159e-8, 1, 1e-5);
  EXPECT_EQ(back.attribute<double>("/count", "cgs"), 1);
  EXPECT_FALSE(back.has_attribute("/relative", "cgs"));
}

TEST(H5, who_made_a_file_is_no_part_of_its_content) {
  auto const comm = Comm::self();
  Scratch const scratch(comm);
  auto const hash = [&](std::string const& made_by) {
    h5::provenance = made_by;
    auto file = H5File::create(comm, scratch / "x.h5");
    h5::provenance.clear();
    file.write_same<double>("/a", field, {1});
    file.close();
    EXPECT_EQ(H5File::open(scratch / "x.h5").has_attribute("/", "provenance"), !made_by.empty());
    return h5_content_hash(scratch / "x.h5");
  };
  EXPECT_EQ(hash("{}"), hash(""));
}

TEST(H5, an_attribute_may_be_written_again) {
  auto const comm = Comm::world();
  Scratch const scratch(comm);
  auto file = H5File::create(comm, scratch / "x.h5");
  file.set_attribute("/", "state", "first");
  file.set_attribute("/", "state", std::int64_t{7});
  file.close();
  EXPECT_EQ(H5File::open(scratch / "x.h5").attribute<std::int64_t>("/", "state"), 7);
}

}  // namespace
}  // namespace setsz
