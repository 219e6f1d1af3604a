// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/catalogue_sky_stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>

#include "catalogue_sky.hpp"
#include "model/gnfw.hpp"
#include "pipeline/base/number.hpp"
#include "tests/fixtures/python.hpp"

namespace setsz {
namespace {

using test::CatalogueSky;
using test::contains;
using test::error_of;

TEST_F(CatalogueSky, HoldsTheIntegralsOfItsHaloes) {
  auto const all = halos(40);
  write(all);
  auto const stage = this->stage();
  EXPECT_TRUE(stage->record().inputs.empty());
  auto const notes = run(comm_, *stage);
  ASSERT_TRUE(notes);
  double sum = 0;
  for (auto const& halo : all) {
    double const mass = halo.mass_msunh / 1e10, a = 1 / (1 + halo.redshift);
    auto const scales = halo_scales(cosmology_, halo.redshift, mass);
    auto const shape = battaglia2012(Battaglia2012::agn_200, mass, cosmology_.h, halo.redshift, 4);
    double const distance = cosmology_.comoving_distance(halo.redshift);
    sum += units::compton_y(scales.p200_code, a, cosmology_.h) * gnfw_volume_integral(shape, 4) *
           std::pow(scales.r200c_ckpch, 3) / (distance * distance);
  }
  EXPECT_EQ(notes->at("n_halos"), 40);
  EXPECT_EQ(notes->at("n_rows"), 40);
  // A near halo has its front nearer than its back: up to (R/D)^2.
  EXPECT_NEAR(notes->at("y_painted_sr").get<double>() / sum, 1, 1e-4);
  EXPECT_NEAR(notes->at("mean_y").get<double>() * 4 * std::numbers::pi / sum, 1, 1e-4);
}

TEST_F(CatalogueSky, IsTheSameOnAnyNumberOfRanksAndAfterAStop) {
  write(halos(3000));
  auto const stage = this->stage();
  auto const alone = Comm::self();
  if (comm_.is_root()) run(alone, *stage);
  auto const wanted = map_sum();
  ASSERT_TRUE(run(comm_, *stage));
  EXPECT_EQ(map_sum(), wanted);
  double const few = 3e-6 * sizeof(HaloImage) * 400;  // a turn has 400 images
  EXPECT_FALSE(run(comm_, *stage, 2, few));
  if (comm_.is_root()) {
    EXPECT_TRUE(run(alone, *stage, 0, few));
  }
  EXPECT_EQ(map_sum(), wanted);
}

TEST_F(CatalogueSky, TurnsWithItsHaloes) {
  // A quarter turn about the axis takes pixels to pixels.
  auto all = halos(30);
  write(all);
  auto const stage = this->stage();
  run(comm_, *stage);
  auto const read = [&] {
    HealpixFile const map(scratch_ / "sky/mine/compton_y.fits");
    auto values = map.read({0, map.n_pixels()});
    comm_.barrier();
    return values;
  };
  comm_.barrier();
  auto before = read();
  for (auto& halo : all) halo.ra += 90;
  write(all);
  run(comm_, *stage);
  comm_.barrier();
  auto after = read();
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  for (std::size_t i = 0; i < before.size(); ++i)
    ASSERT_NEAR(after[i], before[i], 1e-5 * before[i] + 1e-13);
}

TEST_F(CatalogueSky, TakesAProfileByNumbers) {
  write(halos(20));
  auto const published = this->stage();
  auto const wanted = run(comm_, *published)->at("mean_y").get<double>();
  auto const numbers = this->stage(
      "[profile.b12]\nP0 = 18.1, 0.154, -0.758\nxc = 0.497, -0.00865, 0.731\n"
      "beta = 4.35, 0.0393, 0.415\n",
      {"sky.mine.profile=b12"});
  EXPECT_NEAR(run(comm_, *numbers)->at("mean_y").get<double>() / wanted, 1, 1e-12);
  auto const electrons = this->stage(
      "[profile.b12]\npressure = electron\nP0 = 18.1, 0.154, -0.758\n", {"sky.mine.profile=b12"});
  EXPECT_NEAR(run(comm_, *electrons)->at("mean_y").get<double>() / wanted,
              1 / units::electron_pressure_fraction_ionised, 1e-12);
}

TEST_F(CatalogueSky, TellsItsOriginInTheHeader) {
  write(halos(20));
  auto const stage = this->stage("", {"catalogue.mine.coordinates=galactic"});
  run(comm_, *stage);
  comm_.barrier();
  HealpixFile const map(scratch_ / "sky/mine/compton_y.fits");
  auto const& cards = map.cards();
  EXPECT_EQ(cards.at("COORDSYS"), "G");
  EXPECT_EQ(cards.at("CATFILE"), "halos.csv");
  EXPECT_EQ(cards.at("MDEF"), "200c");
  EXPECT_EQ(cards.at("PROFILE"), "battaglia2012");
  EXPECT_EQ(cards.at("NHALO"), "20");
  EXPECT_TRUE(map.data_sum_holds());
  comm_.barrier();
}

TEST_F(CatalogueSky, IsGivenAtFrequencies) {
  write(halos(5));
  auto const stage = this->stage("frequencies = 90, 220\nunit = uK_CMB\n");
  EXPECT_EQ(stage->record().outputs,
            (std::vector<std::string>{"compton_y.fits", "sky.json", "tsz_90ghz.fits",
                                      "tsz_220ghz.fits"}));
  run(comm_, *stage);
  comm_.barrier();
  HealpixFile const y(scratch_ / "sky/mine/compton_y.fits"),
      tsz(scratch_ / "sky/mine/tsz_90ghz.fits");
  EXPECT_EQ(tsz.cards().at("TUNIT1"), "uK_CMB");
  EXPECT_EQ(std::stod(tsz.cards().at("FREQ")), 90);
  auto const of_y = y.read({0, y.n_pixels()}), of_tsz = tsz.read({0, y.n_pixels()});
  for (std::size_t i = 0; i < of_y.size(); ++i) {
    float const wanted = of_y[i] * static_cast<float>(sz_response(SzUnit::uk_cmb, 90));
    ASSERT_NEAR(of_tsz[i], wanted, 1e-6 * std::abs(wanted));
  }
  comm_.barrier();
  EXPECT_TRUE(contains(error_of([&] { this->stage("frequencies = 90, 90\n"); }), "listed twice"));
}

/// An image that write_sky_image has written, row by row from the south.
std::vector<float> read_image(std::string const& path) {
  auto const head = read_fits_data_head(path);
  auto const bytes = test::file_bytes(path);
  std::vector<float> values;
  for (std::int64_t at = head.data_offset; at < head.data_offset + head.data_bytes; at += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + at, 4);
    values.push_back(std::bit_cast<float>(__builtin_bswap32(word)));
  }
  return values;
}

TEST_F(CatalogueSky, IsPaintedInPlateCarree) {
  auto all = halos(40);
  all.push_back({359.9, 20, 0.02, 3e14});  // across longitude 0
  all.push_back({120, 89.7, 0.02, 3e14});  // over the pole
  write(all);
  auto const stage = this->stage("", {}, "projection = car\nresolution = 60\n");
  auto const notes = run(comm_, *stage);
  ASSERT_TRUE(notes);
  auto const path = scratch_ / "sky/mine/compton_y.fits";
  comm_.barrier();
  auto const image = read_image(path);
  ASSERT_EQ(image.size(), 360U * 181U);
  double sum = 0;
  for (std::size_t row = 0; row < 181; ++row) {
    double const south = std::max(-90.5 + real(row), -90.0) * units::degree,
                 north = std::min(-89.5 + real(row), 90.0) * units::degree;
    for (std::size_t column = 0; column < 360; ++column)
      sum += units::degree * (std::sin(north) - std::sin(south)) * image[row * 360 + column];
  }
  EXPECT_NEAR(sum / notes->at("y_painted_sr").get<double>(), 1, 1e-5);
  // The same haloes in other pixels.
  comm_.barrier();
  auto const healpix = run(comm_, *this->stage());
  EXPECT_NEAR(healpix->at("y_painted_sr").get<double>() / notes->at("y_painted_sr").get<double>(),
              1, 1e-12);
  EXPECT_NEAR(healpix->at("mean_y").get<double>() / notes->at("mean_y").get<double>(), 1, 1e-9);
  // One rank, and a patch.
  auto const equal = [&](std::string const& pixels, std::size_t n_columns, std::size_t n_rows,
                         std::size_t first_column, std::size_t first_row) {
    if (!comm_.is_root()) return;
    run(Comm::self(), *this->stage("", {}, "projection = car\nresolution = 60\n" + pixels));
    auto const part = read_image(path);
    ASSERT_EQ(part.size(), n_columns * n_rows);
    for (std::size_t row = 0; row < n_rows; ++row)
      for (std::size_t column = 0; column < n_columns; ++column)
        ASSERT_EQ(part[row * n_columns + column],
                  image[(row + first_row) * 360 + column + first_column]);
  };
  comm_.barrier();
  equal("", 360, 181, 0, 0);
  equal("patch = -20, 30, 5, 90\n", 51, 86, 150, 95);  // columns fall from 180 degrees
  comm_.barrier();
}

TEST_F(CatalogueSky, IsPaintedOnAPlane) {
  bool const reads = comm_.is_root() && test::python_has("astropy");
  auto all = halos(300);
  all.push_back({250, 89.9, 0.02, 3e14});  // over the pole, where the image has it
  all.push_back({359.9, 80, 0.03, 3e14});  // across longitude 0
  all.push_back({10, 71.7, 0.02, 3e14});   // over the lower edge
  write(all);
  constexpr std::size_t n_columns = 120, n_rows = 80;
  constexpr double step = 0.25 * units::degree;
  auto const path = scratch_ / "sky/mine/compton_y.fits";
  for (std::string const projection : {"tan", "zea"}) {
    std::string const pixels =
        "projection = " + projection + "\ncentre = 10, 82\nsize = 30, 20\nresolution = 15\n";
    auto const stage = this->stage("", {}, pixels);
    auto const notes = run(comm_, *stage);
    ASSERT_TRUE(notes);
    EXPECT_LT(notes->at("n_halos"), 40);
    EXPECT_GT(notes->at("n_halos"), 3);
    EXPECT_LT(notes->at("sum_rule_residual").get<double>(), 1e-9);
    comm_.barrier();
    auto const image = read_image(path);
    auto const cards = read_fits_data_head(path).cards;
    comm_.barrier();
    EXPECT_EQ(cards.at("CTYPE1"), projection == "tan" ? "RA---TAN" : "RA---ZEA");
    ASSERT_EQ(image.size(), n_columns * n_rows);
    // Of a rectangle between the middle and a corner.
    auto const area = [&](double x, double y) {
      return projection == "zea" ? x * y : std::atan2(x * y, std::sqrt(1 + x * x + y * y));
    };
    double sum = 0;
    for (std::size_t row = 0; row < n_rows; ++row) {
      for (std::size_t column = 0; column < n_columns; ++column) {
        double const x = (real(column) - 60) * step, y = (real(row) - 40) * step;
        sum += image[row * n_columns + column] *
               (area(x + step, y + step) - area(x, y + step) - area(x + step, y) + area(x, y));
      }
    }
    EXPECT_NEAR(sum / notes->at("y_painted_sr").get<double>(), 1, 1e-6);
    // One rank, and one that goes on after a stop.
    double const few = 3e-6 * sizeof(HaloImage) * 10;
    EXPECT_FALSE(run(comm_, *stage, 1, few));
    if (!comm_.is_root()) continue;
    ASSERT_TRUE(run(Comm::self(), *stage, 0, few));
    EXPECT_EQ(read_image(path), image);
    ASSERT_TRUE(run(Comm::self(), *stage));
    EXPECT_EQ(read_image(path), image);
    if (!reads) continue;
    auto const script = concat(
        "import numpy as np; from astropy.io import fits; from astropy.wcs import WCS\n"
        "hdu = fits.open('",
        path,
        "', checksum=True)[0]\n"
        "for ra, dec in ((250, 89.9), (359.9, 80)):\n"
        "  x, y = WCS(hdu.header).wcs_world2pix(ra, dec, 0)\n"
        "  i, j = int(round(float(y))), int(round(float(x)))\n"
        "  near = hdu.data[i - 6:i + 7, j - 6:j + 7]\n"
        "  assert hdu.data[i, j] == near.max() > 10 * np.median(near), near\n");
    EXPECT_TRUE(test::python_passes(script, "error"));
  }
  comm_.barrier();
  // Not before: other ranks paint on.
  if (comm_.is_root() && !reads) GTEST_SKIP() << "python3 has no astropy";
}

TEST_F(CatalogueSky, IsPaintedInPartAsHealpyReadsIt) {
  write(halos(300));
  auto const whole = this->stage();
  run(comm_, *whole);
  comm_.barrier();
  HealpixFile const map(scratch_ / "sky/mine/compton_y.fits");
  auto const all = map.read({0, map.n_pixels()});
  std::ofstream(scratch_ / concat("all", comm_.rank(), ".txt")) << [&] {
    std::ostringstream text;
    text.precision(9);
    for (float const value : all) text << value << '\n';
    return text.str();
  }();
  comm_.barrier();
  auto const cap = this->stage("cap = 350, 40, 25\n", {}, "nside = 64\n");
  auto const notes = run(comm_, *cap);
  ASSERT_TRUE(notes);
  EXPECT_LT(notes->at("n_halos"), 60);  // 5% of the sky
  EXPECT_GT(notes->at("n_halos"), 5);
  comm_.barrier();
  if (comm_.is_root()) {
    if (!test::python_has("healpy")) GTEST_SKIP() << "python3 has no healpy";
    auto const script = concat(
        "import healpy, numpy as np; from astropy.io import fits; path = '",
        scratch_ / "sky/mine/compton_y.fits",
        "'; [hdu.data for hdu in fits.open(path, checksum=True)]; "
        "m = healpy.read_map(path, partial=True, dtype=np.float32); a = np.loadtxt('",
        scratch_ / "all0.txt",
        "').astype('f4'); inside = healpy.query_disc(64, healpy.ang2vec(350, 40, lonlat=True), "
        "np.radians(25)); seen = np.flatnonzero(m != healpy.UNSEEN); "
        "assert np.array_equal(seen, np.sort(inside)); assert np.array_equal(m[seen], a[seen]); "
        "assert (m[seen] > 0).sum() > 20");
    EXPECT_TRUE(test::python_passes(script, "ignore"));
  }
}

TEST_F(CatalogueSky, IsPaintedInAPolygonAsHealpyHasIt) {
  bool const reads = comm_.is_root() && test::python_has("healpy");
  write(halos(300));
  auto const whole = this->stage();
  run(comm_, *whole);
  comm_.barrier();
  HealpixFile const map(scratch_ / "sky/mine/compton_y.fits");
  auto const all = map.read({0, map.n_pixels()});
  std::ofstream out(scratch_ / concat("all", comm_.rank(), ".txt"));
  out.precision(9);
  for (float const value : all) out << value << '\n';
  out.close();
  // Across longitude 0, with an edge that rings cross twice; an octant; at the south pole.
  for (std::string const corners : {"330, 20, 15, 15, 40, 20, 10, 75", "0.1, 0.1, 90.1, 0.1, 0, 90",
                                    "10, -60, 130, -55, 250, -65"}) {
    comm_.barrier();
    auto const polygon = this->stage("polygon = " + corners + "\n", {}, "nside = 64\n");
    auto const notes = run(comm_, *polygon);
    ASSERT_TRUE(notes);
    EXPECT_LT(notes->at("n_halos"), 100);
    EXPECT_LT(notes->at("sum_rule_residual").get<double>(), 1e-9);
    comm_.barrier();
    if (!reads) continue;
    auto const script = concat(
        "import healpy, numpy as np, json; from astropy.io import fits; path = '",
        scratch_ / "sky/mine/compton_y.fits",
        "'; [hdu.data for hdu in fits.open(path, checksum=True)]; "
        "m = healpy.read_map(path, partial=True, dtype=np.float32); a = np.loadtxt('",
        scratch_ / "all0.txt", "').astype('f4'); c = np.array([", corners,
        "]); inside = healpy.query_polygon(64, healpy.ang2vec(c[::2], c[1::2], lonlat=True)); "
        "seen = np.flatnonzero(m != healpy.UNSEEN); assert np.array_equal(seen, np.sort(inside)); "
        "assert np.array_equal(m[seen], a[seen]); assert (m[seen] > 0).sum() > 2; "
        "mean = json.load(open('",
        scratch_ / "sky/mine/sky.json",
        "'))['mean_y']; assert abs(mean / a[seen].mean(dtype='f8') - 1) < 1e-6");
    EXPECT_TRUE(test::python_passes(script, "ignore")) << corners;
  }
  // Not before: other ranks paint on.
  if (comm_.is_root() && !reads) GTEST_SKIP() << "python3 has no healpy";
}

TEST_F(CatalogueSky, RefusesAPolygonThatIsNotConvex) {
  write(halos(3));
  auto const error = [&](std::string const& corners) {
    return error_of([&] { this->stage("polygon = " + corners + "\n", {}, "nside = 64\n"); });
  };
  EXPECT_TRUE(contains(error("0, 0, 20, 0, 5, 5, 0, 20"), "not those of a convex polygon"));
  EXPECT_TRUE(contains(error("0, 0, 20, 20, 20, 0, 0, 20"), "not those of a convex polygon"));
  EXPECT_TRUE(contains(error("0, 0, 120, 0, 240, 0"), "not those of a convex polygon"));
  EXPECT_TRUE(contains(error("0, 0, 20, 0, 20"), "wanted longitude and latitude"));
  EXPECT_TRUE(contains(error("0, 0, 20, 0, 5, 95"), "latitude 95"));
}

TEST_F(CatalogueSky, IsSpreadByATabulatedBeam) {
  write(halos(300));
  double const fwhm = 5 * 55 * units::arcmin, sigma = fwhm / std::sqrt(8 * std::log(2.0));
  if (comm_.is_root()) {
    std::ofstream out(scratch_ / "beam.txt");
    out << "# l B_l\n";
    for (int l = 0; l < 400; ++l)
      out << l << ' ' << std::exp(-l * (l + 1) * sigma * sigma / 2) << '\n';
  }
  comm_.barrier();
  auto const pixels_of = [&](std::string const& more) {
    auto const stage = this->stage(more);
    EXPECT_TRUE(run(comm_, *stage));
    comm_.barrier();
    HealpixFile const map(scratch_ / "sky/mine/compton_y.fits");
    auto pixels = map.read({0, map.n_pixels()});
    if (!contains(more, "beam_file")) return pixels;
    EXPECT_EQ(map.cards().at("BEAMFILE"), "beam.txt");
    EXPECT_NEAR(std::stod(map.cards().at("BEAMFWHM")) / (5 * 55), 1, 0.03);
    comm_.barrier();
    return pixels;
  };
  // The same Gaussian on each profile.
  auto const profiles = pixels_of(concat("beam_fwhm = ", 5 * 55, "\n"));
  auto const table = pixels_of("beam_file = " + scratch_ / "beam.txt" + "\n");
  auto const without = pixels_of("");
  double sum = 0, of_table = 0, difference = 0, spread_by = 0;
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    sum += without[i];
    of_table += table[i];
    difference += std::abs(table[i] - profiles[i]);
    spread_by += std::abs(table[i] - without[i]);
  }
  EXPECT_NEAR(of_table / sum, 1, 1e-6);
  // A halo is spread from the centre of its pixel: at most half a pixel of five to the side.
  EXPECT_LT(difference, 0.12 * sum);
  EXPECT_GT(spread_by, sum);
  auto const error = [&](std::string const& more) { return error_of([&] { this->stage(more); }); };
  EXPECT_TRUE(contains(error("beam_fwhm = 300\nbeam_file = b.txt\n"), "both set"));
}

TEST_F(CatalogueSky, RefusesKeysOfAnotherProjection) {
  write(halos(1));
  auto const error = [&](std::string const& pixels) {
    return error_of([&] { stage("", {}, pixels); });
  };
  EXPECT_TRUE(contains(error("projection = car\nnside = 64\n"), "set resolution (arcmin)"));
  EXPECT_TRUE(contains(error("resolution = 6\n"), "is a key for projection = car"));
  EXPECT_TRUE(contains(error("projection = car\nspectrum_nside = 64\n"),
                       "HEALPix maps of the full sky only"));
  EXPECT_TRUE(contains(error("patch = 0, 90, 0, 90\nspectrum_nside = 64\n"),
                       "HEALPix maps of the full sky only"));
  EXPECT_TRUE(contains(error("projection = car\nresolution = 7\n"), "whole number"));
  EXPECT_TRUE(contains(error("patch = 10, 0, 0, 90\n"), "must grow"));
  EXPECT_TRUE(contains(error("centre = 10, 0\n"), "centre is a key of flat images"));
  EXPECT_TRUE(contains(error("projection = car\nsize = 10, 10\n"), "size is a key of flat images"));
  EXPECT_TRUE(contains(error("projection = tan\ncentre = 10, 0\n"), "centre has 2 and size 0"));
  EXPECT_TRUE(contains(error("projection = zea\nnside = 64\ncentre = 10, 0\nsize = 5, 5\n"),
                       "set resolution (arcmin)"));
  EXPECT_TRUE(contains(error("projection = zea\ncentre = 10, 0\nsize = 5, 5\ncap = 0, 0, 5\n"),
                       "cap is a key of other maps"));
  EXPECT_TRUE(contains(error("projection = tan\ncentre = 10, 91\nsize = 5, 5\n"), "latitude 91"));
  EXPECT_TRUE(contains(error("projection = tan\ncentre = 10, 0\nsize = 150, 150\n"), "at most 60"));
  EXPECT_TRUE(contains(error("cap = 10, 45.001, 0.001\n"), "holds no centre of a pixel"));
}

TEST_F(CatalogueSky, SaysWhatDoesNotFit) {
  write(halos(5));
  EXPECT_TRUE(contains(error_of([&] { stage("", {"sky.mine.profile=fit"}); }),
                       "profile = fit is a fit to the gas of a snapshot"));
  EXPECT_TRUE(contains(error_of([&] { stage("observer = 0, 0, 0\n"); }),
                       "[sky.mine] observer is a key for snapshots, but the map shows "
                       "[catalogue.mine]"));
  EXPECT_TRUE(contains(error_of([&] { stage("", {"sky.mine.catalogue=mien"}); }),
                       "there is no [catalogue.mien]; the nearest one is mine"));
  EXPECT_TRUE(contains(error_of([&] { stage("", {"sky.mine.model=net"}); }),
                       "haloes of a catalogue have profiles"));
  EXPECT_TRUE(contains(error_of([&] { run(comm_, *stage("", {"catalogue.mine.mass_min=1e16"})); }),
                       "78 none of the 5 haloes of [catalogue.mine] lies within"));
}

}  // namespace
}  // namespace setsz
