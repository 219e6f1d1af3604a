// SPDX-License-Identifier: BSD-3-Clause
// Data behind links: what is read is what the object says, wherever it lies; holes are refused.
#include "io/h5_sources.hpp"

#include <gtest/gtest.h>

#include <filesystem>

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

class Behind : public testing::Test {
 protected:
  Scratch const scratch_{Comm::self()};

  /// A snapshot of one file, whose numbers lie in the file as memory has them.
  std::string snapshot(std::string const& folder, double shift) const {
    std::filesystem::create_directories(scratch_ / folder);
    auto small = SmallSnapshot::of_dark_matter({60});
    for (auto& p : small.dark_matter.position) p.x = std::fmod(p.x + shift, 10000);
    small.write(scratch_ / folder);
    auto const path = test::snapshot_file(scratch_ / folder, 0);
    for (auto const* name : {"Coordinates", "Velocities", "ParticleIDs"})
      H5Edit(path).make_contiguous(concat("/PartType1/", name));
    return path;
  }
  static std::vector<double> first_coordinates(std::string const& path) {
    Snapshot const snapshot({path}, Snapshot::Kind::dark_matter);
    std::vector<double> found;
    snapshot.visit_dark_matter({0, snapshot.n_rows()}, [&](DarkMatterBlock const& block) {
      for (std::size_t i = 0; i < block.id.size(); ++i)
        found.push_back(std::visit([&](auto all) { return double(all[3 * i]); }, block.position));
    });
    return found;
  }
  /// Replaces /PartType1 of a file by a link to that of another; the old data stay in the file.
  static void link(std::string const& path, std::string const& to) {
    H5Edit(path).rename("/PartType1", "/old");
    hid_t const file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    H5Lcreate_external(to.c_str(), "/PartType1", file, "/PartType1", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
  }
  /// Makes Coordinates virtual, from those of two files.
  static void make_virtual(std::string const& path, std::vector<std::string> const& sources) {
    H5Edit(path).remove("/PartType1/Coordinates");
    hid_t const file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    hsize_t const all[2]{60, 3}, half[2]{30, 3};
    hid_t const space = H5Screate_simple(2, all, nullptr),
                part = H5Screate_simple(2, half, nullptr);
    hid_t const creation = H5Pcreate(H5P_DATASET_CREATE);
    for (std::size_t i = 0; i < sources.size(); ++i) {
      hsize_t const start[2]{30 * i, 0};
      H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, half, nullptr);
      H5Pset_virtual(creation, space, sources[i].c_str(), "/PartType1/Coordinates", part);
    }
    H5Sselect_all(space);
    hid_t const data = H5Dcreate2(file, "/PartType1/Coordinates", H5T_IEEE_F32LE, space,
                                  H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Dclose(data), H5Pclose(creation), H5Sclose(space), H5Sclose(part), H5Fclose(file);
  }
};

TEST_F(Behind, an_external_link_is_followed_though_old_data_stand_in_the_file) {
  auto const right = snapshot("store", 0), linked = snapshot("dm", 777);
  EXPECT_NE(first_coordinates(linked), first_coordinates(right));
  link(linked, "../store/snap_007.0.hdf5");
  EXPECT_EQ(first_coordinates(linked), first_coordinates(right));
  auto const behind = files_behind(linked);
  ASSERT_EQ(behind.size(), 1U);
  EXPECT_TRUE(std::filesystem::equivalent(behind[0], right));
  EXPECT_EQ(with_files_behind({linked}).size(), 2U);
  EXPECT_EQ(with_files_behind({linked, right}).size(), 2U) << "none twice";
}

TEST_F(Behind, a_link_to_nothing_says_where_it_leads) {
  auto const linked = snapshot("dm", 0);
  link(linked, "../gone.hdf5");
  auto const text = error_of([&] { first_coordinates(linked); });
  EXPECT_TRUE(contains(text, "an external link to '/PartType1' of '../gone.hdf5', which does not"));
  EXPECT_TRUE(files_behind(linked).empty());
}

TEST_F(Behind, a_virtual_dataset_is_read_from_its_sources) {
  auto const one = snapshot("a", 0), other = snapshot("b", 500), whole = snapshot("dm", 777);
  make_virtual(whole, {"../a/snap_007.0.hdf5", "../b/snap_007.0.hdf5"});
  auto expected = first_coordinates(one);
  auto const second = first_coordinates(other);
  expected.resize(30);
  expected.insert(expected.end(), second.begin(), second.begin() + 30);
  EXPECT_EQ(first_coordinates(whole), expected);
  EXPECT_EQ(files_behind(whole).size(), 2U);
}

TEST_F(Behind, holes_in_a_virtual_dataset_are_refused_with_the_source) {
  snapshot("a", 0), snapshot("b", 500);
  auto const whole = snapshot("dm", 777);
  make_virtual(whole, {"../a/snap_007.0.hdf5", "../b/snap_007.0.hdf5"});
  std::filesystem::rename(scratch_ / "b", scratch_ / "c");
  auto text = error_of([&] { first_coordinates(whole); });
  EXPECT_TRUE(contains(text, "65 '"));
  EXPECT_TRUE(contains(text, "virtual dataset; its source '../b/snap_007.0.hdf5' does not exist"));
  make_virtual(whole, {"../a/snap_007.0.hdf5"});
  text = error_of([&] { first_coordinates(whole); });
  EXPECT_TRUE(contains(text, "a virtual dataset of 180 values whose sources hold only 90"));
}

}  // namespace
}  // namespace setsz
