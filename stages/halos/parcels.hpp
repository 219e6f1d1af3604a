// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numbers>
#include <span>
#include <vector>

#include "pipeline/base/number.hpp"
#include "pipeline/base/vec3.hpp"
#include "stages/halos/profile_family.hpp"

namespace setsz {

/// A cluster's cube, as the network (or voxelize) gives it, without its empty voxels.
struct SparseCube {
  struct Voxel {
    Vec3 centre;   ///< in the cluster's frame [ckpc/h]
    double value;  ///< P/P200
  };
  double voxel_edge = 0;  ///< comoving [ckpc/h]
  double reach = 0;       ///< no part of a voxel lies farther from the cluster's centre [ckpc/h]
  std::vector<Voxel> voxels;

  /// \param pressure  (n, n, n), z fastest, P/P200; 0 where nothing is painted
  SparseCube(std::span<float const> pressure, std::int64_t n, double edge_ckpch);
  /// Sum of P V [P200 (ckpc/h)^3].
  double sum_pv() const;
};

/// Cuts every voxel into k^3 equal parts and visits their centres, in order: visit(offset from the
/// cluster's centre [ckpc/h], P V of the part [P200 (ckpc/h)^3]).
/// A voxel is painted whole or not at all: it belongs to the cluster if its centre lies within
/// 2 R200, as the cube says.
template <class Visit>
void for_each_part(SparseCube const& cube, int k, Visit&& visit) {
  double const part = cube.voxel_edge / k, volume = part * part * part;
  double const first = (part - cube.voxel_edge) / 2;
  for (auto const& voxel : cube.voxels) {
    Vec3 const corner = voxel.centre + Vec3{first, first, first};
    double const pv = voxel.value * volume;
    for (int a = 0; a < k; ++a)
      for (int b = 0; b < k; ++b)
        for (int c = 0; c < k; ++c) visit(corner + Vec3{part * a, part * b, part * c}, pv);
  }
}

/// Represents spherical profiles by points: shells with their exact share of the sum of P V, each
/// spread over quasi-uniform directions.
/// \source directions: Fibonacci lattice, Swinbank & Purser (2006), QJRMS 132, 1769
class SphereSampler {
 public:
  /// Visits points about `spacing` apart (at least 12 a shell), from the centre outwards:
  /// visit(offset [units of r200], share of the sum of P V [units of the table]).
  /// \param enclosed  ProfileFamily::enclosed
  template <class Visit>
  void for_each_point(std::span<double const> enclosed, double x_cut, double spacing_r200,
                      Visit&& visit) {
    double const node = x_cut / ProfileFamily::n_nodes;
    auto const per_shell = std::clamp<std::int64_t>(static_cast<std::int64_t>(spacing_r200 / node),
                                                    1, ProfileFamily::n_nodes / 4);
    int shell = 0;
    for (std::int64_t low = 0; low < ProfileFamily::n_nodes; low += per_shell, ++shell) {
      auto const high = std::min<std::int64_t>(low + per_shell, ProfileFamily::n_nodes);
      double const energy = enclosed[high] - enclosed[low];
      // The radius that halves the shell's energy.
      double const half = (enclosed[low] + enclosed[high]) / 2;
      auto const above = std::upper_bound(enclosed.begin() + low, enclosed.begin() + high, half);
      double const step = *above - *(above - 1);
      double const radius =
          node * (real(above - enclosed.begin()) - (step > 0 ? (*above - half) / step : 0.5));
      auto const& directions =
          directions_for(4 * std::numbers::pi * radius * radius / (spacing_r200 * spacing_r200));
      double const share = energy / real(directions.size());
      double const turn = 2.39996322972865332 * shell;  // golden angle: shells do not line up
      double const cosine = radius * std::cos(turn), sine = radius * std::sin(turn);
      for (Vec3 const& d : directions)
        visit(Vec3{cosine * d.x - sine * d.y, sine * d.x + cosine * d.y, radius * d.z}, share);
    }
  }

 private:
  /// At least `wanted` directions, from a ladder of sizes that are kept.
  std::vector<Vec3> const& directions_for(double wanted);
  std::map<int, std::vector<Vec3>> ladder_;
};

}  // namespace setsz
