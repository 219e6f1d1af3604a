// SPDX-License-Identifier: BSD-3-Clause
#include "stages/fit/skirt_fit.hpp"

#include <cmath>
#include <vector>

#include "pipeline/base/number.hpp"
#include "stages/common/equal_bins.hpp"

namespace setsz {
namespace {

struct Point {
  double x, y;
};
struct Line {
  double at_0, slope;
};
/// Least squares; level through points that have one x.
Line line_through(std::span<Point const> points) {
  double x = 0, y = 0, xx = 0, xy = 0;
  for (auto const& point : points) {
    x += point.x / real(points.size());
    y += point.y / real(points.size());
  }
  for (auto const& point : points) {
    xx += (point.x - x) * (point.x - x);
    xy += (point.x - x) * (point.y - y);
  }
  double const slope = xx > 0 ? xy / xx : 0;
  return {y - slope * x, slope};
}

/// ln p over ln(r / 2 R200) of stacked clusters, shell by shell.
std::vector<Point> stacked(std::span<SkirtShells const> clusters,
                           std::span<std::size_t const> members) {
  std::vector<Point> points;
  for (std::size_t shell = 0; shell < SkirtShells::n; ++shell) {
    double pressure = 0, volume = 0, ln_radius = 0;
    for (auto const i : members) {
      pressure += clusters[i].pressure_sum[shell];
      volume += clusters[i].volume[shell];
      ln_radius += clusters[i].ln_radius_sum[shell];
    }
    if (pressure > 0) points.push_back({ln_radius / pressure, std::log(pressure / volume)});
  }
  return points;
}

}  // namespace

SkirtShells skirt_shells(double mass, double r200, CubeLattice const& lattice,
                         std::span<float const> pressure, Claims const& claims) {
  constexpr double width = (SkirtShells::outer_r200 - SkirtShells::inner_r200) / SkirtShells::n;
  double const volume = std::pow(lattice.voxel_r200(), 3);
  SkirtShells shells{.mass = mass};
  for (std::int64_t i = 0, voxel = 0; i < lattice.n; ++i)
    for (std::int64_t j = 0; j < lattice.n; ++j)
      for (std::int64_t k = 0; k < lattice.n; ++k, ++voxel) {
        Vec3 const centre = lattice.centre_r200(i, j, k);
        double const x = norm(centre);
        if (x < SkirtShells::inner_r200 || x >= SkirtShells::outer_r200) continue;
        if (claims.taken(r200 * centre)) continue;
        auto const shell = static_cast<std::size_t>((x - SkirtShells::inner_r200) / width);
        double const pv = real(pressure[voxel]) * volume;
        shells.pressure_sum[shell] += pv;
        shells.volume[shell] += volume;
        shells.ln_radius_sum[shell] += pv * std::log(x / network_reach_r200);
      }
  return shells;
}

SkirtSlope fit_skirt(std::span<SkirtShells const> clusters, std::int64_t n_mass_bins) {
  std::vector<double> masses;
  for (auto const& cluster : clusters) masses.push_back(cluster.mass);
  std::vector<Point> steepness;  // over ln(M / pivot)
  for (auto const& bin : equal_bins(masses, n_mass_bins)) {
    auto const profile = stacked(clusters, bin.members);
    if (profile.size() < 2) continue;
    double ln_mass = 0;
    for (auto const i : bin.members)
      ln_mass += std::log(masses[i] / SkirtSlope::pivot) / real(bin.members.size());
    steepness.push_back({ln_mass, -line_through(profile).slope});
  }
  if (steepness.empty()) return {};
  auto const line = line_through(steepness);
  return {.index = line.at_0, .mass_slope = line.slope};
}

}  // namespace setsz
