// SPDX-License-Identifier: BSD-3-Clause
// Images on a plane around a direction: gnomonic and zenithal equal-area.
#include "stages/sky/flat_rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
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
/// Poles, longitude 0, and anywhere.
Place const middles[] = {{"longitude 0", 0.3, 5},
                         {"north pole", 30, 90},
                         {"beside the south pole", 200, -89},
                         {"anywhere", 131, -37}};
FlatProjection const projections[] = {FlatProjection::gnomonic, FlatProjection::equal_area};

FlatRows rows_around(FlatProjection projection, Place const& place, double pixel_deg,
                     std::int64_t n_columns, std::int64_t n_rows) {
  return {
      projection, place.longitude * degree, place.latitude * degree, pixel_deg * degree, n_columns,
      n_rows};
}

/// The direction at some distance [rad] from another one, at a position angle (north to east).
/// \source spherical trigonometry
Vec3 around(Place const& place, double distance, double position_angle) {
  double const b0 = place.latitude * degree, l0 = place.longitude * degree;
  double const up = std::sin(distance) * std::cos(position_angle), out = std::cos(distance);
  double const l = l0 + std::atan2(std::sin(distance) * std::sin(position_angle),
                                   std::cos(b0) * out - std::sin(b0) * up);
  double const sine = std::sin(b0) * out + std::cos(b0) * up;
  double const cosine = std::hypot(std::sin(distance) * std::sin(position_angle),
                                   std::cos(b0) * out - std::sin(b0) * up);
  return {cosine * std::cos(l), cosine * std::sin(l), sine};
}

/// Where a point of the plane lies, by the definition of the projection.
Vec3 on_sky(FlatProjection projection, Place const& place, double x, double y) {
  double const r = std::hypot(x, y);
  double const distance =
      projection == FlatProjection::gnomonic ? std::atan(r) : 2 * std::asin(r / 2);
  return around(place, distance, std::atan2(x, y));
}

/// Solid angle of a rectangle from the middle of a gnomonic plane to a point.
double gnomonic_quadrant(double x, double y) {
  return std::atan2(x * y, std::sqrt(1 + x * x + y * y));
}

TEST(FlatRows, LieWhereTheProjectionSays) {
  for (auto const projection : projections) {
    for (auto const& place : middles) {
      auto const rows = rows_around(projection, place, 1, 40, 25);
      Range const image = rows.rows(0), columns = rows.columns(0);
      EXPECT_EQ(image.size(), 25);
      EXPECT_EQ(columns.size(), 40);
      RingGeometry const geometry(rows);
      for (std::int64_t row = image.first; row < image.last; ++row) {
        geometry.for_each_direction(row, {0.2, -0.3}, columns, [&](std::int64_t k, Vec3 const& at) {
          double const x = (real(k) - 0.3 - 19.5) * degree;
          double const y = (12.0 - (real(row - image.first) + 0.2)) * degree;
          ASSERT_LT(norm(at - on_sky(projection, place, x, y)), 1e-12) << place.name;
          auto const pixel = rows.pixel_at(at);
          EXPECT_EQ(pixel.ring, row) << place.name;
          EXPECT_EQ(pixel.in_ring, k) << place.name;
        });
      }
    }
  }
}

TEST(FlatRows, KnowTheSolidAnglesOfPixels) {
  auto const gnomonic = rows_around(FlatProjection::gnomonic, middles[0], 2, 40, 20);
  for (std::int64_t const k : {0, 3, 19, 39}) {
    double const x0 = (real(k) - 20) * 2 * degree, x1 = x0 + 2 * degree, y0 = 18 * degree,
                 y1 = 20 * degree;
    double const known = gnomonic_quadrant(x1, y1) - gnomonic_quadrant(x0, y1) -
                         gnomonic_quadrant(x1, y0) + gnomonic_quadrant(x0, y0);
    EXPECT_NEAR(gnomonic.solid_angle(gnomonic.rows(0).first, k) / known, 1, 1e-9);
  }
  auto const equal = rows_around(FlatProjection::equal_area, middles[0], 2, 40, 20);
  EXPECT_DOUBLE_EQ(equal.solid_angle(equal.rows(0).first, 0), 4 * degree * degree);
}

TEST(FlatRows, FindAllPixelsOfADisc) {
  for (auto const projection : projections) {
    Place const place = middles[3];
    double const largest = FlatRows::largest_angle(projection);
    auto const rows = rows_around(projection, place, 1.5, 70, 70);
    RingGeometry const geometry(rows);
    std::int64_t n = 0, n_found = 0;
    for (double const distance : {0.0, 0.02, 0.3, 0.7, 0.95 * largest}) {
      for (double const angle : {0.01, 0.1, 0.25}) {
        Vec3 const centre = around(place, distance, 10 * distance + angle);
        SkyDisc const disc(geometry, SkyDirection(centre), angle);
        Range const near = disc.rings();
        for (std::int64_t row = 1; row <= rows.n_rings(); ++row) {
          Range const found = disc.pixels_of(row);
          if (near.contains(row)) n_found += std::max<std::int64_t>(0, found.size());
          geometry.for_each_direction(row, {}, {-100, 170}, [&](std::int64_t k, Vec3 const& at) {
            if (dot(at, rows.plane().middle) < 0.3 || dot(at, centre) < std::cos(angle)) return;
            ++n;
            EXPECT_TRUE(near.contains(row) && found.contains(k))
                << "at " << distance << ", " << angle;
          });
        }
        EXPECT_TRUE(disc.is_whole());
      }
    }
    EXPECT_LT(real(n_found), 1.6 * real(n));
    // Beyond the plane there is nothing, and its last row stands for it.
    SkyDisc const behind(geometry, SkyDirection(-rows.plane().middle), 0.1);
    EXPECT_LE(behind.rings().size(), 0);
    EXPECT_FALSE(behind.is_whole());
    SkyGrid const grid(geometry);
    EXPECT_FALSE(grid.has(rows.pixel_at(-rows.plane().middle)));
    EXPECT_FALSE(grid.may_meet(-rows.plane().middle, 0.1));
  }
}

SkyHalo halo_at(Vec3 const& direction, RingGeometry const& rows, double r200_per_pixel) {
  return {r200 / (r200_per_pixel * rows.pixel_size()) * direction, r200, 1e-8};
}

struct Patch {
  explicit Patch(FlatRows const& rows)
      : geometry(rows),
        grid(geometry),
        map(grid, grid.rings().first, grid.rings().last),
        painter(map) {}
  RingGeometry geometry;
  SkyGrid grid;
  RingMap map;
  SkyPainter painter;
  double sum() const { return sum_of(map.values()); }
  void clear() { std::ranges::fill(map.values(), 0.0); }
};

SparseCube round_cube() {
  std::int64_t const n = 16;
  double const edge = 5 * r200;
  std::vector<float> values;
  for (std::int64_t i = 0; i < n * n * n; ++i) {
    auto const at = [&](std::int64_t k) { return (real(k % n) + 0.5 - 0.5 * real(n)) * edge / n; };
    Vec3 const p{at(i / n / n), at(i / n), at(i)};
    values.push_back(norm(p) < 2 * r200 ? single(std::exp(-norm(p - Vec3{90, -60, 120}) / 300))
                                        : 0.0F);
  }
  return SparseCube(values, n, edge);
}

class FlatSum : public ::testing::TestWithParam<double> {};

TEST_P(FlatSum, IsThatOfTheHalo) {
  double const per_pixel = GetParam();
  std::vector<Neighbour> const neighbours = {{{1100, 300, -200}, 700, 3}};
  SparseCube const cube = round_cube();
  for (auto const projection : projections) {
    for (auto const& place : middles) {
      Patch patch(rows_around(projection, place, 0.2, 500, 400));
      RingGeometry const healpix(512);
      RingMap other(healpix, 1, healpix.n_rings() + 1);
      SkyPainter other_painter(other);
      for (double const distance : {0.0, 0.11, 0.3}) {
        SkyHalo const halo =
            halo_at(around(place, distance, 3 * distance + 1), patch.geometry, per_pixel);
        if (!SkyPainter::is_outside(norm(halo.position), 4 * r200)) continue;
        if (distance > 0.2 && per_pixel > 10) continue;  // not within the image
        double const known = known_integral(halo);
        patch.clear();
        auto const free = patch.painter.paint(fill_family(), mass, halo, Claims::on_fill({}));
        EXPECT_NEAR(patch.sum() / known, 1, 1e-5) << place.name;
        EXPECT_NEAR(free.painted / patch.sum(), 1, 1e-11) << place.name;
        EXPECT_LT(free.sampling_error.value_or(0), 0.02) << place.name;
        patch.clear();
        auto const claimed =
            patch.painter.paint(fill_family(), mass, halo, Claims::on_fill(neighbours));
        auto const wanted =
            other_painter.paint(fill_family(), mass, halo, Claims::on_fill(neighbours));
        EXPECT_GT(claimed.removed, 0.01 * known) << place.name;
        EXPECT_NEAR(patch.sum() / wanted.painted, 1, 1e-3) << place.name;
        EXPECT_NEAR(claimed.painted + claimed.removed, known, 1e-5 * known) << place.name;
        patch.clear();
        auto const of_cube = patch.painter.paint(cube, halo, Claims::on_cluster(r200, 0, {}));
        double voxels = 0;
        for_each_part(cube, 4, [&](Vec3 const& offset, double pv) {
          voxels += halo.weight * pv / norm2(halo.position + offset);
        });
        EXPECT_NEAR(patch.sum() / voxels, 1, 1e-4) << place.name;
        EXPECT_LT(of_cube.sampling_error.value_or(0), 0.01) << place.name;
      }
    }
  }
}
INSTANTIATE_TEST_SUITE_P(PixelsPerRadius, FlatSum, ::testing::Values(0.01, 0.1, 1.0, 10.0, 30.0));

/// The mean over a pixel, by brute force: many lines of sight, equally spaced in the plane, each
/// with its solid angle.
double mean_over_pixel(FlatRows const& rows, Place const& place, double x, double y,
                       std::function<double(Vec3 const&)> const& brightness) {
  constexpr int n = 40;
  double const pixel = rows.pixel_size();
  double sum = 0, sr = 0;
  for (int i = 0; i < n * n; ++i) {
    double const at_x = x + ((i % n + 0.5) / n - 0.5) * pixel;
    double const at_y = y + ((i / n + 0.5) / n - 0.5) * pixel;
    auto const projection = rows.plane().projection;
    double const weight =
        projection == FlatProjection::gnomonic ? std::pow(1 + at_x * at_x + at_y * at_y, -1.5) : 1;
    sum += weight * brightness(on_sky(projection, place, at_x, at_y));
    sr += weight;
  }
  return sum / sr;
}

TEST(FlatMap, HoldsMeansOverPixels) {
  std::vector<double> projected(ProfileFamily::table_size);
  fill_family().projected(mass, projected);
  for (auto const projection : projections) {
    for (auto const& place : middles) {
      Patch patch(rows_around(projection, place, 0.4, 160, 120));
      auto const& rows = *patch.geometry.flat();
      for (double const per_pixel : {0.3, 1.0, 4.0}) {
        for (double const distance : {0.003, 0.32}) {  // 18 degrees off: pixels are 10% shorter
          SkyHalo const halo =
              halo_at(around(place, distance, 1 + per_pixel), patch.geometry, per_pixel);
          auto const brightness = [&](Vec3 const& line) {
            double const place_in =
                norm(cross(halo.position, line)) / (4 * r200) * ProfileFamily::n_nodes;
            if (dot(halo.position, line) < 0 || place_in >= ProfileFamily::n_nodes) return 0.0;
            auto const i = static_cast<std::size_t>(place_in);
            double const t = place_in - real(i);
            return halo.weight * r200 * ((1 - t) * projected[i] + t * projected[i + 1]);
          };
          patch.clear();
          patch.painter.paint(fill_family(), mass, halo, Claims::on_fill({}));
          double difference = 0, sum = 0, peak = 0, at_peak = 0;
          for (std::int64_t row = patch.grid.rings().first; row < patch.grid.rings().last; ++row) {
            auto const values = patch.map.ring(row);
            for (std::int64_t k = 0; k < std::ssize(values); ++k) {
              if (values[k] == 0) continue;
              double const x = (real(k) - 79.5) * rows.pixel_size();
              double const y = (59.5 - real(row - patch.grid.rings().first)) * rows.pixel_size();
              double const sr = rows.solid_angle(row, k);
              double const mean = mean_over_pixel(rows, place, x, y, brightness) * sr;
              difference += std::abs(values[k] - mean);
              sum += mean;
              if (mean > peak) at_peak = values[k] / mean;
              peak = std::max(peak, mean);
            }
          }
          EXPECT_LT(difference, (per_pixel < 1 ? 0.02 : 0.01) * sum)
              << place.name << ", R200 of " << per_pixel << " pixels";
          EXPECT_NEAR(at_peak, 1, 0.01) << place.name << ", R200 of " << per_pixel << " pixels";
        }
      }
    }
  }
}

TEST(FlatMap, CutsHaloesAtItsEdge) {
  for (auto const projection : projections) {
    for (auto const& place : middles) {
      Patch small(rows_around(projection, place, 0.3, 40, 30)),
          large(rows_around(projection, place, 0.3, 160, 130));
      for (double const per_pixel : {0.03, 0.5, 6.0}) {
        for (double const angle : {0.0, 1.5, 2.2, 4.7}) {
          SkyHalo const halo =
              halo_at(around(place, 4.4 * degree, angle), small.geometry, per_pixel);
          small.clear();
          large.clear();
          auto const part = small.painter.paint(fill_family(), mass, halo, Claims::on_fill({}));
          large.painter.paint(fill_family(), mass, halo, Claims::on_fill({}));
          double const peak = *std::ranges::max_element(large.map.values());
          EXPECT_NEAR(part.painted, small.sum(), 1e-11 * large.sum());
          for (std::int64_t row = 0; row < 30; ++row)
            for (std::int64_t k = 0; k < 40; ++k)
              ASSERT_NEAR(small.map.ring(small.grid.rings().first + row)[k],
                          large.map.ring(large.grid.rings().first + 50 + row)[k + 60], 1e-4 * peak)
                  << place.name;
        }
      }
    }
  }
}

TEST(FlatMap, ShowsTheNearSideOfAHaloThatLeavesThePlane) {
  for (auto const projection : projections) {
    Patch patch(rows_around(projection, middles[0], 1, 60, 50));
    double const scale = 1 / std::sin(50 * degree);  // of the halo's edge
    Vec3 const position = 4 * r200 * scale * around(middles[0], 30 * degree, 1);
    patch.painter.paint(fill_family(), mass, {position, r200, 1e-8}, Claims::on_fill({}));
    RingGeometry const healpix(256);
    RingMap map(healpix, 1, healpix.n_rings() + 1);
    SkyPainter(map).paint(fill_family(), mass, {position, r200, 1e-8}, Claims::on_fill({}));
    // The same signal in the same pixels of the sky, by the centres of those of HEALPix.
    double sum = 0;
    for (std::int64_t ring = 1; ring <= healpix.n_rings(); ++ring)
      healpix.for_each_direction(ring, {}, {0, healpix.pixels_in(ring)},
                                 [&](std::int64_t k, Vec3 const& at) {
                                   if (patch.grid.has(patch.geometry.flat()->pixel_at(at)))
                                     sum += map.ring(ring)[k];
                                 });
    EXPECT_NEAR(patch.sum() / sum, 1, 3e-3);
  }
}

TEST(FlatMap, LeavesOutHaloesThatItDoesNotShow) {
  Place const place = middles[3];
  SkyCanvas const canvas(
      SkyGrid(RingGeometry(rows_around(FlatProjection::gnomonic, place, 0.1, 200, 20))), 0, 1);
  auto const touched = [&](double distance_deg, double position_angle_deg) {
    Vec3 const at = 100 * around(place, distance_deg * degree, position_angle_deg * degree);
    return canvas.touched(at, 1).size();  // 0.57 degrees
  };
  EXPECT_GT(touched(0, 0), 0);
  EXPECT_GT(touched(9, 90), 0);
  EXPECT_GT(touched(10.3, 90), 0);
  EXPECT_EQ(touched(12, 90), 0);
  EXPECT_GT(touched(1.3, 0), 0);
  EXPECT_EQ(touched(2.5, 0), 0);
  EXPECT_EQ(touched(180, 0), 0);
}

}  // namespace
}  // namespace setsz
