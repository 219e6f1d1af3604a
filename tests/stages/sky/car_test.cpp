// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/car_rings.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "stages/sky/sky_canvas.hpp"
#include "tests/stages/sky/fill_profile.hpp"

namespace setsz {
namespace {

using units::degree;

struct Place {
  char const* name;
  double longitude, latitude;
};
/// Poles, the rows beside them, longitudes 0 and 180, and anywhere.
Place const places[] = {{"equator at longitude 0", 0, 0},
                        {"longitude 180", 180.1, 20},
                        {"north pole", 0, 90},
                        {"beside the north pole", 77, 89.9},
                        {"south pole", 0, -90},
                        {"near the south pole", 301, -88.7},
                        {"longitude 0 in the north", 0.2, 60},
                        {"anywhere", 131, -37}};

SkyHalo halo_at(Place const& place, RingGeometry const& rings, double r200_per_pixel) {
  double const distance = r200 / (r200_per_pixel * rings.pixel_size());
  double const phi = place.longitude * degree, latitude = place.latitude * degree;
  Vec3 const direction{std::cos(latitude) * std::cos(phi), std::cos(latitude) * std::sin(phi),
                       std::sin(latitude)};
  return {distance * direction, r200, 1e-8};
}

TEST(CarRings, CoverTheSphere) {
  for (std::int64_t const n : {6, 72, 4320}) {
    CarRings const rings(n);
    double area = 0;
    for (std::int64_t ring = 1; ring <= rings.n_rings(); ++ring) {
      area += rings.pixel_area(ring) * real(n);
      // Edges are half a step from the latitude of the centre, and shared with the next ring.
      auto const south = rings.circle(ring, {0.5, 0});
      double const latitude = std::max(90 - (real(ring) - 0.5) * 360 / real(n), -90.0);
      EXPECT_NEAR(south.z, std::sin(latitude * degree), 1e-14);
      if (ring < rings.n_rings()) {
        EXPECT_NEAR(rings.circle(ring + 1, {-0.5, 0}).z, south.z, 1e-14);
      }
      auto const middle = rings.circle(ring, {});
      EXPECT_NEAR(middle.z * middle.z + middle.s * middle.s, 1, 1e-14);
      EXPECT_NEAR(rings.ring_at(std::atan2(middle.s, middle.z)), real(ring), 0.5);
    }
    EXPECT_NEAR(area / (4 * std::numbers::pi), 1, 1e-13);
  }
}

TEST(CarRings, FindThePixelThatHoldsADirection) {
  CarRings const rings(72);  // 5 degrees
  auto const at = [&](double longitude, double latitude) {
    return rings.pixel_at(std::sin(latitude * degree), std::cos(latitude * degree),
                          longitude * degree);
  };
  EXPECT_EQ(at(0, 90).ring, 1);
  EXPECT_EQ(at(0, 87.6).ring, 1);
  EXPECT_EQ(at(0, 87.4).ring, 2);
  EXPECT_EQ(at(0, -89).ring, 37);
  EXPECT_EQ(at(2.4, 0).in_ring, 0);
  EXPECT_EQ(at(2.6, 0).in_ring, 1);
  EXPECT_EQ(at(357.4, 0).in_ring, 71);
  EXPECT_EQ(at(357.6, 0).in_ring, 0);
  EXPECT_EQ(at(-2.6, 0).in_ring, 71);
}

class CarSum : public ::testing::TestWithParam<double> {};

TEST_P(CarSum, IsThatOfTheHaloAlsoWhereNeighboursTakeAPart) {
  double const per_pixel = GetParam();
  RingGeometry const rings(CarRings(1080)), healpix(256);
  RingMap map(rings, 1, rings.n_rings() + 1), other(healpix, 1, healpix.n_rings() + 1);
  SkyPainter painter(map), other_painter(other);
  std::vector<Neighbour> const neighbours = {{{1100, 300, -200}, 700, 3}};
  for (auto const& place : places) {
    SkyHalo const halo = halo_at(place, rings, per_pixel);
    if (!SkyPainter::is_outside(norm(halo.position), 4 * r200)) continue;
    double const known = known_integral(halo);
    std::ranges::fill(map.values(), 0.0);
    auto const free = painter.paint(fill_family(), mass, halo, Claims::on_fill({}));
    EXPECT_NEAR(sum_of(map.values()) / known, 1, 1e-5) << place.name;
    // In the middle of a pixel, all of its edges see the halo from afar.
    EXPECT_LT(free.sampling_error.value_or(0), 0.02) << place.name;
    for (double const value : map.values()) ASSERT_GE(value, 0);
    // What is left is known from the volumes, whatever the pixels.
    auto const wanted = other_painter.paint(fill_family(), mass, halo, Claims::on_fill(neighbours));
    std::ranges::fill(map.values(), 0.0);
    auto const claimed = painter.paint(fill_family(), mass, halo, Claims::on_fill(neighbours));
    EXPECT_GT(claimed.removed, 0.01 * known) << place.name;
    EXPECT_NEAR(sum_of(map.values()) / wanted.painted, 1, 1e-3) << place.name;
    EXPECT_NEAR(claimed.painted + claimed.removed, known, 1e-5 * known) << place.name;
  }
}
INSTANTIATE_TEST_SUITE_P(PixelsPerRadius, CarSum, ::testing::Values(0.01, 0.1, 1.0, 10.0, 40.0));

/// The mean over a pixel, by brute force: many lines of sight through equal parts of it.
double mean_over_pixel(RingGeometry const& rings, RingPixel const& pixel, SkyHalo const& halo,
                       std::span<double const> projected) {
  double const distance = norm(halo.position), node = 4 * r200 / ProfileFamily::n_nodes;
  Vec3 const to_halo = unit(halo.position);
  // Pixels near the poles are needles.
  double const width = rings.circle(pixel.ring, {}).s;
  int const n_b = std::max(2, static_cast<int>(40 * width)), n_a = 1600 / n_b;
  double sum = 0;
  for (int a = 0; a < n_a; ++a) {
    for (int b = 0; b < n_b; ++b) {
      PixelPart const part{(a + 0.5) / n_a - 0.5, (b + 0.5) / n_b - 0.5};
      auto const [z, s] = rings.circle(pixel.ring, part);
      rings.for_each_arc(pixel.ring, part, pixel.in_ring, pixel.in_ring + 1, [&](auto const& arc) {
        Vec3 const line{s * std::cos(arc.phi_first), s * std::sin(arc.phi_first), z};
        double const place = distance * norm(cross(to_halo, line)) / node;
        if (dot(to_halo, line) < 0 || place >= ProfileFamily::n_nodes) return;
        auto const i = static_cast<std::size_t>(place);
        double const t = place - real(i);
        sum += (1 - t) * projected[i] + t * projected[i + 1];
      });
    }
  }
  return halo.weight * r200 * sum / (n_a * n_b);
}

TEST(CarMap, HoldsMeansOverPixels) {
  RingGeometry const rings(CarRings(1080));
  RingMap map(rings, 1, rings.n_rings() + 1);
  SkyPainter painter(map);
  std::vector<double> projected(ProfileFamily::table_size);
  fill_family().projected(mass, projected);
  for (double const per_pixel : {0.3, 1.0, 4.0}) {
    for (auto const& place : places) {
      SkyHalo const halo = halo_at(place, rings, per_pixel);
      std::ranges::fill(map.values(), 0.0);
      painter.paint(fill_family(), mass, halo, Claims::on_fill({}));
      double difference = 0, sum = 0, peak = 0, at_peak = 0;
      auto const compare = [&](std::int64_t ring, std::int64_t k, double painted) {
        double const area = rings.pixel_area(ring);
        double const mean = mean_over_pixel(rings, {ring, k}, halo, projected) * area;
        difference += std::abs(painted - mean);
        sum += mean;
        if (mean / area > peak) at_peak = painted / mean;
        peak = std::max(peak, mean / area);
      };
      for (std::int64_t ring = 1; ring <= rings.n_rings(); ++ring) {
        std::int64_t const first = map.grid().pixels_of(ring).first;
        auto const row = map.ring(ring);
        // Some of the many pixels around a pole.
        auto const n_filled = std::ranges::count_if(row, [](double value) { return value > 0; });
        std::int64_t const stride = n_filled > 100 ? 41 : 1;
        for (std::int64_t i = 0; i < std::ssize(row); i += stride)
          if (row[i] > 0) compare(ring, first + i, row[i]);
      }
      // All edges of a pixel that holds all of a halo in its middle see it from afar: 1.3%.
      EXPECT_LT(difference, (per_pixel < 1 ? 0.02 : 0.01) * sum)
          << place.name << ", R200 of " << per_pixel << " pixels";
      EXPECT_NEAR(at_peak, 1, 0.01) << place.name << ", R200 of " << per_pixel << " pixels";
    }
  }
}

TEST(SkyGrid, ShowsThePixelsOfTheFullSkyInAPart) {
  std::vector<std::pair<RingGeometry, SkyGrid::Part>> const parts = {
      {RingGeometry(CarRings(720)), SkyPatch{-0.3, 0.5, 0.2, 2.0}},
      {RingGeometry(CarRings(720)), SkyPatch{2.9, 4.0, 1.0, std::numbers::pi}},
      {RingGeometry(CarRings(720)), SkyCap{unit(Vec3{1, -0.01, 0.3}), 0.4}},
      {RingGeometry(CarRings(720)), SkyCap{unit(Vec3{0.1, 0, 1}), 0.3}},
      {RingGeometry(CarRings(720)), SkyPolygon({{1, -0.2, -0.1}, {1, 0.3, 0.1}, {1, 0.1, 0.6}})},
      {RingGeometry(64), SkyPatch{-0.3, 0.5, 0.2, 2.0}},
      {RingGeometry(64), SkyPatch{0, std::numbers::pi / 2, 0, std::numbers::pi / 2}},
      {RingGeometry(64), SkyCap{unit(Vec3{1, -0.01, 0.3}), 0.4}},
      {RingGeometry(64), SkyCap{{0, 0, 1}, 0.1}}};
  for (auto const& [rings, part] : parts) {
    SkyGrid const grid(rings, part);
    RingMap whole(rings, 1, rings.n_rings() + 1),
        piece(grid, grid.rings().first, grid.rings().last);
    SkyPainter all(whole), some(piece);
    double inside = 0;
    for (auto const per_pixel : {0.02, 0.5, 8.0}) {
      for (auto const& place : places) {
        SkyHalo const halo = halo_at(place, rings, per_pixel);
        all.paint(fill_family(), mass, halo, Claims::on_fill({}));
        inside += some.paint(fill_family(), mass, halo, Claims::on_fill({})).painted;
      }
    }
    std::int64_t n = 0, n_shown = 0, n_filled = 0;
    for (std::int64_t ring = 1; ring <= rings.n_rings(); ++ring) {
      Range const held = grid.pixels_of(ring), of_whole = whole.grid().pixels_of(ring);
      auto const shown = grid.shown(ring);
      for (std::int64_t k = of_whole.first; k < of_whole.last; ++k) {
        if (!grid.has({ring, (k + rings.pixels_in(ring)) % rings.pixels_in(ring)})) continue;
        auto const place = static_cast<std::size_t>(piece.place_of(ring, k));
        double const value = piece.ring(ring)[place];
        n_shown += shown.empty() || shown[place] ? 1 : 0;
        ASSERT_EQ(value, whole.ring(ring)[k - of_whole.first]);
        n_filled += value > 0 ? 1 : 0;
        ++n;
      }
      EXPECT_LE(held.size(), rings.pixels_in(ring));
    }
    EXPECT_EQ(n_shown, grid.n_pixels());
    EXPECT_GE(n, n_shown);
    EXPECT_GT(n_filled, 3);
    EXPECT_NEAR(sum_of(piece.values()) / inside, 1, 1e-11);
    EXPECT_LT(sum_of(piece.values()), 0.99 * sum_of(whole.values()));
  }
}

TEST(SkyGrid, HoldsTheSmallestImageAroundAPartOfTheSky) {
  RingGeometry const rings(CarRings(360));
  Vec3 const pole = unit(Vec3{0.05, 0.02, 1}), anywhere = unit(Vec3{1, -0.05, -0.3});
  SkyPolygon const triangle({{1, -0.2, -0.1}, {1, 0.3, 0.1}, {1, 0.1, 0.6}}),
      around_pole({{1, 0, 2}, {-1, 1, 2}, {-1, -1, 2}});
  std::vector<std::pair<SkyGrid::Part, std::function<bool(Vec3 const&)>>> const parts = {
      {SkyCap{pole, 0.3}, [&](Vec3 const& at) { return norm(at - pole) < 2 * std::sin(0.15); }},
      {SkyCap{anywhere, 0.2},
       [&](Vec3 const& at) { return norm(at - anywhere) < 2 * std::sin(0.1); }},
      {triangle, [&](Vec3 const& at) { return triangle.contains(at); }},
      {around_pole, [&](Vec3 const& at) { return around_pole.contains(at); }}};
  for (auto const& [part, contains] : parts) {
    for (double const margin : {0.0, 0.1}) {
      SkyGrid const grid(rings, part, margin);
      auto const image = grid.image();
      std::int64_t n = 0;
      std::vector<bool> columns(360, false);
      for (std::int64_t ring = 1; ring <= rings.n_rings(); ++ring) {
        auto const shown = image.rings.contains(ring) ? grid.shown(ring) : std::vector<bool>{};
        bool any = false;
        rings.for_each_direction(ring, {}, {0, 360}, [&](std::int64_t k, Vec3 const& at) {
          std::int64_t const n_around = 360, held = grid.pixels_of(ring).first;
          auto const place =
              static_cast<std::size_t>(((k - held) % n_around + n_around) % n_around);
          bool const is_shown = place < shown.size() && shown[place];
          ASSERT_EQ(is_shown, contains(at)) << ring << ' ' << k;
          if (is_shown) columns[static_cast<std::size_t>(k)] = any = true;
          n += is_shown ? 1 : 0;
        });
        if (ring == image.rings.first || ring == image.rings.last - 1) {
          EXPECT_TRUE(any);
        }
      }
      EXPECT_EQ(n, grid.n_pixels());
      EXPECT_GT(n, 50);
      EXPECT_EQ(image.columns.size(), std::ranges::count(columns, true));
    }
  }
}

TEST(SkyGrid, LeavesOutHaloesThatItDoesNotShow) {
  SkyGrid const cap(RingGeometry(64), SkyCap{{1, 0, 0}, 0.2});
  SkyGrid const patch(RingGeometry(CarRings(720)), SkyPatch{-0.2, 0.2, 1.4, 1.7});
  for (auto const& grid : {cap, patch}) {
    SkyCanvas const canvas(grid, 0, 1);
    EXPECT_GT(canvas.touched({100, 0, 0}, 1).size(), 0);
    EXPECT_GT(canvas.touched({100, 23, 0}, 5).size(), 0);  // its rim
    EXPECT_EQ(canvas.touched({-100, 0, 0}, 1).size(), 0);
    EXPECT_EQ(canvas.touched({100, 60, 0}, 5).size(), 0);
    EXPECT_EQ(canvas.touched({1, 0, 100}, 5).size(), 0);
  }
}

}  // namespace
}  // namespace setsz
