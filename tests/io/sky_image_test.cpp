// SPDX-License-Identifier: BSD-3-Clause
#include "io/sky_image.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "io/healpix_map.hpp"
#include "pipeline/base/number.hpp"
#include "tests/fixtures/python.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

/// In the order of write_sky_image: from north to south, eastwards.
float value_of(std::int64_t pixel) { return 1e-6F * single((pixel * 7919) % 1013 + 1); }

void write(Comm const& comm, std::string const& path, ImageLayout const& layout,
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
  write_sky_image(comm, path, layout, header, range.first, pixels);
  comm.barrier();
}

/// Least longitude and latitude [steps], step [degree].
struct Steps {
  std::int64_t n_columns, n_rows;
  double step_deg, west, south;
  ImageLayout layout() const {
    return plate_carree_image(n_columns, n_rows, step_deg, west, south);
  }
};
Steps const full_steps = {72, 37, 5, -35, -18};   // longitudes -175 to 180
Steps const patch_steps = {11, 6, 0.5, 715, -3};  // 357.5 to 362.5 degrees, -1.5 to 1
ImageLayout const full_sky = full_steps.layout(), patch = patch_steps.layout();

TEST(SkyImageFile, HasTheSameBytesOnAnyNumberOfRanks) {
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

TEST(SkyImageFile, HasTheCoordinatesThatAstropyReads) {
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
  for (auto const& steps : {full_steps, patch_steps}) {
    auto const path = scratch / concat("map", number++, ".fits");
    write(comm, path, steps.layout());
    script +=
        concat("check('", path, "', ", steps.west, ", ", steps.south, ", ", steps.step_deg, ")\n");
  }
  if (!comm.is_root()) return;
  if (!test::python_has("astropy")) GTEST_SKIP() << "python3 has no astropy";
  EXPECT_TRUE(test::python_passes(script, "error"));
}

// pixell.enmap.fullsky_geometry(res, variant="CC"): crval = [res/2, 0], crpix = [nx//2 + 0.5,
// (ny + 1)/2].
TEST(SkyImageFile, HasTheReferencePointOfPixell) {
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

// Calabretta & Greisen (2002), equations 54 and 68 and a rotation, written with vectors.
TEST(SkyImageFile, ShowsPlanesWhereAstropySeesThem) {
  Comm const comm = Comm::world();
  test::Scratch const scratch(comm);
  std::string script =
      "import numpy as np; from astropy.io import fits; from astropy.wcs import WCS\n"
      "def check(path, name, lon0, lat0, step):\n"
      "  hdus = fits.open(path, checksum=True); hdus.verify('exception'); header = hdus[0].header\n"
      "  ny, nx = hdus[0].data.shape; x, y = np.meshgrid(np.arange(nx), np.arange(ny))\n"
      "  lon, lat = np.radians(WCS(header).wcs_pix2world(x, y, 0))\n"
      "  east, north = (np.radians(step) * a for a in ((nx - 1) / 2 - x, y - (ny - 1) / 2))\n"
      "  r = np.hypot(east, north); t = np.arctan(r) if name == 'TAN' else 2 * np.arcsin(r / 2)\n"
      "  k = np.sinc(t / np.pi) * t / np.where(r > 0, r, 1)\n"
      "  l, b = np.radians(lon0), np.radians(lat0)\n"
      "  e = [-np.sin(l), np.cos(l), 0]; m = [np.cos(b) * np.cos(l), np.cos(b) * np.sin(l), "
      "np.sin(b)]\n"
      "  n = np.cross(m, e)\n"
      "  v = [k * (east * e[i] + north * n[i]) + np.cos(t) * m[i] for i in range(3)]\n"
      "  w = [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]\n"
      "  assert np.abs(np.array(v) - w).max() < 1e-12, np.abs(np.array(v) - w).max()\n";
  int number = 0;
  for (std::string const name : {"TAN", "ZEA"}) {
    for (auto const& [longitude, latitude] :
         {std::pair(0.0, 0.0), {-75.5, 61.0}, {40.0, 90.0}, {200.0, -90.0}}) {
      auto const path = scratch / concat("plane", number++, ".fits");
      write(comm, path, zenithal_image(name, 14, 9, 1.5, longitude, latitude));
      script += concat("check('", path, "', '", name, "', ", longitude, ", ", latitude, ", 1.5)\n");
    }
  }
  if (!comm.is_root()) return;
  if (!test::python_has("astropy")) GTEST_SKIP() << "python3 has no astropy";
  EXPECT_TRUE(test::python_passes(script, "error"));
}

TEST(SkyImageFile, NamesTheFrame) {
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
