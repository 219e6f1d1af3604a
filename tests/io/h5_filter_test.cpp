// SPDX-License-Identifier: BSD-3-Clause
// A snapshot stored with a filter that this HDF5 library lacks is refused when it is opened.
#include <gtest/gtest.h>

#include "io/snapshot.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/snapshot_writer.hpp"

namespace setsz {
namespace {

using test::contains;
using test::error_of;
using test::Scratch;
using test::SmallSnapshot;
using Kind = Snapshot::Kind;

constexpr H5Z_filter_t toy_id = 511;  // in the range for tests

/// A filter that does nothing, which this process knows for as long as the object lives.
class ToyFilter {
 public:
  ToyFilter() {
    static H5Z_class2_t const toy{H5Z_CLASS_T_VERS,
                                  toy_id,
                                  1,
                                  1,
                                  "toy",
                                  nullptr,
                                  nullptr,
                                  [](unsigned, std::size_t, unsigned const*, std::size_t bytes,
                                     std::size_t*, void**) { return bytes; }};
    H5Zregister(&toy);
  }
  ~ToyFilter() { H5Zunregister(toy_id); }
  ToyFilter(ToyFilter const&) = delete;
  ToyFilter& operator=(ToyFilter const&) = delete;
};

/// Stores the velocities of a snapshot's file anew, with the toy's filter.
void filter_velocities(std::string const& path, std::int64_t n_rows) {
  test::H5Edit edit(path);
  edit.remove("/PartType1/Velocities");
  hid_t const file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  hsize_t const shape[]{static_cast<hsize_t>(n_rows), 3};
  hid_t const space = H5Screate_simple(2, shape, nullptr);
  hid_t const creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(creation, 2, shape);
  H5Pset_filter(creation, toy_id, H5Z_FLAG_MANDATORY, 0, nullptr);
  hid_t const data = H5Dcreate2(file, "/PartType1/Velocities", H5T_IEEE_F32LE, space, H5P_DEFAULT,
                                creation, H5P_DEFAULT);
  std::vector<float> const ones(3 * n_rows, 1.F);
  EXPECT_GE(H5Dwrite(data, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, ones.data()), 0);
  H5Dclose(data), H5Pclose(creation), H5Sclose(space), H5Fclose(file);
}

TEST(H5Filter, a_snapshot_is_read_with_a_filter_and_refused_without_it) {
  auto const comm = Comm::world();
  Scratch const scratch(comm);
  auto const open = [&] { return Snapshot::open(comm, scratch.path(), Kind::dark_matter); };
  {
    ToyFilter const filter;
    if (comm.is_root()) {
      SmallSnapshot::of_dark_matter({5, 7}).write(scratch.path());
      filter_velocities(test::snapshot_file(scratch.path(), 1), 7);
    }
    comm.barrier();
    EXPECT_EQ(open().read_dark_matter({0, 12}).velocity[5].x, std::sqrt(0.5));
  }
  auto const text = error_of([&] { open(); });
  EXPECT_TRUE(contains(text, "65 '" + test::snapshot_file(scratch.path(), 1)));
  EXPECT_TRUE(
      contains(text, "/PartType1/Velocities is stored with the HDF5 filter 'toy' (id 511)"));
  EXPECT_TRUE(contains(text, "HDF5_PLUGIN_PATH"));
}

}  // namespace
}  // namespace setsz
