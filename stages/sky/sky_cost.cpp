// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_cost.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include "pipeline/base/number.hpp"
#include "stages/halos/partition.hpp"

namespace setsz {
namespace {

// Measured on one core, with the other one busy.
constexpr double seconds_per_voxel = 5e-9;     ///< of a cube, dimmed
constexpr double seconds_per_part = 3e-9;      ///< of a voxel on the plane of its slice, per node
constexpr double seconds_per_point = 8e-8;     ///< of an image or profile, put into its pixel
constexpr double seconds_per_sample = 2.5e-8;  ///< of an image
constexpr double seconds_per_halo = 4e-6, seconds_per_halo_pixel = 4e-9;
constexpr double seconds_per_small_halo = 2e-5;  ///< that is a few points
constexpr double seconds_per_image = 1e-6;       ///< found, sent, claims looked up
/// Share of profiles of which neighbours claim a part, and what these take beyond the others.
constexpr double claimed_share = 0.1, claimed_surcharge = 2;

double cube_seconds(double n_voxels, double angle_200, double pixel) {
  constexpr double edge_r200 = 5;
  double const radius = network_reach_r200 * angle_200, voxel = edge_r200 * angle_200 / n_voxels;
  double const cuts = std::clamp(std::ceil(8 * voxel / pixel), 1.0, 3.0), node = voxel / cuts;
  double const inside = 4 * std::numbers::pi / 3 * std::pow(radius / voxel, 3);
  double const nodes = std::numbers::pi * std::pow(radius / node, 2);
  double const project = inside * (seconds_per_voxel + cuts * cuts * seconds_per_part);
  if (pixel > 8 * voxel) return project + 4 * nodes * seconds_per_point;
  // Parts of pixels, some 0.7 nodes wide, also in the pixels at the rim.
  double const part = std::max(node, pixel / 8);
  return project + 2 * std::numbers::pi * std::pow((radius + pixel) / part, 2) * seconds_per_sample;
}

double profile_seconds(double cut_r200, double angle_200, double pixel) {
  return SkyCost::seconds_of_profile(cut_r200, angle_200, pixel) *
         (1 + claimed_share * claimed_surcharge);
}

/// Mean over haloes and over the volume of the shell of a cost that depends on R200's angle.
double mean_over(std::vector<double> const& radii, DistanceShell shell,
                 std::function<double(double)> const& cost) {
  constexpr int n_distances = 16;
  constexpr std::size_t most_radii = 64;
  std::size_t const stride = std::max<std::size_t>(1, radii.size() / most_radii);
  double const inner = std::pow(shell.min, 3), outer = std::pow(shell.max, 3);
  double sum = 0, n = 0;
  for (std::size_t i = 0; i < radii.size(); i += stride) {
    for (int d = 0; d < n_distances; ++d, ++n) {
      double const distance = std::cbrt(inner + (outer - inner) * (d + 0.5) / n_distances);
      sum += cost(radii[i] / distance);
    }
  }
  return n > 0 ? sum / n : 0;
}

double boxes_in(DistanceShell shell, double box) {
  return 4 * std::numbers::pi / 3 *
         std::max(0.0, std::pow(shell.max / box, 3) - std::pow(shell.min / box, 3));
}

}  // namespace

double SkyCost::add(HaloSizes const& halos, double box_ckpch, DistanceShell shell, double pixel) {
  double const images = boxes_in(shell, box_ckpch) * halos.n_halos;
  seconds += images * (seconds_per_image + mean_over(halos.r200_ckpch, shell, [&](double angle) {
                         return halos.n_voxels > 0
                                    ? cube_seconds(real(halos.n_voxels), angle, pixel)
                                    : profile_seconds(halos.cut_r200, angle, pixel);
                       }));
  return images;
}

double SkyCost::seconds_of_profile(double cut_r200, double angle_200, double pixel) {
  constexpr double small = 0.06;  // R200 in pixels
  if (angle_200 < small * pixel) return seconds_per_small_halo;
  double const pixels = std::numbers::pi * std::pow(cut_r200 * angle_200 / pixel + 0.5, 2);
  return seconds_per_halo + pixels * seconds_per_halo_pixel;
}

double SkyCost::seconds_of_map(double n_pixels) { return 3e-8 * n_pixels; }

/// A transform to l = 2 nside and three iterations, on one rank.
double SkyCost::seconds_of_spectrum(double nside) { return 2e-8 * nside * nside * nside; }

double SkyCost::seconds_of_expected(double n_images, double n_cubes) {
  constexpr double seconds_per_term = 1.5e-6, seconds_per_cube = 3e-3;
  return seconds_per_term * n_images + seconds_per_cube * n_cubes;
}

}  // namespace setsz
