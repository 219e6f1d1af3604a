// SPDX-License-Identifier: BSD-3-Clause
// Data behind links: what is read is what the object says, wherever it lies; holes are refused.
#include "io/h5_sources.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "io/snapshot.hpp"
#include "io/tables/table_file.hpp"
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

/// Creates a dataset again, with what it held in rows [0, n_written) only.
void write_part(std::string const& path, char const* name, hsize_t n_rows, hsize_t n_columns,
                hsize_t chunk_rows, hsize_t n_written, double fill = 0) {
  H5Edit(path).remove(name);
  hid_t const file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  int const rank = n_columns > 1 ? 2 : 1;
  hsize_t const all[2]{n_rows, n_columns}, chunk[2]{chunk_rows, 1}, part[2]{n_written, n_columns};
  hid_t const space = H5Screate_simple(rank, all, nullptr);
  hid_t const creation = H5Pcreate(H5P_DATASET_CREATE);
  if (chunk_rows > 0) H5Pset_chunk(creation, rank, chunk);
  if (fill != 0) H5Pset_fill_value(creation, H5T_NATIVE_DOUBLE, &fill);
  hid_t const data =
      H5Dcreate2(file, name, H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  if (n_written > 0) {
    hsize_t const start[2]{0, 0};
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, part, nullptr);
    hid_t const memory = H5Screate_simple(rank, part, nullptr);
    std::vector<float> const values(n_written * n_columns, 4.0625F);
    H5Dwrite(data, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, values.data());
    H5Sclose(memory);
  }
  H5Dclose(data), H5Pclose(creation), H5Sclose(space), H5Fclose(file);
}

TEST_F(Behind, storage_that_was_never_written_is_refused_with_its_rows) {
  auto const path = snapshot("dm", 0);
  auto const refused = [&](hsize_t chunk, hsize_t n_written, std::string const& rows) {
    write_part(path, "/PartType1/Velocities", 60, 3, chunk, n_written);
    auto const text = error_of([&] { first_coordinates(path); });
    EXPECT_TRUE(contains(text, "65 '") && contains(text, "/PartType1/Velocities: rows " + rows) &&
                contains(text, "were never written"))
        << text;
  };
  refused(0, 0, "0 to 60 of 60");
  refused(16, 0, "0 to 16 of 60");
  refused(16, 20, "32 to 48 of 60");
  write_part(path, "/PartType1/Velocities", 60, 3, 16, 60);
  EXPECT_EQ(first_coordinates(path).size(), 60U);
}

TEST_F(Behind, a_source_that_was_never_written_is_refused) {
  auto const one = snapshot("a", 0);
  snapshot("b", 500);
  auto const whole = snapshot("dm", 777);
  make_virtual(whole, {"../a/snap_007.0.hdf5", "../b/snap_007.0.hdf5"});
  write_part(one, "/PartType1/Coordinates", 60, 3, 0, 0);
  EXPECT_TRUE(contains(error_of([&] { first_coordinates(whole); }),
                       "a/snap_007.0.hdf5': /PartType1/"
                       "Coordinates: rows 0 to 60"));
}

TEST_F(Behind, a_column_of_a_table_that_was_never_written_is_refused) {
  auto const path = scratch_ / "halos.h5";
  {
    auto out = H5File::create_serial(path);
    out.write_same<std::int64_t>("/id", {.unit = "1"}, {7, 8});
    for (auto const* name : {"x", "y", "z"})
      out.write_same<double>(concat("/", name), {.unit = "Mpc/h"}, {1, 2});
    out.write_same<double>("/m200c", {.unit = "Msun/h"}, {1e14, 2e14});
    out.write_same<double>("/vx", {.unit = "km/s"}, {1e2, 2e2});
    out.write_same<double>("/unused", {.unit = "km/s"}, {1e2, 2e2});
    out.close();
  }
  write_part(path, "/unused", 2, 1, 0, 0);
  auto const* format = &table_formats()[0];
  while (!format->recognise(FileProbe(path))) ++format;
  auto const read = [&](std::size_t column) {
    std::size_t const columns[]{column};
    return format->open(path)->read({0, 2}, columns);
  };
  auto const names = format->open(path)->columns();
  for (std::size_t i = 0; i < names.size(); ++i) {
    bool const hole = names[i].name == "unused";
    EXPECT_EQ(contains(error_of([&] { read(i); }), "/unused: rows 0 to 2 of 2 were never"), hole);
  }
}

TEST_F(Behind, a_fill_value_that_was_chosen_is_data) {
  auto const path = snapshot("dm", 0);
  H5Edit(path).set_attribute("/Header", "MassTable", std::vector<double>(6, 0.0));
  write_part(path, "/PartType1/Masses", 60, 1, 16, 0, 4.0625);
  EXPECT_EQ(first_coordinates(path).size(), 60U);
  write_part(path, "/PartType1/Masses", 60, 1, 16, 0);
  EXPECT_TRUE(contains(error_of([&] { first_coordinates(path); }), "were never written"));
}

}  // namespace
}  // namespace setsz
