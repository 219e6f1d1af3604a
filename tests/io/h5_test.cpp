// SPDX-License-Identifier: BSD-3-Clause
// Writing by all ranks and reading back.
#include "io/h5.hpp"

#include <gtest/gtest.h>

#include <numeric>

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
  EXPECT_TRUE(file.all_writes_collective());
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
