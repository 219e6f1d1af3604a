// SPDX-License-Identifier: BSD-3-Clause
// Skies of snapshots with a beam.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "io/healpix_map.hpp"
#include "tests/fixtures/painted_universe.hpp"
#include "tests/fixtures/python.hpp"

namespace setsz {
namespace {

using test::PaintedUniverse;

class SpreadSky : public ::testing::Test {
 protected:
  /// Leaves the map as NAME.fits.
  nlohmann::json paint(std::vector<std::string> const& options, std::string const& name) {
    auto const stage = universe_.sky(options);
    EXPECT_TRUE(universe_.run(comm_, *stage));
    nlohmann::json report;
    collectively(comm_, "", [&] {
      std::ifstream in(universe_ / (stage->id() + "/sky.json"));
      report = nlohmann::json::parse(in);
      if (comm_.is_root())
        std::filesystem::copy_file(universe_ / (stage->id() + "/compton_y.fits"),
                                   universe_ / (name + ".fits"),
                                   std::filesystem::copy_options::overwrite_existing);
    });
    comm_.barrier();
    return report;
  }
  std::vector<float> pixels(std::string const& name) {
    HealpixFile const map(universe_ / (name + ".fits"));
    return map.read({0, map.n_pixels()});
  }
  Comm comm_ = Comm::world();
  PaintedUniverse universe_{comm_, 4, 200};
};

TEST_F(SpreadSky, HasTheSumOfTheSkyWithoutABeam) {
  auto const sharp = paint({}, "sharp"), spread = paint({"sky.beam_fwhm=300"}, "spread");
  EXPECT_LT(spread.at("sum_rule_residual").get<double>(), 1e-9);
  EXPECT_EQ(spread.at("beam_fwhm_arcmin"), 300);
  EXPECT_EQ(spread.at("y_painted_sr"), sharp.at("y_painted_sr"));
  EXPECT_NEAR(spread.at("mean_y").get<double>() / sharp.at("mean_y").get<double>(), 1, 1e-9);
  EXPECT_LT(spread.at("std_y").get<double>(), 0.7 * sharp.at("std_y").get<double>());
  auto const before = pixels("sharp"), after = pixels("spread");
  EXPECT_NEAR(std::accumulate(after.begin(), after.end(), 0.0) /
                  std::accumulate(before.begin(), before.end(), 0.0),
              1, 1e-6);
  // Where nothing is nearer than the reach of the beam there is nothing.
  EXPECT_GE(*std::min_element(after.begin(), after.end()), 0);
}

TEST_F(SpreadSky, InPartHasThePixelsOfTheWhole) {
  bool const reads = comm_.is_root() && test::python_has("healpy");
  paint({"sky.beam_fwhm=300"}, "spread");
  for (std::string const part :
       {"cap=40, 20, 30", "patch=350, 380, -20, 60", "polygon=0, 0, 60, 10, 30, 70"}) {
    auto const report = paint({"sky.beam_fwhm=300", "sky." + part}, "part");
    EXPECT_LT(report.at("sum_rule_residual").get<double>(), 1e-9) << part;
    if (!reads) continue;
    auto const script =
        concat("import healpy, numpy as np; whole = healpy.read_map('", universe_ / "spread.fits",
               "', dtype=np.float64); part = healpy.read_map('", universe_ / "part.fits",
               "', partial=True, dtype=np.float64); seen = part != healpy.UNSEEN; "
               "assert seen.sum() > 100 and (~seen).sum() > 8000; "
               "assert np.abs(part[seen] - whole[seen]).max() < 1e-6 * whole[seen].max(); "
               "assert (whole[seen] > 0.01 * whole[seen].max()).sum() > 20");
    EXPECT_TRUE(test::python_passes(script, "ignore")) << part;
  }
  // Not before: other ranks paint on.
  if (comm_.is_root() && !reads) GTEST_SKIP() << "python3 has no healpy";
}

TEST_F(SpreadSky, InPartOfAnImageHasThePixelsOfTheWhole) {
  bool const reads = comm_.is_root() && test::python_has("astropy");
  std::string const car = "sky.projection=car", step = "sky.resolution=120";
  paint({"sky.beam_fwhm=300", car, step}, "spread");
  for (std::string const part :
       {"cap=40, 20, 30", "patch=350, 380, -20, 60", "polygon=0, 60, 60, 40, 180, 70"}) {
    auto const report = paint({"sky.beam_fwhm=300", car, step, "sky." + part}, "part");
    EXPECT_LT(report.at("sum_rule_residual").get<double>(), 1e-9) << part;
    if (!reads) continue;
    auto const script = concat(
        "import numpy as np; from astropy.io import fits; from astropy.wcs import WCS\n"
        "whole = fits.open('",
        universe_ / "spread.fits", "')[0]; part = fits.open('", universe_ / "part.fits",
        "')[0]; y, x = np.indices(part.data.shape)\n"
        "lon, lat = WCS(part.header).wcs_pix2world(x, y, 0)\n"
        "column, row = WCS(whole.header).wcs_world2pix(lon, lat, 0)\n"
        "wanted = whole.data[np.rint(row).astype(int), np.rint(column).astype(int) % 180]\n"
        "seen = np.isfinite(part.data); assert seen.sum() > 100\n"
        "assert seen.all() == ('patch' in '",
        part,
        "')\n"
        "assert np.abs(part.data - wanted)[seen].max() < 1e-6 * wanted[seen].max()\n"
        "assert (wanted[seen] > 0.01 * wanted[seen].max()).sum() > 20\n");
    EXPECT_TRUE(test::python_passes(script, "ignore")) << part;
  }
  // Not before: other ranks paint on.
  if (comm_.is_root() && !reads) GTEST_SKIP() << "python3 has no astropy";
}

TEST_F(SpreadSky, OnAPlaneHasThePixelsOfALargerOne) {
  bool const reads = comm_.is_root() && test::python_has("astropy");
  for (std::string const projection : {"tan", "zea"}) {
    auto const plane = [&](std::string const& size, std::string const& name) {
      auto const report = paint({"sky.beam_fwhm=300", "sky.projection=" + projection,
                                 "sky.resolution=120", "sky.centre=20, 85", "sky.size=" + size},
                                name);
      EXPECT_LT(report.at("sum_rule_residual").get<double>(), 1e-9);
    };
    plane("80, 80", "large");
    plane("24, 20", "small");
    if (!reads) continue;
    auto const script = concat(
        "import numpy as np; from astropy.io import fits\n"
        "large, small = (fits.getdata('",
        universe_ / "",
        "/' + name + '.fits') for name in ('large', 'small'))\n"
        "assert small.shape == (10, 12) and large.shape == (40, 40)\n"
        "wanted = large[15:25, 14:26]\n"
        "assert np.abs(small - wanted).max() < 1e-3 * wanted.max() and wanted.max() > 0\n");
    EXPECT_TRUE(test::python_passes(script, "ignore"));
  }
  // Not before: other ranks paint on.
  if (comm_.is_root() && !reads) GTEST_SKIP() << "python3 has no astropy";
}

TEST_F(SpreadSky, RefusesABeamThatPixelsDoNotShow) {
  auto const error = [&](std::vector<std::string> const& options) {
    return test::error_of([&] { universe_.run(comm_, *universe_.sky(options)); });
  };
  EXPECT_TRUE(test::contains(error({"sky.beam_fwhm=150"}), "below 2 pixels"));
  EXPECT_TRUE(test::contains(error({"sky.beam_file=" + universe_ / "none.txt"}), "66"));
  EXPECT_TRUE(
      test::contains(error({"sky.beam_fwhm=150", "sky.projection=car", "sky.resolution=90"}),
                     "set a finer resolution"));
}

}  // namespace
}  // namespace setsz
