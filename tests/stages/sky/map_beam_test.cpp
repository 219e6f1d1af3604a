// SPDX-License-Identifier: BSD-3-Clause
// Beams that spread a whole map.
#include "stages/sky/map_beam_work.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numbers>
#include <numeric>
#include <span>
#include <sstream>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "pipeline/base/units.hpp"
#include "stages/sky/sky_spectrum.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

constexpr std::int64_t nside = 32;
constexpr double pixel = 110 * units::arcmin;

std::vector<double> gaussian_window(double fwhm, int l_max) {
  double const sigma = fwhm / std::sqrt(8 * std::log(2.0));
  std::vector<double> window;
  for (int l = 0; l <= l_max; ++l) window.push_back(std::exp(-l * (l + 1.0) * sigma * sigma / 2));
  return window;
}

/// A few bright pixels, also at the poles and around longitude 0.
double source(std::int64_t ring, std::int64_t k) {
  Random random(3, Purpose::test, static_cast<std::uint64_t>(ring), static_cast<std::uint64_t>(k));
  bool const pole = ring == 1 || ring == 4 * nside - 1;
  return random.uniform() < (pole ? 0.5 : 0.02) ? random.uniform() - 0.3 : 0;
}

struct Pixel {
  Vec3 direction;
  double value, area;
};
std::vector<Pixel> pixels_of(SkyGrid const& grid) {
  std::vector<Pixel> all;
  auto const& geometry = grid.geometry();
  for (std::int64_t ring = grid.rings().first; ring < grid.rings().last; ++ring) {
    Range const held = grid.pixels_of(ring);
    auto const areas = geometry.solid_angles(ring, held);
    geometry.for_each_direction(ring, PixelPart{}, held, [&](std::int64_t k, Vec3 const& at) {
      all.push_back({at, source(ring, k), areas[std::size_t(k - held.first)]});
    });
  }
  return all;
}

std::vector<double> sources(SkyGrid const& grid) {
  std::vector<double> values;
  for (auto const& one : pixels_of(grid)) values.push_back(one.value);
  return values;
}

/// The spread map of all ranks.
std::vector<double> spread(Comm const& comm, SkyGrid const& grid, BeamKernel const& kernel,
                           std::vector<double> const& values) {
  SkyCanvas canvas(grid, comm.rank(), comm.size());
  auto& map = canvas.map();
  std::int64_t const first = comm.sum_before(std::ssize(map.values()));
  std::copy_n(values.begin() + first, map.values().size(), map.values().begin());
  MapBeam(comm, canvas, kernel).spread(map);
  return comm.all_gather_v(std::vector<double>(map.values().begin(), map.values().end()));
}

/// Every pixel to every other one.
std::vector<double> slow_spread(SkyGrid const& grid, double fwhm, double reach) {
  auto const all = pixels_of(grid);
  double const sigma = fwhm / std::sqrt(8 * std::log(2.0));
  std::vector<double> result(all.size(), 0.0), weights(all.size());
  for (auto const& [from, value, area] : all) {
    if (value == 0) continue;
    double sum = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      double const angle = 2 * std::asin(std::min(1.0, norm(all[i].direction - from) / 2));
      weights[i] = angle < reach ? all[i].area * std::exp(-angle * angle / (2 * sigma * sigma)) : 0;
      sum += weights[i];
    }
    for (std::size_t i = 0; i < all.size(); ++i) result[i] += value * weights[i] / sum;
  }
  return result;
}

/// HEALPix, plate carree, and planes with their middles far from the equator and at a pole.
std::vector<SkyGrid> grids() {
  using units::degree;
  FlatRows const gnomonic(FlatProjection::gnomonic, 1, 1.2, 2 * degree, 45, 30),
      equal_area(FlatProjection::equal_area, 1, std::numbers::pi / 2, 2 * degree, 30, 50),
      small(FlatProjection::gnomonic, 1, 1.5, 2 * degree, 12, 10);
  return {SkyGrid(RingGeometry(nside)), SkyGrid(RingGeometry(CarRings(120))),
          SkyGrid(RingGeometry(gnomonic)), SkyGrid(RingGeometry(equal_area)),
          // With a margin, the corners of which lie beyond the end of the plane.
          SkyGrid(RingGeometry(small), {}, 0.4)};
}

class AnyPixels : public ::testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(MapBeam, AnyPixels, ::testing::Values(0, 1, 2, 3, 4));

TEST_P(AnyPixels, AgreeWithASlowBeamAndKeepTheSum) {
  Comm const comm = Comm::world();
  SkyGrid const grid = grids()[GetParam()];
  auto const values = sources(grid);
  double const before = std::accumulate(values.begin(), values.end(), 0.0);
  for (double const fwhm : {2.2 * pixel, 5 * pixel}) {
    auto const kernel = BeamKernel::gaussian(fwhm);
    auto const fast = spread(comm, grid, kernel, values);
    auto const slow = slow_spread(grid, fwhm, kernel.reach());
    ASSERT_EQ(fast.size(), slow.size());
    double const peak = *std::max_element(slow.begin(), slow.end());
    for (std::size_t i = 0; i < slow.size(); ++i) ASSERT_NEAR(fast[i], slow[i], 1e-5 * peak) << i;
    EXPECT_NEAR(std::accumulate(fast.begin(), fast.end(), 0.0) / before, 1, 1e-12);
  }
}

TEST_P(AnyPixels, GetTheSameBitsOnAnyNumberOfRanks) {
  Comm const comm = Comm::world();
  SkyGrid const grid = grids()[GetParam()];
  auto const kernel = BeamKernel::gaussian(3 * pixel);
  auto const values = sources(grid);
  EXPECT_EQ(spread(comm, grid, kernel, values), spread(Comm::self(), grid, kernel, values));
}

TEST(MapBeam, MultipliesTheSpectrumWithItsWindow) {
  SkyGrid const grid{RingGeometry(nside)};
  Comm const comm = Comm::self();
  double const fwhm = 3 * pixel;
  // Smooth enough for the spectrum to be exact.
  auto const before = spread(comm, grid, BeamKernel::gaussian(2 * pixel), sources(grid));
  auto const window = gaussian_window(fwhm, 200);
  auto const c_l = angular_spectrum(before, nside, 2 * nside);
  for (auto const& kernel : {BeamKernel::gaussian(fwhm), BeamKernel::of_window(window)}) {
    auto const after = angular_spectrum(spread(comm, grid, kernel, before), nside, 2 * nside);
    for (std::size_t l = 1; l < 40; ++l) {
      // One l may happen to have little power.
      auto const near = std::span(c_l).subspan(l > 3 ? l - 3 : 1, 7);
      double const usual = std::accumulate(near.begin(), near.end(), 0.0) / 7;
      EXPECT_NEAR(after[l] / (window[l] * window[l]), c_l[l], 0.02 * usual) << l;
    }
  }
}

TEST(BeamKernel, OfAWindowIsTheBeamThatHasIt) {
  double const fwhm = 10 * units::arcmin;
  auto const exact = BeamKernel::gaussian(fwhm);
  auto const kernel = BeamKernel::of_window(gaussian_window(fwhm, 3500));
  EXPECT_NEAR(kernel.fwhm() / fwhm, 1, 0.02);
  EXPECT_GT(kernel.reach(), 1.4 * fwhm);
  EXPECT_LT(kernel.reach(), 3 * fwhm);
  for (double angle = 0; angle < kernel.reach(); angle += fwhm / 10) {
    double const chord2 = std::pow(2 * std::sin(angle / 2), 2);
    EXPECT_NEAR(kernel.at(chord2) / kernel.at(0), exact.at(chord2), 2e-3);
  }
}

TEST(BeamKernel, RefusesAWindowThatIsNoBeam) {
  EXPECT_THROW(BeamKernel::of_window(std::vector<double>{1, 0.5, 0.2, 0.001}), Error);
}

class BeamFile : public ::testing::Test {
 protected:
  std::vector<double> read(std::string const& text) {
    test::write_bytes(scratch_ / "beam.txt", text);
    return read_beam_window(scratch_ / "beam.txt");
  }
  std::string problem(std::string const& text) {
    try {
      read(text);
    } catch (Error const& error) {
      return error.what();
    }
    return "";
  }
  Comm comm_ = Comm::self();
  test::Scratch scratch_{comm_};
};

TEST_F(BeamFile, IsReadWithGapsAndCommentsAndNormalised) {
  EXPECT_EQ(read("# l B\n0 2\n1, 1.9\n\n3 1.5\n5 0.004\n"),
            (std::vector<double>{1, 0.95, 0.85, 0.75, 0.376, 0.002}));
  EXPECT_EQ(read("2 1\n3 0\n"), (std::vector<double>{1, 1, 1, 0}));
}

TEST_F(BeamFile, SaysWhatIsWrongWithIt) {
  EXPECT_NE(problem("0 1\n1 x\n").find("line 2: '1 x' is not l and B_l"), std::string::npos);
  EXPECT_NE(problem("0 1\n2 0.5\n2 0.1\n").find("line 3: l = 2"), std::string::npos);
  EXPECT_NE(problem("0 1\n100 0.5\n").find("ends at l = 100, where B_l is 0.5"), std::string::npos);
  EXPECT_NE(problem("10 1\n100 0\n").find("begins at l = 0 to 2"), std::string::npos);
  EXPECT_NE(problem("# nothing\n").find("has several l"), std::string::npos);
  try {
    read_beam_window("/nowhere/beam.txt");
    FAIL();
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::missing_input);
  }
}

}  // namespace
}  // namespace setsz
