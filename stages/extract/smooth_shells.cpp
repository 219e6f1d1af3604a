// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/smooth_shells.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
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

/// Points that are looked at together: short loops, which a compiler would not turn into vector
/// instructions by itself.
constexpr std::int64_t lanes = 4;
using Numbers [[gnu::vector_size(lanes * sizeof(double))]] = double;
using Integers [[gnu::vector_size(lanes * sizeof(double))]] = std::int64_t;

struct Point {
  Vec3 q;  ///< from the catalogue's centre [R200]
  double mass;
  std::int32_t cell = 0;
};

/// Cells of neighbour_r200 around the cluster, with an empty layer outside.
struct Cells {
  static constexpr auto n = static_cast<std::int32_t>(2 * reach_r200 / neighbour_r200) + 3;
  static std::int32_t along(double x) {
    return static_cast<std::int32_t>((x + reach_r200) / neighbour_r200) + 1;
  }
  static std::int32_t of(Vec3 const& q) { return (along(q.x) * n + along(q.y)) * n + along(q.z); }
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
  std::int64_t to_skip = 0;
  for (auto const& particle : particles) {
    Vec3 const q = particle.position() / cluster.r200c;
    if (!is_inside(q) || to_skip-- > 0) continue;
    to_skip = step - 1;
    double const mass = mass_of(particle, particle_mass) / cluster.m200c;
    points.push_back({q, share * mass, Cells::of(q)});
  }
  return points;
}

/// Points sorted by cell, their coordinates in arrays of their own, and where each cell begins.
struct Grid {
  std::vector<Point> points;
  std::vector<double> x, y, z;      ///< (n + lanes)
  std::vector<std::int32_t> first;  ///< (n^3 + 1), and one more for the sorting

  explicit Grid(std::vector<Point> const& unsorted)
      : points(unsorted.size()),
        x(unsorted.size() + lanes),
        y(unsorted.size() + lanes),
        z(unsorted.size() + lanes),
        first(Cells::n * Cells::n * Cells::n + 2, 0) {
    for (auto const& point : unsorted) ++first[point.cell + 2];
    std::partial_sum(first.begin(), first.end(), first.begin());
    for (auto const& point : unsorted) {
      auto const at = first[point.cell + 1]++;  // in the end where the next cell begins
      points[at] = point;
      x[at] = point.q.x, y[at] = point.q.y, z[at] = point.q.z;
    }
  }
};

/// For each point the number of points close to it, itself among them. Each pair is looked at once:
/// the second is one of those that follow in the order of the cells.
/// \param x, y, z, counts  (n + lanes)
SETSZ_DISPATCH void count_neighbours(Point const* __restrict points, std::int64_t n,
                                     double const* __restrict x, double const* __restrict y,
                                     double const* __restrict z, std::int32_t const* first,
                                     double* __restrict counts) {
  constexpr std::int32_t row = Cells::n;
  Numbers const numbers{0, 1, 2, 3};
  for (std::int64_t i = 0; i < n; ++i) {
    Vec3 const q = points[i].q;
    auto const cell = points[i].cell;
    Numbers close{};
    auto const look_at = [&](std::int64_t j, std::int64_t end) {
      for (; j < end; j += lanes) {
        Numbers dx, dy, dz, count;
        std::memcpy(&dx, x + j, sizeof dx);
        std::memcpy(&dy, y + j, sizeof dy);
        std::memcpy(&dz, z + j, sizeof dz);
        std::memcpy(&count, counts + j, sizeof count);
        dx -= q.x, dy -= q.y, dz -= q.z;
        Integers const is_near = dx * dx + dy * dy + dz * dz < neighbour_r200 * neighbour_r200;
        Numbers const found = (is_near & (numbers < real(end - j))) ? 1.0 : 0.0;
        close += found;
        count += found;
        std::memcpy(counts + j, &count, sizeof count);
      }
    };
    look_at(i + 1, first[cell + 2]);
    for (std::int32_t const there : {row, row * row - row, row * row, row * row + row})
      look_at(first[cell + there - 1], first[cell + there + 2]);  // three cells along z
    counts[i] += 1;
    for (std::int64_t lane = 0; lane < lanes; ++lane) counts[i] += close[lane];
  }
}

std::vector<double> neighbours_of(Grid const& grid) {
  std::vector<double> counts(grid.x.size(), 0);
  count_neighbours(grid.points.data(), std::ssize(grid.points), grid.x.data(), grid.y.data(),
                   grid.z.data(), grid.first.data(), counts.data());
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
