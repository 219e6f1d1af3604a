// SPDX-License-Identifier: BSD-3-Clause
// Snapshots that contradict themselves: files given twice, units that datasets state, header lists;
// and values that are found before work begins.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "io/snapshot.hpp"
#include "pipeline/base/units.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/snapshot_writer.hpp"

namespace setsz {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::error_of;
using test::H5Edit;
using test::SmallSnapshot;
using Kind = Snapshot::Kind;

class SnapshotConsistency : public testing::Test {
 protected:
  std::string open(Kind kind = Kind::dark_matter) const {
    return error_of([&] { Snapshot(find_snapshot_files(scratch_.path()), kind); });
  }
  std::string file(std::size_t number) const {
    return test::snapshot_file(scratch_.path(), number);
  }
  test::Scratch const scratch_{Comm::self()};
};

// ---- files given twice --------------------------------------------------------------------------

TEST_F(SnapshotConsistency, AFileUnderTwoNamesIsRefused) {
  for (auto const kind : {Kind::gas, Kind::dark_matter}) {
    auto const small = kind == Kind::gas ? SmallSnapshot::of_gas({40, 40, 40})
                                         : SmallSnapshot::of_dark_matter({40, 40, 40});
    small.write(scratch_.path());
    EXPECT_EQ(open(kind), "no error");
    fs::remove(file(2));
    fs::create_symlink(file(0), file(2));
    EXPECT_TRUE(
        contains(open(kind), "65 '" + file(0) + "' and '" + file(2) + "' are the same file"));
    fs::remove(file(2));
  }
}

TEST_F(SnapshotConsistency, ACopyOfAFileOfGasIsRefused) {
  SmallSnapshot::of_gas({40, 40, 40}).write(scratch_.path());
  fs::copy_file(file(1), file(2), fs::copy_options::overwrite_existing);
  EXPECT_TRUE(contains(open(Kind::gas), "snap_007.2.hdf5' have the same first and last particle"));
  fs::copy_file(file(0), file(1), fs::copy_options::overwrite_existing);
  EXPECT_TRUE(contains(open(Kind::gas), "snap_007.1.hdf5' have the same first and last particle"));
}

TEST_F(SnapshotConsistency, TwoFilesOfOneNumberAreRefused) {
  SmallSnapshot::of_dark_matter({40, 40}).write(scratch_.path());
  fs::copy(file(1), scratch_ / "snap_007.01.hdf5");
  auto const text = error_of([&] { find_snapshot_files(scratch_ / "snap_007.*.hdf5"); });
  EXPECT_TRUE(contains(text, "both have the number 1; move one of them away"));
}

// ---- units --------------------------------------------------------------------------------------

/// What a dataset says of itself: cgs, powers of a and h.
void state(std::string const& path, std::string const& dataset, double cgs, double a, double h) {
  H5Edit edit(path);
  edit.set_attribute(dataset, "to_cgs", std::vector<double>{cgs});
  edit.set_attribute(dataset, "a_scaling", std::vector<double>{a});
  edit.set_attribute(dataset, "h_scaling", std::vector<double>{h});
}

TEST_F(SnapshotConsistency, UnitsThatADatasetStatesAreThoseThatAreUsed) {
  struct Field {
    Kind kind;
    std::string name;
    double cgs, a, h;
  };
  double const kpc = units::cm_per_kpc, mass = 1.989e43;
  for (auto const& f : {Field{Kind::dark_matter, "/PartType1/Coordinates", kpc, 1, -1},
                        Field{Kind::dark_matter, "/PartType1/Velocities", 1e5, 0.5, 0},
                        Field{Kind::gas, "/PartType0/Density", mass / (kpc * kpc * kpc), -3, 2},
                        Field{Kind::gas, "/PartType0/InternalEnergy", 1e10, 0, 0},
                        Field{Kind::gas, "/PartType0/Masses", mass, 0, -1}}) {
    auto const small =
        f.kind == Kind::gas ? SmallSnapshot::of_gas({40}) : SmallSnapshot::of_dark_matter({40});
    small.write(scratch_.path());
    auto const with = [&](double cgs, double a, double h) {
      state(file(0), f.name, cgs, a, h);
      return open(f.kind);
    };
    EXPECT_EQ(with(f.cgs, f.a, f.h), "no error") << f.name;
    EXPECT_EQ(with(0, f.a, f.h), "no error") << "AREPO: not known";
    for (auto const& text :
         {with(1000 * f.cgs, f.a, f.h), with(f.cgs, f.a - 1, f.h), with(f.cgs, f.a, f.h + 1)})
      EXPECT_TRUE(contains(text, "65 '") && contains(text, f.name + " says that its unit is"));
  }
}

// ---- headers ------------------------------------------------------------------------------------

TEST_F(SnapshotConsistency, AHighWordOfATypeThatIsNotThereIsRefused) {
  SmallSnapshot::of_dark_matter({40}).write(scratch_.path());
  H5Edit(file(0)).set_attribute("/Header", "NumPart_Total_HighWord",
                                std::vector<std::int64_t>{0, 0, 1, 0, 0, 0});
  EXPECT_TRUE(contains(open(),
                       "hold 0 particles of type 2, their NumPart_Total says 4294967296 "
                       "(NumPart_Total_HighWord is wrong)"));
}

TEST_F(SnapshotConsistency, CountsInFloatingPointAreNamedAsSuch) {
  SmallSnapshot::of_dark_matter({40}).write(scratch_.path());
  H5Edit(file(0)).set_attribute("/Header", "NumPart_ThisFile",
                                std::vector<double>{0, 40, 0, 0, 0, 0});
  EXPECT_TRUE(contains(open(), "holds float64 (expected int64)"));
}

TEST_F(SnapshotConsistency, WhatParametersLackIsNotSoughtInTheHeader) {
  SmallSnapshot::of_dark_matter({40}).write(scratch_.path());
  {
    H5Edit(file(0)).remove_attribute("/Header", "HubbleParam");
    hid_t const raw = H5Fopen(file(0).c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    H5Gclose(H5Gcreate2(raw, "/Parameters", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Fclose(raw);
  }
  EXPECT_TRUE(contains(open(), "neither /Header nor /Parameters has an attribute 'HubbleParam'"));
}

TEST_F(SnapshotConsistency, ALoopOfLinksIsCalledOne) {
  SmallSnapshot::of_dark_matter({40}).write(scratch_.path());
  H5Edit(file(0)).remove("/PartType1/Velocities");
  hid_t const raw = H5Fopen(file(0).c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  H5Lcreate_soft("/PartType1/Velocities", raw, "/PartType1/Velocities", H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(raw);
  EXPECT_TRUE(contains(open(), "or a loop of links"));
}

TEST_F(SnapshotConsistency, ATypeThatIsNoNumberIsNamed) {
  SmallSnapshot::of_dark_matter({40}).write(scratch_.path());
  hsize_t const three = 3, rows = 40;
  hid_t const array = H5Tarray_create2(H5T_IEEE_F32LE, 1, &three);
  H5Edit(file(0)).remove("/PartType1/Velocities");
  hid_t const raw = H5Fopen(file(0).c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  hid_t const space = H5Screate_simple(1, &rows, nullptr);
  H5Dclose(H5Dcreate2(raw, "/PartType1/Velocities", array, space, H5P_DEFAULT, H5P_DEFAULT,
                      H5P_DEFAULT));
  H5Sclose(space), H5Tclose(array), H5Fclose(raw);
  EXPECT_TRUE(contains(open(), "/PartType1/Velocities holds numbers of type 96-bit array"));
}

// ---- a look before work -------------------------------------------------------------------------

TEST_F(SnapshotConsistency, ASampleFindsWhatReadingWouldRefuse) {
  auto const found = [&](Kind kind, char const* dataset,
                         std::function<void(std::vector<double>&)> const& change) {
    auto const small = kind == Kind::gas ? SmallSnapshot::of_gas({3000, 3000})
                                         : SmallSnapshot::of_dark_matter({3000, 3000});
    small.write(scratch_.path());
    H5Edit(file(1)).change(dataset, change);
    return error_of([&] { Snapshot(find_snapshot_files(scratch_.path()), kind).check_sample(); });
  };
  auto const times = [](double factor) {
    return [factor](std::vector<double>& values) {
      for (auto& value : values) value *= factor;
    };
  };
  auto const dark = Kind::dark_matter, gas = Kind::gas;
  EXPECT_EQ(found(dark, "/PartType1/Coordinates", times(1)), "no error");
  EXPECT_EQ(found(gas, "/PartType0/Coordinates", times(1)), "no error");
  EXPECT_TRUE(contains(found(dark, "/PartType1/Coordinates", times(1000)), "65 '"));
  EXPECT_TRUE(contains(found(dark, "/PartType1/Coordinates", times(-1)), "65 '"));
  EXPECT_TRUE(contains(found(dark, "/PartType1/Velocities", times(1e5)), "65 '"));
  EXPECT_TRUE(contains(found(gas, "/PartType0/Density", times(1e10)), "1e14 times"));
  EXPECT_TRUE(contains(found(gas, "/PartType0/ElectronAbundance", times(2)), "fully ionised"));
  SmallSnapshot small = SmallSnapshot::of_dark_matter({3000, 3000});
  for (auto& p : small.dark_matter.position) p = p / 1000;
  small.write(scratch_.path());
  EXPECT_TRUE(contains(
      error_of([&] { Snapshot(find_snapshot_files(scratch_.path()), dark).check_sample(); }),
      "Mpc in place of kpc"));
}

TEST_F(SnapshotConsistency, ASampleFindsIdsThatTellNothingApart) {
  SmallSnapshot small = SmallSnapshot::of_dark_matter({3000, 3000});
  auto const refusal = [&] {
    small.write(scratch_.path());
    return error_of(
        [&] { Snapshot(find_snapshot_files(scratch_.path()), Kind::dark_matter).check_sample(); });
  };
  EXPECT_EQ(refusal(), "no error");
  std::ranges::fill(small.dark_matter.id, 7);
  EXPECT_TRUE(contains(refusal(), "6000 of its particles have only 1 different ParticleIDs"));
}

TEST_F(SnapshotConsistency, ASampleOfParticlesSortedInSpaceIsNotTakenForAUnit) {
  SmallSnapshot small = SmallSnapshot::of_dark_matter({3000, 70000});
  for (std::size_t i = 0; i < 3000; ++i)
    small.dark_matter.position[i] = {1, 2, 3 + 1e-3 * static_cast<double>(i)};
  small.write(scratch_.path());
  Snapshot(find_snapshot_files(scratch_.path()), Kind::dark_matter).check_sample();
}

}  // namespace
}  // namespace setsz
