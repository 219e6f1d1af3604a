// SPDX-License-Identifier: BSD-3-Clause
// Snapshots that must be refused, each with one fault.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <limits>

#include "io/h5_sources.hpp"
#include "io/snapshot.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/snapshot_writer.hpp"

namespace setsz {
namespace {

using test::contains;
using test::error_of;
using test::H5Edit;
using test::Scratch;
using test::SmallSnapshot;
using Kind = Snapshot::Kind;

/// What is said about a snapshot of three files when its second one is edited.
class SnapshotFault : public ::testing::Test {
 protected:
  std::string opening(std::function<void(H5Edit&)> const& edit, Kind kind = Kind::dark_matter) {
    write(edit, kind);
    return error_of([&] { Snapshot(find_snapshot_files(scratch_.path()), kind); });
  }
  std::string reading(std::function<void(H5Edit&)> const& edit, Kind kind = Kind::dark_matter) {
    write(edit, kind);
    return error_of([&] {
      Snapshot const snapshot(find_snapshot_files(scratch_.path()), kind);
      Range const all{0, snapshot.n_rows()};
      if (kind == Kind::gas) {
        snapshot.read_gas(all);
      } else {
        snapshot.read_dark_matter(all);
      }
    });
  }
  std::string file(std::size_t number) const {
    return test::snapshot_file(scratch_.path(), number);
  }

  Scratch scratch_{Comm::self()};

 private:
  void write(std::function<void(H5Edit&)> const& edit, Kind kind) {
    std::vector<std::int64_t> const rows{500, 600, 700};
    (kind == Kind::gas ? SmallSnapshot::of_gas(rows) : SmallSnapshot::of_dark_matter(rows))
        .write(scratch_.path());
    H5Edit editor(file(1));
    edit(editor);
  }
};

TEST_F(SnapshotFault, missing_files_are_named_as_ranges) {
  SmallSnapshot::of_dark_matter(std::vector<std::int64_t>(20, 1)).write(scratch_.path());
  for (std::size_t const i : {3U, 4U, 5U, 11U, 19U}) std::filesystem::remove(file(i));
  auto const text = error_of([&] { find_snapshot_files(scratch_.path() + "/snap_007.*.hdf5"); });
  EXPECT_TRUE(contains(text, "66 5 of 20 files of the snapshot are missing: 3-5, 11, 19"));
  EXPECT_TRUE(contains(text, "snap_007.*.hdf5"));
}

TEST_F(SnapshotFault, patterns_that_name_nothing_or_too_much_are_refused) {
  EXPECT_TRUE(contains(error_of([&] { find_snapshot_files(scratch_.path()); }), "66 no *.hdf5"));
  EXPECT_TRUE(contains(error_of([&] { find_snapshot_files(scratch_.path() + "/s.*.hdf5"); }),
                       "66 no file matches"));
  EXPECT_TRUE(contains(error_of([&] { find_snapshot_files(scratch_.path() + "/a, b"); }),
                       "/a, b' does not exist; give one path"));
  EXPECT_TRUE(contains(error_of([&] { find_snapshot_files(scratch_.path() + "/x.hdf5"); }),
                       "does not exist"));
  EXPECT_TRUE(contains(error_of([&] { find_snapshot_files("/no/folder/snap.*.hdf5"); }),
                       "66 cannot list the folder"));
  SmallSnapshot::of_dark_matter({1}).write(scratch_.path());
  EXPECT_TRUE(contains(
      error_of([&] { find_snapshot_files(scratch_.path() + "/*.hdf5"); }),
      concat("with a number in place of '*'; did you mean '", scratch_ / "snap_007.*.hdf5", "'?")));
  std::filesystem::copy(file(0), scratch_ / "snap_008.0.hdf5");
  EXPECT_TRUE(contains(error_of([&] { find_snapshot_files(scratch_.path()); }),
                       "holds more than one snapshot (snap_007.*.hdf5, snap_008.*.hdf5)"));
}

TEST_F(SnapshotFault, what_is_no_regular_file_is_named) {
  SmallSnapshot::of_dark_matter({1, 1, 1}).write(scratch_.path());
  auto const refusal = [&](auto&& make) {
    std::filesystem::remove(file(2));
    make(file(2));
    return error_of([&] {
      auto const files = find_snapshot_files(scratch_.path());
      Snapshot::open(Comm::self(), files, Kind::dark_matter);
    });
  };
  EXPECT_TRUE(
      contains(refusal([](std::string const& path) { ASSERT_EQ(mkfifo(path.c_str(), 0600), 0); }),
               "is a named pipe"));
  EXPECT_TRUE(
      contains(refusal([](std::string const& path) { std::filesystem::create_directory(path); }),
               "is a directory"));
  EXPECT_TRUE(contains(
      refusal([](std::string const& path) { std::filesystem::create_symlink("nowhere", path); }),
      "is a link to 'nowhere'"));
  auto const loop = scratch_ / "loop";
  std::filesystem::create_symlink(loop, loop);
  EXPECT_TRUE(contains(error_of([&] { find_snapshot_files(loop); }), "66 cannot use '"));
  EXPECT_TRUE(contains(error_of([&] { find_snapshot_files(std::string(9000, 'a')); }), "78 "));
  EXPECT_TRUE(contains(error_of([&] { with_files_behind({loop}); }), "66 cannot use '"));
}

TEST_F(SnapshotFault, a_file_of_another_snapshot_is_named_with_what_differs) {
  auto const text = opening(
      [](H5Edit& edit) { edit.set_attribute("/Header", "BoxSize", std::vector<double>{20000}); });
  EXPECT_TRUE(
      contains(text, "65 '" + file(1) + "' belongs to a different snapshot than '" + file(0)));
  EXPECT_TRUE(contains(text, "BoxSize is 20000, not 10000"));
  EXPECT_TRUE(contains(opening([](H5Edit& edit) {
                         edit.set_attribute("/Header", "Time", std::vector<double>{1});
                         edit.set_attribute("/Header", "Redshift", std::vector<double>{0});
                       }),
                       "Time is 1, not 0.5"));
  EXPECT_TRUE(contains(opening([](H5Edit& edit) {
                         edit.set_attribute("/Header", "NumFilesPerSnapshot",
                                            std::vector<std::int64_t>{4});
                       }),
                       "NumFilesPerSnapshot is 4, not 3"));
}

TEST_F(SnapshotFault, counts_that_disagree_are_named_with_both_numbers) {
  EXPECT_TRUE(
      contains(opening([](H5Edit& edit) {
                 edit.set_attribute("/Header", "NumPart_ThisFile",
                                    std::vector<std::int64_t>{0, 601, 0, 0, 0, 0});
               }),
               "/PartType1/Coordinates has 600 rows, its header says NumPart_ThisFile = 601"));

  auto small = SmallSnapshot::of_dark_matter({3, 3});
  small.header.n_particles[1] = 7;
  Scratch const other(Comm::self());
  small.write(other.path());
  auto const open = [&] { Snapshot(find_snapshot_files(other.path()), Kind::dark_matter); };
  EXPECT_TRUE(contains(error_of(open), "hold 6 particles of type 1, their NumPart_Total says 7"));
  small.header.n_particles[1] = 6 + (std::int64_t{1} << 32);
  small.write(other.path());
  EXPECT_TRUE(contains(error_of(open), "NumPart_Total_HighWord is wrong"));
}

TEST_F(SnapshotFault, totals_of_64_bits_without_high_words_are_accepted) {
  SmallSnapshot::of_dark_matter({5}).write(scratch_.path());
  {
    H5Edit edit(file(0));
    edit.remove_attribute("/Header", "NumPart_Total_HighWord");
    edit.set_attribute("/Header", "NumPart_Total", std::vector<std::int64_t>{0, 5, 0, 0, 0, 0});
  }
  EXPECT_EQ(Snapshot({file(0)}, Kind::dark_matter).n_rows(), 5);
  H5Edit(file(0)).set_attribute("/Header", "NumPart_Total",
                                std::vector<std::int64_t>{0, (1LL << 32) + 5, 0, 0, 0, 0});
  EXPECT_TRUE(contains(error_of([&] { Snapshot({file(0)}, Kind::dark_matter); }),
                       "their NumPart_Total says 4294967301"));
}

TEST_F(SnapshotFault, no_particle_of_the_type_in_any_file_is_an_error) {
  SmallSnapshot::of_dark_matter({4, 4}).write(scratch_.path());
  EXPECT_TRUE(contains(error_of([&] { Snapshot(find_snapshot_files(scratch_.path()), Kind::gas); }),
                       "65 no particles of type 0 in 2 file(s)"));
}

TEST_F(SnapshotFault, wrong_types_are_named_with_those_accepted) {
  struct Case {
    char const* dataset;
    hid_t type;
    std::vector<hsize_t> shape;
    char const* text;
  };
  for (auto const& [dataset, type, shape, expected] : std::vector<Case>{
           {"ParticleIDs", H5T_STD_I32LE, {600}, "type int32 (accepted: uint32, uint64, int64)"},
           {"ParticleIDs", H5T_IEEE_F32LE, {600}, "type float32 (accepted: uint32"},
           {"ParticleIDs", H5T_STD_U16LE, {600}, "type 16-bit integer"},
           {"Coordinates", H5T_STD_I32LE, {600, 3}, "type int32 (accepted: float32, float64)"},
           {"Coordinates", H5T_STD_U64LE, {600, 3}, "type uint64 (accepted: float32, float64)"},
           {"Velocities", H5T_STD_I8LE, {600, 3}, "type int8 (accepted"},
           {"Velocities",
            H5T_NATIVE_LDOUBLE,
            {600, 3},
            "type 128-bit floating-point number (accepted"},
           {"Coordinates", H5T_IEEE_F32LE, {600}, "has the shape (600) (expected (N, 3))"},
           {"Coordinates", H5T_IEEE_F32LE, {3, 600}, "has the shape (3, 600) (expected (N, 3))"},
           {"Coordinates", H5T_IEEE_F32LE, {600, 4}, "has the shape (600, 4) (expected (N, 3))"},
           {"ParticleIDs", H5T_STD_U64LE, {600, 1}, "has the shape (600, 1) (expected (N))"}}) {
    std::string const name = std::string("/PartType1/") + dataset;
    auto const text = opening([&, stored = type, extent = shape](H5Edit& edit) {
      edit.set_dataset(name, stored, extent, {});
    });
    EXPECT_TRUE(contains(text, "65 '" + file(1) + "': " + name));
    EXPECT_TRUE(contains(text, expected));
  }
}

TEST_F(SnapshotFault, every_missing_object_is_named) {
  for (std::string const name : {"Coordinates", "Velocities", "ParticleIDs"}) {
    auto const text = opening([&](H5Edit& edit) { edit.remove("/PartType1/" + name); });
    EXPECT_TRUE(contains(text, "65 '" + file(1) + "' has no '/PartType1/" + name));
  }
  for (std::string const name : {"Coordinates", "Masses", "Density", "InternalEnergy"}) {
    auto const text = opening([&](H5Edit& edit) { edit.remove("/PartType0/" + name); }, Kind::gas);
    EXPECT_TRUE(contains(text, "has no '/PartType0/" + name));
  }
  for (std::string const name :
       {"BoxSize", "Time", "Redshift", "Omega0", "OmegaLambda", "HubbleParam",
        "NumFilesPerSnapshot", "NumPart_ThisFile", "NumPart_Total", "MassTable"}) {
    auto const text = opening([&](H5Edit& edit) { edit.remove_attribute("/Header", name); });
    EXPECT_TRUE(contains(text, "has no attribute '" + name + "'"));
  }
  EXPECT_TRUE(contains(
      opening([](H5Edit& edit) { edit.rename("/PartType1/Velocities", "/PartType1/Velocitys"); }),
      "did you mean 'Velocitys'"));
  EXPECT_TRUE(contains(opening([](H5Edit& edit) { edit.remove("/Header"); }), "has no '/Header'"));
  EXPECT_TRUE(
      contains(opening([](H5Edit& edit) { edit.remove("/PartType0/SmoothingLength"); }, Kind::gas),
               "the presence of SmoothingLength is 0, not 1"));
}

TEST_F(SnapshotFault, values_that_are_not_numbers_are_named_with_row_and_id) {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  auto const set = [&](std::size_t at, double value) {
    return [=](std::vector<double>& values) { values[at] = value; };
  };
  auto const text =
      reading([&](H5Edit& edit) { edit.change("/PartType1/Coordinates", set(3 * 77 + 1, nan)); });
  EXPECT_TRUE(contains(text, "65 '" + file(1) + "': /PartType1/Coordinates has 1 rows"));
  EXPECT_TRUE(contains(text, "the first is row 77 (id 1577)"));
  EXPECT_TRUE(contains(reading([&](H5Edit& edit) {
                         edit.change("/PartType1/Velocities", set(0, 1e39));  // inf as float32
                       }),
                       "Velocities has 1 rows"));
  EXPECT_TRUE(contains(
      reading([&](H5Edit& edit) { edit.change("/PartType0/Masses", set(5, nan)); }, Kind::gas),
      "/PartType0/Masses has 1 values that are not numbers, the first in row 5"));
  EXPECT_TRUE(contains(
      reading([&](H5Edit& edit) { edit.change("/PartType0/Density", set(9, -1)); }, Kind::gas),
      "/PartType0/Density is negative in row 9"));
  EXPECT_TRUE(contains(
      reading([&](H5Edit& edit) { edit.change("/PartType0/Density", set(9, 0)); }, Kind::gas),
      "/PartType0/Density is zero in 1 of the rows"));
}

TEST_F(SnapshotFault, absurd_values_end_where_they_are_read) {
  auto const with = [&](char const* dataset, double value) {
    bool const gas = std::string_view(dataset).starts_with("/PartType0");
    return reading(
        [&](H5Edit& edit) {
          edit.change(dataset, [value](std::vector<double>& values) { values[9] = value; });
        },
        gas ? Kind::gas : Kind::dark_matter);
  };
  EXPECT_TRUE(contains(with("/PartType1/Velocities", 1e9),
                       "/PartType1/Velocities of row 3 (id 1503) is ("));
  EXPECT_TRUE(contains(with("/PartType1/Velocities", -1e9), "faster than light"));
  EXPECT_TRUE(contains(with("/PartType0/Masses", 1e8), "/PartType0/Masses = 100000000 in row 9"));
  EXPECT_TRUE(contains(with("/PartType0/Density", 1e30), "times as dense as the mean"));
  EXPECT_TRUE(contains(with("/PartType0/InternalEnergy", 1e20), "that of its rest mass"));
}

TEST_F(SnapshotFault, the_quick_look_sees_absurd_velocities_as_well) {
  auto const text = [&](double value) {
    SmallSnapshot::of_dark_matter({500}).write(scratch_.path());
    H5Edit(file(0)).change("/PartType1/Velocities",
                           [value](std::vector<double>& values) { values[9] = value; });
    return error_of([&] {
      Snapshot const snapshot({file(0)}, Kind::dark_matter);
      snapshot.visit_dark_matter({0, 500}, [](DarkMatterBlock const&) {});
    });
  };
  EXPECT_EQ(text(2e5), "no error");
  EXPECT_TRUE(contains(text(1e6), "faster than light"));  // x sqrt(0.5)
}

TEST_F(SnapshotFault, positions_outside_the_box_are_refused_with_a_guess_at_the_units) {
  auto const outside = reading([](H5Edit& edit) {
    edit.change("/PartType1/Coordinates", [](auto& values) { values[30] = 20000; });
  });
  EXPECT_TRUE(contains(outside, "Coordinates of row 10 are (20000,"));
  EXPECT_TRUE(contains(outside, "outside the box [0, 10000) ckpc/h"));
  EXPECT_TRUE(contains(reading([](H5Edit& edit) {
                         edit.change("/PartType1/Coordinates", [](auto& values) {
                           for (auto& x : values) x *= 1000;
                         });
                       }),
                       "units? kpc and Mpc?"));
  EXPECT_TRUE(contains(reading([](H5Edit& edit) {
                         edit.change("/PartType1/Coordinates", [](auto& values) {
                           for (auto& x : values) x -= 5000;
                         });
                       }),
                       "shift those that are centred on 0"));
}

TEST_F(SnapshotFault, positions_in_mpc_are_noticed) {
  auto small = SmallSnapshot::of_dark_matter({2000});
  for (auto& p : small.dark_matter.position) p *= 1e-3;
  small.write(scratch_.path());
  Snapshot const snapshot(find_snapshot_files(scratch_.path()), Kind::dark_matter);
  EXPECT_TRUE(contains(error_of([&] {
                         snapshot.read_dark_matter({0, 2000});
                       }),
                       "units? Mpc in place of kpc?"));
}

TEST_F(SnapshotFault, a_unit_that_one_file_alone_states_is_refused) {
  EXPECT_TRUE(contains(opening([](H5Edit& edit) {
                         edit.set_attribute("/Header", "UnitLength_in_cm",
                                            std::vector<double>{3.085678e24});
                       }),
                       "BoxSize is 10000000, not 10000"));
}

TEST_F(SnapshotFault, holes_of_zeros_are_noticed) {
  auto const zeros = [](std::size_t first, std::size_t last) {
    return [=](std::vector<double>& values) {
      for (auto i = first; i < last; ++i) values[i] = 0;
    };
  };
  EXPECT_TRUE(contains(
      reading([&](H5Edit& edit) { edit.change("/PartType1/Coordinates", zeros(300, 600)); }),
      "Coordinates are all zero from row 100 on"));
  EXPECT_TRUE(
      contains(reading([&](H5Edit& edit) { edit.change("/PartType1/ParticleIDs", zeros(40, 90)); }),
               "ParticleIDs are zero from row 40 on"));
}

TEST_F(SnapshotFault, all_unreadable_files_are_listed_and_all_ranks_throw_the_same) {
  auto const comm = Comm::world();
  Scratch const shared(comm);
  if (comm.is_root()) {
    SmallSnapshot::of_dark_matter(std::vector<std::int64_t>(40, 1)).write(shared.path());
    for (std::size_t i = 1; i < 30; ++i) {
      test::write_bytes(test::snapshot_file(shared.path(), i), "<html>");
    }
  }
  comm.barrier();
  auto const files = find_snapshot_files(shared.path());
  auto const text = error_of([&] { Snapshot::open(comm, files, Kind::dark_matter); });
  EXPECT_TRUE(contains(text, "65 '"));
  EXPECT_TRUE(contains(text, "looks like a web page"));
  EXPECT_TRUE(contains(text, "... and 9 more"));
}

}  // namespace
}  // namespace setsz
