// SPDX-License-Identifier: BSD-3-Clause
#include <fitsio.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>

#include "io/fits_header.hpp"
#include "io/healpix_map.hpp"
#include "pipeline/base/number.hpp"
#include "tests/fixtures/full_disk.hpp"
#include "tests/fixtures/python.hpp"

namespace setsz {
namespace {

float value_of(std::int64_t pixel) { return 1e-6F * single((pixel * 7919) % 1013 + 1); }

/// The pixels of this rank: the first rank has none where there are several (an idle rank).
Range range_of(Comm const& comm, std::int64_t n_pixels) {
  if (comm.size() == 1) return {0, n_pixels};
  if (comm.is_root()) return {0, 0};
  return even_range(n_pixels, comm.rank() - 1, comm.size() - 1);
}

void write_map(Comm const& comm, std::int64_t nside, std::string const& path) {
  MapHeader header;
  header.date = "2026-01-31";
  header.creator = "setsz test";
  header.cards = {{"ZMIN", 0.05, "lowest redshift"},
                  {"NREPL", std::int64_t{27}, "replicas of the box"},
                  {"CUTGEOM", std::string("SPHERE"), "it's a sphere"},
                  {"PIXAVG", true, "pixel-integrated"},
                  {"SIMNAME", std::string("box's own"), ""}};
  header.history = {"mock", "catalog"};
  Range const range = range_of(comm, 12 * nside * nside);
  std::vector<float> pixels;
  for (std::int64_t p = range.first; p < range.last; ++p) pixels.push_back(value_of(p));
  write_healpix_map(comm, path, nside, header, range.first, pixels);
}

std::string write_map(Comm const& comm, std::int64_t nside) {
  std::string const path = "healpix_map_" + std::to_string(comm.size()) + ".fits";
  write_map(comm, nside, path);
  comm.barrier();
  return path;
}

TEST(HealpixMapFault, AFullDiskAtAnyOperationIsOneErrorOnAllRanks) {
  Comm const comm = Comm::world();
  test::Scratch const scratch(comm);
  auto const n = test::expect_one_error_at_every_operation(
      comm, scratch / "map.fits", [&](std::string const& part) { write_map(comm, 8, part); });
  // Of rank 0: create, write header and padding, sync, close; rename. Of every rank with pixels:
  // open, write, sync, close.
  auto const n_with_pixels = std::max(1, comm.size() - 1);
  EXPECT_EQ(n, 6 + 3 * comm.size() + n_with_pixels);
}

class HealpixMap : public ::testing::TestWithParam<std::int64_t> {};

TEST_P(HealpixMap, IsReadBackPixelByPixelWithItsCards) {
  Comm const comm = Comm::world();
  HealpixFile const file(write_map(comm, GetParam()));
  ASSERT_EQ(file.nside(), GetParam());
  auto const pixels = file.read({0, file.n_pixels()});
  for (std::int64_t p = 0; p < file.n_pixels(); ++p)
    ASSERT_EQ(pixels[p], value_of(p)) << "pixel " << p;
  EXPECT_TRUE(file.data_sum_holds());
  auto const& cards = file.cards();
  EXPECT_EQ(cards.at("SIMNAME"), "box's own");
  EXPECT_EQ(cards.at("PIXAVG"), "T");
  EXPECT_EQ(std::stod(cards.at("ZMIN")), 0.05);
  EXPECT_EQ(cards.at("LASTPIX"), std::to_string(file.n_pixels() - 1));
  EXPECT_EQ(file.history(), (std::vector<std::string>{"mock", "catalog"}));
}

TEST_P(HealpixMap, ChecksumsHoldForTheFieldsOwnLibrary) {
  Comm const comm = Comm::world();
  std::string const path = write_map(comm, GetParam());
  fitsfile* file = nullptr;
  int status = 0, n_hdus = 0;
  ASSERT_EQ(ffopen(&file, path.c_str(), READONLY, &status), 0);
  ffthdu(file, &n_hdus, &status);
  EXPECT_EQ(n_hdus, 2);
  for (int hdu = 1; hdu <= n_hdus; ++hdu) {
    int data_verdict = 0, hdu_verdict = 0, type = 0;
    ffmahd(file, hdu, &type, &status);
    ffvcks(file, &data_verdict, &hdu_verdict, &status);
    EXPECT_EQ(data_verdict, 1) << "HDU " << hdu;
    EXPECT_EQ(hdu_verdict, 1) << "HDU " << hdu;
  }
  float value = 0;
  int any = 0;
  std::int64_t const pixel = 12 * GetParam() * GetParam() - 1;
  long const per_row = pixel + 1 < 1024 ? 1 : 1024;
  ffgcve(file, 1, pixel / per_row + 1, pixel % per_row + 1, 1, 0, &value, &any, &status);
  EXPECT_EQ(value, value_of(pixel));
  EXPECT_EQ(status, 0);
  ffclos(file, &status);
}

INSTANTIATE_TEST_SUITE_P(Sizes, HealpixMap, ::testing::Values(1, 8, 16, 64));

TEST(HealpixMapFile, HasTheSameBytesForAnyNumberOfRanks) {
  Comm const comm = Comm::world();
  std::string const together = write_map(comm, 32);
  std::string alone;
  if (comm.is_root()) {
    std::string const folder = "alone_" + std::to_string(comm.size());
    std::filesystem::create_directories(folder);
    auto const here = std::filesystem::current_path();
    std::filesystem::current_path(folder);
    alone = folder + "/" + write_map(Comm::self(), 32);
    std::filesystem::current_path(here);
    auto const bytes = [](std::string const& path) {
      std::ifstream in(path, std::ios::binary);
      return std::string(std::istreambuf_iterator<char>(in), {});
    };
    EXPECT_EQ(bytes(together), bytes(alone));
    EXPECT_EQ(bytes(alone).size() % fits_block, 0U);
  }
}

TEST(HealpixMapFile, IsReadByHealpy) {
  Comm const comm = Comm::world();
  std::string const path = write_map(comm, 16);
  if (!comm.is_root()) return;
  if (!test::python_has("healpy")) GTEST_SKIP() << "python3 has no healpy";
  std::string const script =
      "import healpy, numpy as np; m, h = healpy.read_map('" + path +
      "', h=True, dtype=None); p = np.arange(m.size); "
      "assert np.array_equal(m, np.float32(1e-6) * ((p * 7919) % 1013 + 1).astype('f4')); "
      "assert dict(h)['COORDSYS'] == 'C' and dict(h)['ORDERING'] == 'RING'";
  EXPECT_TRUE(test::python_passes(script, "ignore"));
}

// astropy re-formats the CHECKSUM card before it sums, so that the form of the card matters.
TEST(HealpixMapFile, HasChecksumsThatAstropyConfirmsWithoutAWarning) {
  Comm const comm = Comm::world();
  std::string const path = write_map(comm, 16);
  if (!comm.is_root()) return;
  if (!test::python_has("astropy")) GTEST_SKIP() << "python3 has no astropy";
  std::string const script =
      "from astropy.io import fits; hdus = fits.open('" + path +
      "', checksum=True); [hdu.data for hdu in hdus]; hdus.verify('exception'); hdus.close()";
  EXPECT_TRUE(test::python_passes(script, "error"));
}

TEST(HealpixMapFile, RefusesCardsThatDoNotFit) {
  FitsHeader header;
  EXPECT_THROW(header.add({"LONGERKEY", true, ""}), Error);
  EXPECT_THROW(header.add({"KEY", std::string(69, 'x'), ""}), Error);
  EXPECT_THROW(header.add({"KEY", std::string(35, '\''), ""}), Error);
  header.add({"KEY", std::string(34, '\''), ""});
}

TEST(HealpixMapFile, RefusesValuesThatAreNotFiniteOnAllRanks) {
  Comm const comm = Comm::world();
  Range const range = range_of(comm, 12);
  std::vector<float> pixels(range.size(), 1.0F);
  if (comm.rank() == comm.size() - 1) pixels.back() = std::numeric_limits<float>::quiet_NaN();
  try {
    write_healpix_map(comm, "nan.fits", 1, MapHeader{}, range.first, pixels);
    FAIL() << "a NaN was written";
  } catch (CollectiveError const& error) {
    EXPECT_NE(std::string(error.what()).find("pixel 11 of the map is nan"), std::string::npos)
        << error.what();
  }
}

TEST(HealpixMapFile, SaysWhatIsWrongWithAFile) {
  Comm const comm = Comm::world();
  std::string const path = write_map(comm, 16);
  std::string const cut = "cut_" + std::to_string(comm.rank()) + ".fits";
  std::filesystem::copy_file(path, cut, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::resize_file(cut, std::filesystem::file_size(cut) - 4000);
  try {
    HealpixFile const file(cut);
    FAIL() << "a truncated map was opened";
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::bad_data);
    EXPECT_NE(std::string(error.what()).find("truncated"), std::string::npos);
  }
  try {
    HealpixFile const file("no_such_map.fits");
    FAIL();
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::missing_input);
  }
  comm.barrier();
}

TEST(HealpixMapFile, NoticesAFlippedBit) {
  Comm const comm = Comm::world();
  std::string const path = write_map(comm, 16);
  std::string const flipped = "flipped_" + std::to_string(comm.rank()) + ".fits";
  std::filesystem::copy_file(path, flipped, std::filesystem::copy_options::overwrite_existing);
  {
    std::fstream file(flipped, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-3000, std::ios::end);
    file.put('\x5a');
  }
  EXPECT_FALSE(HealpixFile(flipped).data_sum_holds());
  comm.barrier();
}

}  // namespace
}  // namespace setsz
