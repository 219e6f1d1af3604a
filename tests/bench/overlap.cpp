// SPDX-License-Identifier: BSD-3-Clause
// Ball-voxel overlaps per second of one core, beside general methods on the same balls:
//   slices   one voxel at a time: exact area of disc and rectangle, 1-d tanh-sinh over the slices
//   samples  one voxel at a time: m^3 sample points (not of equal accuracy: it cannot be)
#include "stages/common/overlap.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <numbers>
#include <vector>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "tests/stages/voxelize/slow_overlap.hpp"

using namespace setsz;

namespace {

constexpr std::int64_t n_voxels = 64;
constexpr double unit_ball = 4 * std::numbers::pi / 3;

struct Ball {
  Vec3 centre;
  double radius;
};

double cpu_seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return real(now.tv_sec) + 1e-9 * real(now.tv_nsec);
}

std::vector<Ball> balls(double radius, std::size_t count) {
  std::vector<Ball> all(count);
  Random random(1, Purpose::test);
  for (auto& ball : all) {
    for (std::size_t d = 0; d < 3; ++d)
      ball.centre[d] = radius + (n_voxels - 2 * radius) * random.uniform();
    ball.radius = radius;
  }
  return all;
}

/// Area of {disc of radius s at the origin, y > a, z > b}.
double quadrant(double s, double a, double b) {
  auto const above = [&](double u) {  // integral of sqrt(s^2 - y^2) from y = u to s
    u = std::clamp(u, -s, s);
    return (s * s * std::acos(u / s) - u * std::sqrt(s * s - u * u)) / 2;
  };
  if (b >= s || a >= s) return 0;
  if (b <= -s) return 2 * above(a);
  double const edge = std::sqrt(s * s - b * b);
  double const from = std::clamp(a, -edge, edge);
  double area = above(from) - above(edge) - b * (edge - from);
  if (b < 0) area += 2 * (above(edge) + (a < -edge ? above(std::max(a, -s)) - above(-edge) : 0));
  return area;
}

double by_slices(double radius, Vec3 const& low, Vec3 const& high) {
  auto const area = [&](double x) {
    double const s = std::sqrt(std::max(0.0, radius * radius - x * x));
    if (s <= 0) return 0.0;
    return quadrant(s, low.y, low.z) - quadrant(s, high.y, low.z) - quadrant(s, low.y, high.z) +
           quadrant(s, high.y, high.z);
  };
  std::vector<double> points;
  for (double y : {0.0, low.y, high.y})
    for (double z : {0.0, low.z, high.z}) slow::add_roots(points, radius * radius - y * y - z * z);
  return slow::integrate(area, low.x, high.x, std::move(points));
}

double by_samples(double radius, Vec3 const& low, int m) {
  int inside = 0;
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < m; ++j)
      for (int k = 0; k < m; ++k)
        inside += norm2(low + Vec3{(i + 0.5) / m, (j + 0.5) / m, (k + 0.5) / m}) < radius * radius;
  return inside / real(m * m * m);
}

/// Calls `visit(lower corner seen from the ball)` for the voxels of the ball's bounding box.
template <class Visit>
void each_voxel(Ball const& ball, Visit const& visit) {
  std::array<int, 3> first, last;
  for (std::size_t d = 0; d < 3; ++d) {
    first[d] = static_cast<int>(std::floor(ball.centre[d] - ball.radius));
    last[d] = static_cast<int>(std::ceil(ball.centre[d] + ball.radius));
  }
  for (int i = first[0]; i < last[0]; ++i)
    for (int j = first[1]; j < last[1]; ++j)
      for (int k = first[2]; k < last[2]; ++k)
        visit(Vec3{double(i), double(j), double(k)} - ball.centre);
}

struct Figure {
  double cells_per_second;
  double worst;  ///< largest relative error of a ball's volume
};

Figure measure(std::vector<Ball> const& all, std::function<double(Ball const&)> const& volume) {
  double worst = 0;
  double const start = cpu_seconds();
  for (auto const& ball : all) {
    double const exact = unit_ball * std::pow(ball.radius, 3);
    worst = std::max(worst, std::abs(volume(ball) / exact - 1));
  }
  return {real(all.size()) / (cpu_seconds() - start), worst};
}

}  // namespace

int main() {
  std::printf("%8s  %22s  %22s  %22s  %8s\n", "radius", "closed form", "slices", "samples 32^3",
              "gain");
  std::printf("%8s  %22s  %22s  %22s  %8s\n", "[voxel]", "cells/s   error", "cells/s   error",
              "cells/s   error", "slices");
  for (double radius : {0.05, 0.2, 0.4, 1.0, 5.0, 20.0}) {
    BallOverlap overlap(n_voxels);
    auto const count = static_cast<std::size_t>(radius < 1 ? 1000000 : 3e5 / std::pow(radius, 2.8));
    auto const fast = measure(balls(radius, count), [&](Ball const& ball) {
      double sum = 0;
      for (auto const& share : overlap(ball.centre, ball.radius)) sum += share.volume;
      return sum;
    });
    auto const few = balls(radius, static_cast<std::size_t>(radius < 1 ? 500 : 1 + 20 / radius));
    auto const slices = measure(few, [](Ball const& ball) {
      double sum = 0;
      each_voxel(ball, [&](Vec3 const& low) {
        sum += by_slices(ball.radius, low, low + Vec3{1, 1, 1});
      });
      return sum;
    });
    auto const samples = measure(few, [](Ball const& ball) {
      double sum = 0;
      each_voxel(ball, [&](Vec3 const& low) { sum += by_samples(ball.radius, low, 32); });
      return sum;
    });
    std::printf("%8.2f  %12.3g %9.1e  %12.3g %9.1e  %12.3g %9.1e  %8.0f\n", radius,
                fast.cells_per_second, fast.worst, slices.cells_per_second, slices.worst,
                samples.cells_per_second, samples.worst,
                fast.cells_per_second / slices.cells_per_second);
  }
}
