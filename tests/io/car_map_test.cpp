// SPDX-License-Identifier: BSD-3-Clause
#include "io/car_map.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "io/healpix_map.hpp"
#include "pipeline/base/number.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

/// In the order of write_car_map: from north to south, eastwards.
float value_of(std::int64_t pixel) { return 1e-6F * single((pixel * 7919) % 1013 + 1); }

void write(Comm const& comm, std::string const& path, CarLayout const& layout,
           std::string const& coordinates = "C") {
  MapHeader header;
  header.coordinates = coordinates;
  header.date = "2026-01-31";
  header.creator = "setsz test";
  header.cards = {{"ZMIN", 0.05, "lowest redshift"}};
  header.history = {"mock"};
  Range const range = even_range(layout.n_columns * layout.n_rows, comm.rank(), comm.size());
  std::vector<float> pixels;
  for (std::int64_t p = range.first; p < range.last; ++p) pixels.push_back(value_of(p));
  write_car_map(comm, path, layout, header, range.first, pixels);
  comm.barrier();
}

CarLayout const full_sky = {72, 37, 5, -35, -18};  // longitudes -175 to 180
CarLayout const patch = {11, 6, 0.5, 715, -3};     // 357.5 to 362.5 degrees, -1.5 to 1

TEST(CarMapFile, HasTheSameBytesOnAnyNumberOfRanks) {
  Comm const comm = Comm::world();
  test::Scratch const scratch(comm);
  write(comm, scratch / "together.fits", patch);
  if (!comm.is_root()) return;
  write(Comm::self(), scratch / "alone.fits", patch);
  EXPECT_EQ(test::file_bytes(scratch / "together.fits"), test::file_bytes(scratch / "alone.fits"));
  auto const head = read_fits_data_head(scratch / "alone.fits");
  EXPECT_EQ(head.data_bytes, 4 * 11 * 6);
  EXPECT_EQ(head.cards.at("CTYPE1"), "RA---CAR");
}

TEST(CarMapFile, HasTheCoordinatesThatAstropyReads) {
  Comm const comm = Comm::world();
  test::Scratch const scratch(comm);
  std::string script =
      "import numpy as np; from astropy.io import fits; from astropy.wcs import WCS\n"
      "def check(path, west, south, step):\n"
      "  hdus = fits.open(path, checksum=True); hdus.verify('exception')\n"
      "  data = hdus[0].data; ny, nx = data.shape; header = hdus[0].header\n"
      "  x, y = np.meshgrid(np.arange(nx), np.arange(ny))\n"
      "  lon, lat = WCS(header).wcs_pix2world(x, y, 0)\n"
      "  column, row = nx - 1 - x, ny - 1 - y\n"  // eastwards, from the north
      "  value = np.float32(1e-6) * (((row * nx + column) * 7919) % 1013 + 1).astype('f4')\n"
      "  assert np.array_equal(data, value)\n"
      "  assert np.allclose((lon - (west + column) * step + 180) % 360, 180, atol=1e-9)\n"
      "  assert np.allclose(lat, (south + y) * step, atol=1e-9)\n"
      "  assert header['CRVAL2'] == 0 and header['CDELT1'] < 0\n";
  int number = 0;
  for (auto const& layout : {full_sky, patch}) {
    auto const path = scratch / concat("map", number++, ".fits");
    write(comm, path, layout);
    script += concat("check('", path, "', ", layout.west, ", ", layout.south, ", ", layout.step_deg,
                     ")\n");
  }
  if (!comm.is_root()) return;
  if (std::system("/usr/bin/python3 -c 'import astropy' 2>/dev/null") != 0)
    GTEST_SKIP() << "python3 has no astropy";
  EXPECT_EQ(std::system(("/usr/bin/python3 -W error -c \"" + script + "\"").c_str()), 0);
}

// pixell.enmap.fullsky_geometry(res, variant="CC"): crval = [res/2, 0], crpix = [nx//2 + 0.5,
// (ny + 1)/2].
TEST(CarMapFile, HasTheReferencePointOfPixell) {
  Comm const comm = Comm::world();
  test::Scratch const scratch(comm);
  write(comm, scratch / "map.fits", full_sky);
  auto const cards = read_fits_data_head(scratch / "map.fits").cards;
  EXPECT_EQ(std::stod(cards.at("CRVAL1")), 2.5);
  EXPECT_EQ(std::stod(cards.at("CRPIX1")), 36.5);
  EXPECT_EQ(std::stod(cards.at("CRPIX2")), 19);
  EXPECT_EQ(std::stod(cards.at("CDELT1")), -5);
  EXPECT_EQ(std::stod(cards.at("CDELT2")), 5);
  comm.barrier();
}

TEST(CarMapFile, NamesTheFrame) {
  Comm const comm = Comm::world();
  test::Scratch const scratch(comm);
  for (auto const& [letter, name] :
       {std::pair("C", "RA---CAR"), {"G", "GLON-CAR"}, {"E", "ELON-CAR"}}) {
    write(comm, scratch / "map.fits", patch, letter);
    EXPECT_EQ(read_fits_data_head(scratch / "map.fits").cards.at("CTYPE1"), name);
    comm.barrier();
  }
}

}  // namespace
}  // namespace setsz
