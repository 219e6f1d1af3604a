// SPDX-License-Identifier: BSD-3-Clause
// Many files, and more particles than 32 bits count.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>

#include "io/snapshot.hpp"
#include "pipeline/base/number.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/snapshot_writer.hpp"

namespace setsz {
namespace {

using test::Scratch;
using test::SmallSnapshot;
using Kind = Snapshot::Kind;

/// `ulimit -n` of this process, for the lifetime of the object.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t n) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = n;
    setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(FewDescriptors const&) = delete;
  FewDescriptors& operator=(FewDescriptors const&) = delete;

 private:
  rlimit before_{};
};

TEST(SnapshotScale, six_hundred_files_open_with_64_descriptors) {
  auto const comm = Comm::world();
  Scratch const scratch(comm);
  constexpr std::int64_t n_files = 600, rows = 1000;
  if (comm.is_root())
    SmallSnapshot::of_dark_matter(std::vector<std::int64_t>(n_files, rows)).write(scratch.path());
  comm.barrier();
  FewDescriptors const few(64);
  auto const snapshot = Snapshot::open(comm, scratch.path(), Kind::dark_matter);
  EXPECT_EQ(snapshot.n_rows(), n_files * rows);
  // Sorted by number, not by name: file 10 comes after file 9.
  EXPECT_EQ(snapshot.read_dark_matter({9999, 10001}).id,
            (std::vector<std::uint64_t>{10999, 11000}));
  std::int64_t n_read = 0;
  std::uint64_t last = 0;
  snapshot.visit_dark_matter(even_range(snapshot.n_rows(), comm.rank(), comm.size()),
                             [&](DarkMatterBlock const& block) {
                               n_read += std::ssize(block.id);
                               last = block.id.back();
                             });
  EXPECT_EQ(comm.all_sum(n_read), n_files * rows);
  EXPECT_EQ(comm.all_max(static_cast<std::int64_t>(last)), 1000 + n_files * rows - 1);
}

constexpr std::int64_t many = 4'300'000'000;  // above 2^32
constexpr std::int64_t n_written = 10;        // the last rows; the rest is a hole in the file

/// A dataset of `many` rows that takes a few kB on the disk.
template <class T>
void add_sparse(hid_t file, char const* name, hid_t type, std::vector<hsize_t> shape,
                std::vector<T> const& last_rows) {
  hid_t const creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
  H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER);
  hid_t const space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
  hid_t const data = H5Dcreate2(file, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  std::vector<hsize_t> start(shape.size(), 0);
  start[0] = shape[0] - n_written;
  shape[0] = n_written;
  H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, shape.data(), nullptr);
  hid_t const memory = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
  ASSERT_GE(H5Dwrite(data, type, memory, space, H5P_DEFAULT, last_rows.data()), 0);
  H5Dclose(data), H5Sclose(memory), H5Sclose(space), H5Pclose(creation);
}

void write_many(std::string const& path) {
  test::H5Edit edit(path);
  for (auto const* name : {"Coordinates", "Velocities", "ParticleIDs"})
    edit.remove(std::string("/PartType1/") + name);
  using Counts = std::vector<std::int64_t>;
  edit.set_attribute("/Header", "NumPart_ThisFile", Counts{0, many, 0, 0, 0, 0});
  edit.set_attribute("/Header", "NumPart_Total", Counts{0, many % (1LL << 32), 0, 0, 0, 0});
  edit.set_attribute("/Header", "NumPart_Total_HighWord", Counts{0, 1, 0, 0, 0, 0});
  std::vector<float> position, velocity;
  std::vector<std::uint64_t> id;
  for (std::int64_t i = 0; i < n_written; ++i) {
    for (float const x : {1.5F, 2.5F, 9000.F}) position.push_back(x + single(i));
    for (float const v : {-1.F, 2.F, 3.F}) velocity.push_back(v * single(i));
    id.push_back(static_cast<std::uint64_t>(many - n_written + i));
  }
  hid_t const file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  constexpr auto n = static_cast<hsize_t>(many);
  add_sparse(file, "/PartType1/Coordinates", H5T_NATIVE_FLOAT, {n, 3}, position);
  add_sparse(file, "/PartType1/Velocities", H5T_NATIVE_FLOAT, {n, 3}, velocity);
  add_sparse(file, "/PartType1/ParticleIDs", H5T_NATIVE_UINT64, {n}, id);
  H5Fclose(file);
}

TEST(SnapshotScale, more_rows_than_32_bits_count_are_read_right) {
  Scratch const scratch(Comm::self());
  SmallSnapshot::of_dark_matter({1}).write(scratch.path());
  write_many(test::snapshot_file(scratch.path(), 0));
  Snapshot const snapshot(find_snapshot_files(scratch.path()), Kind::dark_matter);
  ASSERT_EQ(snapshot.n_rows(), many);
  EXPECT_EQ(snapshot.header().n_particles[1], many);
  EXPECT_EQ(Snapshot::outline(snapshot.files(), Kind::dark_matter).n_rows, many);

  Range const rows{many - n_written, many};
  auto const slow = snapshot.read_dark_matter(rows);
  std::size_t seen = 0;
  snapshot.visit_dark_matter(rows, [&](DarkMatterBlock const& block) {
    EXPECT_EQ(block.first_row, rows.first);
    for (std::size_t i = 0; i < block.id.size(); ++i, ++seen) {
      EXPECT_EQ(block.id[i], static_cast<std::uint64_t>(rows.first) + i);
      EXPECT_EQ(std::get<0>(block.position)[3 * i], 1.5F + single(i));
      EXPECT_EQ(block.velocity_at(i), slow.velocity[i]);
    }
  });
  EXPECT_EQ(seen, n_written);
  EXPECT_EQ(slow.id.front(), static_cast<std::uint64_t>(rows.first));
  EXPECT_EQ(slow.position.back().z, 9009);
  auto const slices = snapshot.slices(1'000'000'000);
  ASSERT_EQ(slices.size(), 5U);
  EXPECT_EQ(slices.back().first, 4'000'000'000);
  EXPECT_EQ(slices.back().last, many);
}

}  // namespace
}  // namespace setsz
