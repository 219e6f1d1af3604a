// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/smooth_shells.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "pipeline/base/dispatch.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

constexpr double reach_r200 = real(n_radial_shells) * cluster_shell_width_r200;
constexpr double neighbour_r200 = 0.11;
constexpr double thin_shell_r200 = 0.08;
constexpr double largest_excess = 2;
constexpr std::int64_t largest_sample = 20000;

struct Point {
  Vec3 q;  ///< from the catalogue's centre [R200]
  double mass;
  std::int64_t cell = 0;
};

/// Cells of neighbour_r200 around the cluster, with an empty layer outside.
struct Cells {
  static constexpr auto n = static_cast<std::int64_t>(2 * reach_r200 / neighbour_r200) + 3;
  static std::int64_t along(double x) {
    return static_cast<std::int64_t>((x + reach_r200) / neighbour_r200) + 1;
  }
  static std::int64_t of(Vec3 const& q) { return (along(q.x) * n + along(q.y)) * n + along(q.z); }
};

bool is_inside(Vec3 const& q) { return norm2(q) < reach_r200 * reach_r200; }

/// Of those within the shells.
std::vector<Point> sample_of(std::span<KeptParticle const> particles, Cluster const& cluster,
                             double particle_mass) {
  std::int64_t n = std::ssize(particles), step = 1;
  double share = 1;
  if (n > largest_sample) {
    n = std::ranges::count_if(
        particles, [&](auto const& p) { return is_inside(p.position() / cluster.r200c); });
    // Neighbours in the canonical order are neighbours in space: one in every few is a fair sample.
    step = std::max<std::int64_t>(1, (n + largest_sample - 1) / largest_sample);
    share = real(n) / real((n + step - 1) / step);
  }
  std::vector<Point> points;
  points.reserve(n / step + 1);
  std::int64_t row = 0;
  for (auto const& particle : particles) {
    Vec3 const q = particle.position() / cluster.r200c;
    if (!is_inside(q) || row++ % step != 0) continue;
    double const mass = mass_of(particle, particle_mass) / cluster.m200c;
    points.push_back({q, share * mass, Cells::of(q)});
  }
  return points;
}

/// Points sorted by cell, their coordinates in arrays of their own, and where each cell begins.
struct Grid {
  std::vector<Point> points;
  std::vector<double> x, y, z;
  std::vector<std::int32_t> first;  ///< (n^3 + 1)

  explicit Grid(std::vector<Point> const& unsorted)
      : points(unsorted.size()),
        x(unsorted.size()),
        y(unsorted.size()),
        z(unsorted.size()),
        first(Cells::n * Cells::n * Cells::n + 1, 0) {
    for (auto const& point : unsorted) ++first[point.cell + 1];
    std::partial_sum(first.begin(), first.end(), first.begin());
    auto next = first;
    for (auto const& point : unsorted) {
      auto const at = next[point.cell]++;
      points[at] = point;
      x[at] = point.q.x, y[at] = point.q.y, z[at] = point.q.z;
    }
  }
};

/// How many of n points are close to a place.
SETSZ_DISPATCH std::int64_t count_close(double const* x, double const* y, double const* z,
                                        std::int64_t n, double px, double py, double pz) {
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    double const dx = x[i] - px, dy = y[i] - py, dz = z[i] - pz;
    count += dx * dx + dy * dy + dz * dz < neighbour_r200 * neighbour_r200;
  }
  return count;
}

/// For each point the number of points close to it.
std::vector<double> neighbours_of(Grid const& grid) {
  std::vector<double> counts;
  counts.reserve(grid.points.size());
  for (auto const& [q, mass, cell] : grid.points) {
    std::int64_t count = 0;
    for (std::int64_t dx = -1; dx <= 1; ++dx)
      for (std::int64_t dy = -1; dy <= 1; ++dy) {
        auto const row = cell + (dx * Cells::n + dy) * Cells::n;  // three cells along z
        auto const first = grid.first[row - 1], last = grid.first[row + 2];
        count += count_close(grid.x.data() + first, grid.y.data() + first, grid.z.data() + first,
                             last - first, q.x, q.y, q.z);
      }
    counts.push_back(real(count));
  }
  return counts;
}

/// The mean position of the points within R200 of itself, searched from the catalogue's centre;
/// that centre if the mean wanders off.
Vec3 centre_of(std::vector<Point> const& points) {
  Vec3 centre;
  for (int round = 0; round < 10; ++round) {
    Vec3 sum;
    std::int64_t n = 0;
    for (auto const& point : points) {
      if (norm2(point.q - centre) >= 1) continue;
      sum += point.q;
      ++n;
    }
    if (n == 0) return {};
    Vec3 const before = std::exchange(centre, sum / real(n));
    if (centre == before) break;  // and so it stays
  }
  constexpr double farthest_r200 = 0.5;
  return norm(centre) < farthest_r200 ? centre : Vec3{};
}

/// For each point the thin shell about the centre of the matter in which it lies.
std::vector<std::size_t> thin_shells(std::vector<Point> const& points) {
  Vec3 const centre = centre_of(points);
  std::vector<std::size_t> shells;
  for (auto const& point : points)
    shells.push_back(static_cast<std::size_t>(norm(point.q - centre) / thin_shell_r200));
  return shells;
}

/// The mean of the counts over the volume of each thin shell. Points are drawn by density, so a
/// mean over the volume is a harmonic one over them.
std::vector<double> typical_counts(std::vector<std::size_t> const& shells,
                                   std::vector<double> const& counts) {
  std::vector<double> number(shells.empty() ? 0 : std::ranges::max(shells) + 1);
  auto volume = number;
  for (std::size_t i = 0; i < shells.size(); ++i) {
    number[shells[i]] += 1;
    volume[shells[i]] += 1 / counts[i];
  }
  for (std::size_t s = 0; s < number.size(); ++s)
    if (number[s] > 0) number[s] /= volume[s];
  return number;
}

}  // namespace

std::array<Vec3, n_radial_shells> smooth_shells(std::span<KeptParticle const> particles,
                                                Cluster const& cluster, double particle_mass) {
  Grid const grid(sample_of(particles, cluster, particle_mass));
  auto const& points = grid.points;
  auto const counts = neighbours_of(grid);
  auto const thin = thin_shells(points);
  auto const typical = typical_counts(thin, counts);
  std::array<Vec3, n_radial_shells> shells{};
  for (std::size_t i = 0; i < points.size(); ++i) {
    auto const& [q, mass, cell] = points[i];
    double const weight = std::min(1.0, largest_excess * typical[thin[i]] / counts[i]);
    auto const shell = static_cast<std::size_t>(norm(q) / cluster_shell_width_r200);
    shells[shell] += weight * mass * unit(q);
  }
  return shells;
}

}  // namespace setsz
