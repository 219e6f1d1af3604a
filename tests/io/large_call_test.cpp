// SPDX-License-Identifier: BSD-3-Clause
// More than 2 GiB per rank in one call, really moved: the limits of 32-bit counts in MPI and HDF5
// are not those of the program. Label `slow`: 5 GB of memory.
#include <gtest/gtest.h>

#include <algorithm>

#include "io/h5.hpp"
#include "pipeline/base/number.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/snapshot_writer.hpp"

namespace setsz {
namespace {

constexpr std::int64_t two_gib = std::int64_t{1} << 31;
constexpr std::int64_t n_bytes = two_gib + 12345;

/// Places that a count of 32 bits, signed or not, would mistake.
std::vector<std::int64_t> marks() { return {0, two_gib - 2, two_gib - 1, two_gib, n_bytes - 1}; }

TEST(LargeCall, MessagesOfMoreThanTwoGigabytesArrive) {
  auto const comm = Comm::world();
  ASSERT_GT(n_bytes, Comm::max_bytes_per_call);
  std::vector<char> bytes(comm.is_root() ? n_bytes : 0);
  if (comm.is_root())
    for (auto const at : marks()) bytes[at] = static_cast<char>(1 + at % 100);
  std::vector<std::int64_t> counts(comm.size(), 0);
  counts.back() = std::ssize(bytes);
  auto const moved = comm.all_to_all_v(std::span<char const>(bytes), counts);
  std::vector<char>().swap(bytes);
  ASSERT_EQ(std::ssize(moved), comm.rank() == comm.size() - 1 ? n_bytes : 0);
  auto const all = comm.broadcast(moved, comm.size() - 1);
  ASSERT_EQ(std::ssize(all), n_bytes);
  for (auto const at : marks()) EXPECT_EQ(all[at], 1 + at % 100) << at;
  EXPECT_EQ(std::ranges::count(all, 0), n_bytes - std::ssize(marks()));
}

/// A file of a few kB with 2^31 bytes and more of numbers, read in one call.
TEST(LargeCall, RowsOfMoreThanTwoGigabytesAreRead) {
  auto const comm = Comm::world();
  test::Scratch const scratch(comm);
  constexpr std::int64_t n_rows = two_gib / 4 + 1000;  // of float32
  std::vector<std::int64_t> const at{0, two_gib / 8, two_gib / 4 - 1, two_gib / 4, n_rows - 1};
  auto const path = scratch / "sparse.h5";
  if (comm.is_root()) {
    hid_t const file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t const creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER);
    hsize_t const size = n_rows, one = 1;
    hid_t const space = H5Screate_simple(1, &size, nullptr),
                cell = H5Screate_simple(1, &one, nullptr);
    hid_t const data =
        H5Dcreate2(file, "/x", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    for (auto const row : at) {
      auto const start = static_cast<hsize_t>(row);
      float const value = single(1 + row % 1000);
      H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, nullptr, &one, nullptr);
      ASSERT_GE(H5Dwrite(data, H5T_NATIVE_FLOAT, cell, space, H5P_DEFAULT, &value), 0);
    }
    H5Dclose(data), H5Sclose(cell), H5Sclose(space), H5Pclose(creation), H5Fclose(file);
  }
  comm.barrier();
  auto const values = H5File::open(path).read_rows<float>("/x", {0, n_rows});
  ASSERT_EQ(std::ssize(values), n_rows);
  for (auto const row : at) EXPECT_EQ(values[row], single(1 + row % 1000)) << row;
  EXPECT_EQ(std::ranges::count(values, 0.0F), n_rows - std::ssize(at));
}

/// On a disk, not in memory: what is written is also read back.
TEST(LargeCall, RowsOfMoreThanTwoGigabytesAreWritten) {
  auto const comm = Comm::world();
  if (comm.size() > 1) GTEST_SKIP() << "one rank writes as much as it needs";
  auto const folder = std::filesystem::temp_directory_path() / concat("setsz-large-", ::getpid());
  std::filesystem::create_directories(folder);
  auto const path = (folder / "large.h5").string();
  {
    std::vector<std::int32_t> values(two_gib / 4 + 1000);
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<std::int32_t>(i * 2654435761U >> 3);
    auto file = H5File::create(comm, path);
    file.create_dataset<std::int32_t>("/x", {.unit = "1"}, std::ssize(values));
    file.write_rows("/x", 0, values);
    file.close();
  }
  auto const read = H5File::open(path).read_all<std::int32_t>("/x");
  std::filesystem::remove_all(folder);
  ASSERT_EQ(std::ssize(read), two_gib / 4 + 1000);
  std::int64_t n_wrong = 0;
  for (std::size_t i = 0; i < read.size(); ++i)
    n_wrong += read[i] != static_cast<std::int32_t>(i * 2654435761U >> 3);
  EXPECT_EQ(n_wrong, 0);
}

}  // namespace
}  // namespace setsz
