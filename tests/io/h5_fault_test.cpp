// SPDX-License-Identifier: BSD-3-Clause
// Files and requests that must be refused, with a text that helps.
#include <gtest/gtest.h>
#include <hdf5.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "io/h5.hpp"
#include "tests/fixtures/figures.hpp"
#include "tests/fixtures/full_disk.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

using test::contains;
using test::count_faults;
using test::error_of;
using test::Scratch;

FieldInfo const field{"1", 0, 0, "none", "a test"};

/// A good file, written by one process.
std::string good(std::string const& path) {
  auto file = H5File::create_serial(path);
  file.write_same("/group/position", field, std::vector<float>(30000, 1.0F), {3});
  file.write_same("/group/id", field, std::vector<std::int64_t>{5000000000, 2});
  file.write_same("/group/wide", field, std::vector<double>{1e300, 2});
  file.set_attribute("/group", "count", std::int64_t{5000000000});
  file.set_attribute("/group", "name", "text");
  file.set_attribute("/group", "third", 1.0 / 3);
  file.close();
  return path;
}

TEST(H5Fault, files_that_are_not_hdf5_are_named_for_what_they_are) {
  Scratch const scratch(Comm::self());
  auto const opening = [&](std::string const& bytes) {
    test::write_bytes(scratch / "x", bytes);
    return error_of([&] { H5File::open(scratch / "x"); });
  };
  EXPECT_TRUE(contains(error_of([&] { H5File::open(scratch / "none"); }), "66 '"));
  EXPECT_TRUE(contains(error_of([&] { H5File::open(scratch / "none"); }), "does not exist"));
  EXPECT_TRUE(contains(error_of([&] { H5File::open(scratch.path()); }), "is a directory"));
  EXPECT_TRUE(contains(opening(""), "is empty (0 bytes)"));
  EXPECT_TRUE(contains(opening("<!DOCTYPE html><html>404</html>"), "looks like a web page"));
  EXPECT_TRUE(contains(opening("<!DOCTYPE html><html>404</html>"), "<!DOCTYPE html>"));
  EXPECT_TRUE(contains(opening(std::string(5000, '\0')), "begins with zeros"));
  EXPECT_TRUE(contains(opening("\x1f\x8b\x08 compressed"), "gzip"));
  EXPECT_TRUE(contains(opening("some text"), "65 '"));
  std::filesystem::create_symlink(scratch / "nowhere", scratch / "link");
  EXPECT_TRUE(contains(error_of([&] { H5File::open(scratch / "link"); }), "is a link to '"));
}

TEST(H5Fault, a_truncated_file_is_refused_at_every_length) {
  Scratch const scratch(Comm::self());
  auto const bytes = test::file_bytes(good(scratch / "good.h5"));
  for (std::size_t i = 1; i <= 100; ++i) {
    auto const length = bytes.size() * i / 101;
    test::write_bytes(scratch / "cut.h5", bytes.substr(0, length));
    auto const text = error_of([&] { H5File::open(scratch / "cut.h5"); });
    ASSERT_TRUE(contains(text, "65 '")) << length;
    if (length < 64) continue;
    ASSERT_TRUE(contains(text, concat(length, " bytes found, its superblock says ", bytes.size())));
  }
  count_faults("h5", "file cut short", "HDF5 product", 100, 0);
}

TEST(H5Fault, a_flipped_bit_is_noticed) {
  Scratch const scratch(Comm::self());
  auto const path = good(scratch / "good.h5");
  auto const bytes = test::file_bytes(path);
  auto const hash = h5_content_hash(path);
  int accepted = 0, same = 0;
  constexpr int n_flips = 200;
  for (std::size_t i = 0; i < n_flips; ++i) {
    auto copy = bytes;
    auto const at = (i * 7919 + 13) % copy.size();
    copy[at] = static_cast<char>(copy[at] ^ (1 << (i % 8)));
    test::write_bytes(scratch / "flipped.h5", copy);
    // A bit in unused space changes nothing; everything else must be refused or hash differently.
    try {
      bool const is_same = h5_content_hash(scratch / "flipped.h5") == hash;
      (is_same ? same : accepted) += 1;
    } catch (Error const&) {
    }
  }
  EXPECT_EQ(accepted, 0);
  count_faults("h5", "flipped bit", "HDF5 product", n_flips - same, same);
}

TEST(H5Fault, missing_objects_are_named_with_the_nearest_one) {
  Scratch const scratch(Comm::self());
  auto const file = H5File::open(good(scratch / "good.h5"));
  auto const missing = error_of([&] { file.read_all<float>("/group/positions"); });
  EXPECT_TRUE(contains(missing, "65 '"));
  EXPECT_TRUE(
      contains(missing, "has no '/group/positions' (in /group there is id, position, wide"));
  EXPECT_TRUE(contains(missing, "did you mean 'position'"));
  EXPECT_TRUE(contains(error_of([&] { file.info("/groop/position"); }), "has no '/groop'"));
  EXPECT_TRUE(contains(error_of([&] { file.info("/group/id/x"); }), "is not a group"));
  EXPECT_TRUE(contains(error_of([&] { file.info("/group"); }), "is a group (expected a dataset)"));
  EXPECT_TRUE(contains(error_of([&] { file.attribute<double>("/group", "thirt"); }),
                       "did you mean 'third'"));
}

TEST(H5Fault, numbers_are_never_narrowed) {
  Scratch const scratch(Comm::self());
  auto const file = H5File::open(good(scratch / "good.h5"));
  EXPECT_TRUE(contains(error_of([&] { file.read_all<std::int32_t>("/group/id"); }),
                       "holds numbers of type int64, which int32 cannot keep"));
  EXPECT_TRUE(
      contains(error_of([&] { file.read_all<std::uint64_t>("/group/id"); }), "cannot keep"));
  EXPECT_TRUE(contains(error_of([&] { file.read_all<double>("/group/id"); }), "cannot keep"));
  EXPECT_TRUE(contains(error_of([&] { file.read_all<float>("/group/wide"); }), "cannot keep"));
  EXPECT_TRUE(
      contains(error_of([&] { file.read_all<std::int64_t>("/group/position"); }), "cannot keep"));
  EXPECT_EQ(file.read_rows<double>("/group/position", {0, 1}), (std::vector<double>{1, 1, 1}));

  EXPECT_TRUE(contains(error_of([&] { file.attribute<std::int32_t>("/group", "count"); }),
                       "holds 5000000000 (int64), which int32 cannot keep"));
  EXPECT_EQ(file.attribute<double>("/group", "count"), 5e9);
  EXPECT_TRUE(contains(error_of([&] { file.attribute<float>("/group", "third"); }), "cannot keep"));
  EXPECT_TRUE(contains(error_of([&] { file.attribute<double>("/group", "name"); }),
                       "holds text (expected float64)"));
  EXPECT_TRUE(contains(error_of([&] { file.attribute<std::string>("/group", "third"); }),
                       "holds float64 (expected text)"));
}

TEST(H5Fault, big_endian_numbers_are_read_right_and_compounds_refused) {
  Scratch const scratch(Comm::self());
  hid_t const raw = H5Fcreate((scratch / "x.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  hsize_t const n = 2;
  hid_t const space = H5Screate_simple(1, &n, nullptr);
  float const values[] = {1.5F, -2};
  hid_t const big =
      H5Dcreate2(raw, "big", H5T_IEEE_F32BE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(big, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  hid_t const pair = H5Tcreate(H5T_COMPOUND, 8);
  H5Tinsert(pair, "x", 0, H5T_NATIVE_FLOAT);
  H5Tinsert(pair, "y", 4, H5T_NATIVE_FLOAT);
  hid_t const compound =
      H5Dcreate2(raw, "pair", pair, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dclose(big), H5Dclose(compound), H5Tclose(pair), H5Sclose(space), H5Fclose(raw);
  auto const file = H5File::open(scratch / "x.h5");
  EXPECT_EQ(file.read_all<float>("big"), (std::vector<float>{1.5F, -2}));
  EXPECT_TRUE(contains(error_of([&] { file.read_all<float>("pair"); }), "type 64-bit compound"));
}

TEST(H5Fault, rows_beyond_the_end_are_refused) {
  Scratch const scratch(Comm::self());
  auto const file = H5File::open(good(scratch / "good.h5"));
  EXPECT_TRUE(contains(error_of([&] {
                         file.read_rows<std::int64_t>("/group/id", {1, 3});
                       }),
                       "rows 1 to 3 of '/group/id' in '"));
}

TEST(H5Fault, what_cannot_be_created_is_refused_by_all_ranks) {
  auto const comm = Comm::world();
  Scratch const scratch(comm);
  auto const text = error_of([&] { H5File::create(comm, scratch / "no_folder/x.h5"); });
  EXPECT_TRUE(contains(text, "73 cannot create '"));
  EXPECT_TRUE(contains(text, "No such file or directory"));
}

TEST(H5Fault, a_rank_whose_rows_do_not_fit_stops_all_ranks) {
  auto const comm = Comm::world();
  Scratch const scratch(comm);
  auto file = H5File::create(comm, scratch / "x.h5");
  file.create_dataset<double>("/x", field, 10);
  bool const last = comm.rank() == comm.size() - 1;
  auto const text = error_of([&] { file.write_rows("/x", 0, std::vector<double>(last ? 11 : 0)); });
  EXPECT_TRUE(contains(text, "11 values at row 0 do not fit '/x'"));
  EXPECT_TRUE(contains(error_of([&] { file.close(); }), "given up"));
}

/// A limit on the size of files, for this process: a write beyond it is cut short and the next one
/// fails with EFBIG, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit const limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST(H5Fault, a_full_disk_is_an_error_on_all_ranks_and_nobody_hangs) {
  auto const comm = Comm::world();
  Scratch const scratch(comm);
  // MPI-IO tells nobody of a write that was cut short; then close() must notice.
  for (rlim_t const limit : {4000, 100000, 2000000, 4000000}) {
    auto file = H5File::create(comm, scratch / concat(limit, ".h5"));
    file.create_dataset<double>("/x", field, 600000);
    FileSizeLimit const full_disk(limit);
    auto const rows = even_range(600000, comm.rank(), comm.size());
    std::vector<double> const values(rows.size(), 1.0);
    auto const text = error_of([&] {
      file.write_rows("/x", rows.first, values);
      file.close();
    });
    EXPECT_TRUE(contains(text, "74 ")) << limit;
    EXPECT_TRUE(contains(text, concat(limit, ".h5'"))) << limit;
    EXPECT_TRUE(contains(error_of([&] { file.close(); }), "given up"));
  }
}

TEST(H5Fault, a_disk_that_is_full_at_any_operation_of_any_rank_is_one_error_on_all_ranks) {
  auto const comm = Comm::world();
  Scratch const scratch(comm);
  auto const n = test::expect_one_error_at_every_operation(
      comm, scratch / "x.h5", [&](std::string const& part) {
        auto file = H5File::create(comm, part);
        file.set_attribute("/", "text", std::string(3000, 'x'));
        file.write_spread("/x", field, std::vector<double>(150000, comm.rank()));
        file.write_spread("/y", field, std::vector<float>(10, 1));
        file.close();
      });
  // At least: rank 0 creates, reserves twice, writes metadata and the small dataset, and renames;
  // each rank writes a chunk, syncs and closes.
  EXPECT_GE(n, 6 + 3 * comm.size());
}

TEST(H5Fault, a_full_disk_says_how_much_was_wanted_and_how_much_is_free) {
  auto const comm = Comm::world();
  Scratch const scratch(comm);
  auto file = H5File::create(comm, scratch / "x.h5");
  if (comm.is_root())
    durable::fault = [](std::string_view operation, std::string const&) {
      return operation == "reserve" ? ENOSPC : 0;
    };
  auto const text = error_of([&] { file.create_dataset<double>("/x", field, 1000000); });
  durable::fault = nullptr;
  EXPECT_TRUE(contains(text, "74 cannot reserve space for '")) << text;
  EXPECT_TRUE(contains(text, "disk full: 8.0")) << text;
  EXPECT_TRUE(contains(text, " MB wanted, ")) << text;
}

TEST(H5Fault, rows_written_twice_are_compared_with_the_last_values) {
  auto const comm = Comm::world();
  Scratch const scratch(comm);
  auto file = H5File::create(comm, scratch / "x.h5");
  file.create_dataset<double>("/x", field, 10);
  file.create_dataset<double>("/y", field, 10);
  auto const mine = [&](double value, std::size_t n) {
    return std::vector<double>(comm.is_root() ? n : 0, value);
  };
  file.write_rows("/x", 0, mine(1, 10));
  file.write_rows("/y", 0, mine(4, 2));
  file.write_rows("/x", 3, mine(2, 4));
  file.close();
  EXPECT_EQ(H5File::open(scratch / "x.h5").read_all<double>("/x"),
            (std::vector<double>{1, 1, 1, 2, 2, 2, 2, 1, 1, 1}));
}

}  // namespace
}  // namespace setsz
