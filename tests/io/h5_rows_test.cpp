// SPDX-License-Identifier: BSD-3-Clause
// Rows of a dataset against what HDF5 reads, and our checksum against a plain loop and HDF5's own.
#include "io/h5_rows.hpp"

#include <gtest/gtest.h>
#include <hdf5.h>

#include <numeric>

#include "io/h5_chunks.hpp"
#include "pipeline/base/random.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

using test::contains;
using test::error_of;
using test::Scratch;

/// As H5checksum.c has it, in numbers that cannot overflow.
std::uint32_t slow_fletcher32(std::vector<std::byte> const& bytes) {
  std::uint64_t sum = 0, sum_of_sums = 0;
  auto const fold = [](std::uint64_t x) { return x > 0xffff ? (x - 1) % 0xffff + 1 : x; };
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    auto const second = i + 1 < bytes.size() ? std::to_integer<unsigned>(bytes[i + 1]) : 0;
    sum = fold(sum + (std::to_integer<unsigned>(bytes[i]) << 8 | second));
    sum_of_sums = fold(sum_of_sums + sum);
  }
  return static_cast<std::uint32_t>(sum_of_sums << 16 | sum);
}

TEST(Fletcher32, IsThatOfAPlainLoop) {
  Random random(1, Purpose::test);
  for (std::size_t const n : {0, 1, 2, 3, 63, 64, 65, 127, 130, 1000, 16383, 16384, 16386, 70001}) {
    std::vector<std::byte> bytes(n);
    EXPECT_EQ(h5::fletcher32(bytes), 0U) << n;
    for (auto& byte : bytes) byte = std::byte(random.bits() & 0xff);
    EXPECT_EQ(h5::fletcher32(bytes), slow_fletcher32(bytes)) << n;
    std::fill(bytes.begin(), bytes.end(), std::byte{0xff});  // sums are multiples of the modulus
    EXPECT_EQ(h5::fletcher32(bytes), slow_fletcher32(bytes)) << n;
    if (n == 0) continue;
    bytes.assign(n, std::byte{0});
    bytes[n / 2] = std::byte{1};
    EXPECT_EQ(h5::fletcher32(bytes), slow_fletcher32(bytes)) << n;
  }
}

/// Writes a dataset (5500, 3) of float32 in chunks with HDF5; of the rows behind 4000 only the
/// first chunk, so that the last one is never made.
void write_chunked(std::string const& path, hsize_t chunk_rows, hsize_t chunk_columns,
                   bool has_checksum) {
  hid_t const file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  hsize_t const shape[]{5500, 3}, chunk[]{chunk_rows, chunk_columns}, written[]{4500, 3},
      corner[]{0, 0};
  hid_t const space = H5Screate_simple(2, shape, nullptr),
              memory = H5Screate_simple(2, written, nullptr);
  hid_t const creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(creation, 2, chunk);
  if (has_checksum) H5Pset_fletcher32(creation);
  hid_t const data =
      H5Dcreate2(file, "/x", H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  std::vector<float> values(3 * written[0]);
  std::iota(values.begin(), values.end(), 0.5F);
  H5Sselect_hyperslab(space, H5S_SELECT_SET, corner, nullptr, written, nullptr);
  EXPECT_GE(H5Dwrite(data, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, values.data()), 0);
  H5Dclose(data), H5Pclose(creation), H5Sclose(space), H5Sclose(memory), H5Fclose(file);
}

std::vector<float> rows_of(H5Rows const& rows, Range range) {
  std::vector<float> values(3 * range.size());
  rows.read(range, std::span(values));
  return values;
}

TEST(H5Rows, OfChunksAreThoseThatHdf5Reads) {
  Scratch const scratch(Comm::self());
  auto const path = scratch / "x.h5";
  for (hsize_t const chunk_rows : {hsize_t{1}, hsize_t{999}, hsize_t{1000}, hsize_t{5500}})
    for (hsize_t const chunk_columns : {hsize_t{2}, hsize_t{3}})
      for (bool const has_checksum : {false, true}) {
        write_chunked(path, chunk_rows, chunk_columns, has_checksum);
        auto const file = H5File::open(path);
        H5Rows const rows(file, "/x");
        EXPECT_FALSE(rows.is_direct());
        EXPECT_EQ(rows.reads_small_pieces(), chunk_columns == 3 && chunk_rows > 1);
        for (Range const range : {Range{0, 5500}, Range{0, 0}, Range{998, 1002}, Range{1500, 1501},
                                  Range{700, 4499}, Range{4400, 5500}, Range{10, 20}})
          EXPECT_EQ(rows_of(rows, range), file.read_rows<float>("/x", range));
      }
}

TEST(H5Rows, OfADamagedChunkAreRefusedInHdf5sWords) {
  Scratch const scratch(Comm::self());
  auto const path = scratch / "x.h5";
  write_chunked(path, 1000, 3, true);
  auto bytes = test::file_bytes(path);
  float const value = 3 * 2500 + 0.5F;  // in the third chunk
  auto const at = bytes.find(std::string(reinterpret_cast<char const*>(&value), sizeof value));
  ASSERT_NE(at, std::string::npos);
  bytes[at] ^= 1;
  test::write_bytes(path, bytes);
  auto const file = H5File::open(path);
  H5Rows const rows(file, "/x");
  EXPECT_EQ(rows_of(rows, {0, 2000})[5], 5.5F);
  auto const text = error_of([&] { rows_of(rows, {1990, 2010}); });
  EXPECT_TRUE(contains(text, "65 "));
  EXPECT_TRUE(contains(text, "rows 2000 to 2010 of '/x' of '" + path));
  EXPECT_EQ(rows_of(rows, {3000, 3001})[0], 9000.5F);
}

}  // namespace
}  // namespace setsz
