// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <numbers>
#include <span>
#include <vector>

#include "pipeline/base/cube_symmetry.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/vec3.hpp"
#include "stages/halos/partition.hpp"
#include "stages/halos/profile_family.hpp"

namespace setsz {

/// A cluster's cube, as the network (or voxelize) gives it; most of its voxels are empty. Copies,
/// turned ones as well, share the values.
class SparseCube {
 public:
  struct Voxel {
    Vec3 centre;   ///< in the cluster's frame [ckpc/h]
    double value;  ///< P/P200
  };
  double voxel_edge = 0;  ///< comoving [ckpc/h]
  double reach = 0;       ///< no part of a voxel lies farther from the cluster's centre [ckpc/h]

  /// \param pressure  (n, n, n), z fastest, P/P200; 0 where nothing is painted
  SparseCube(std::vector<float> pressure, std::int64_t n, double edge_ckpch);

  bool empty() const { return reach == 0; }
  /// Sum of P V [P200 (ckpc/h)^3].
  double sum_pv() const;
  /// The cube in a frame that is turned.
  SparseCube turned(CubeSymmetry const& turn) const;

  /// Voxels a side, and their values (n, n, n) before the turn, which leads to the frame.
  std::int64_t n() const { return n_; }
  std::span<float const> values() const { return *values_; }
  CubeSymmetry const& turn() const { return turn_; }

  /// Visits the voxels that are not empty, in the order of values().
  template <class Visit>
  void for_each_voxel(Visit&& visit) const {
    visit_voxels([&](std::size_t, Voxel const& voxel) { visit(voxel); });
  }
  /// The same with the place in values(): visit(place, voxel).
  template <class Visit>
  void visit_voxels(Visit&& visit) const;

 private:
  std::int64_t n_;
  std::shared_ptr<std::vector<float> const> values_;
  CubeSymmetry turn_;
};

template <class Visit>
void SparseCube::visit_voxels(Visit&& visit) const {
  auto const coordinate = [&](std::int64_t i) {
    return (real(i) + 0.5 - real(n_) / 2) * voxel_edge;
  };
  std::size_t at = 0;
  for (std::int64_t i = 0; i < n_; ++i) {
    for (std::int64_t j = 0; j < n_; ++j) {
      for (std::int64_t l = 0; l < n_; ++l, ++at) {
        double const value = (*values_)[at];
        if (value == 0) continue;
        visit(at, Voxel{turn_ * Vec3{coordinate(i), coordinate(j), coordinate(l)}, value});
      }
    }
  }
}

/// Cuts a voxel into k^3 equal parts and visits their centres, in order: visit(offset from the
/// cluster's centre [ckpc/h], P V of the part [P200 (ckpc/h)^3]).
template <class Visit>
void for_each_part(SparseCube::Voxel const& voxel, double voxel_edge, int k, Visit&& visit) {
  double const part = voxel_edge / k, pv = voxel.value * part * part * part;
  double const first = (part - voxel_edge) / 2;
  Vec3 const corner = voxel.centre + Vec3{first, first, first};
  for (int a = 0; a < k; ++a)
    for (int b = 0; b < k; ++b)
      for (int c = 0; c < k; ++c) visit(corner + Vec3{part * a, part * b, part * c}, pv);
}

/// The parts of all voxels. A voxel is painted whole or not at all where the cluster's own sphere
/// ends: it belongs to the cluster if its centre lies within 2 R200, as the cube says.
template <class Visit>
void for_each_part(SparseCube const& cube, int k, Visit&& visit) {
  cube.for_each_voxel([&](auto const& voxel) { for_each_part(voxel, cube.voxel_edge, k, visit); });
}

/// The parts of a voxel of which other haloes may take some; `taken` gets what they take. They are
/// always the same parts: what is left depends on nothing else.
template <class Visit, class Taken>
void for_each_border_part(SparseCube::Voxel const& voxel, double voxel_edge, Claims const& claims,
                          Visit&& visit, Taken&& taken) {
  constexpr int cuts_at_border = 4;
  for_each_part(voxel, voxel_edge, cuts_at_border, [&](Vec3 const& offset, double pv) {
    if (claims.taken(offset))
      taken(offset, pv);
    else
      visit(offset, pv);
  });
}

/// The parts of all voxels but for those that belong to other haloes, which `taken` gets.
template <class Visit, class Taken>
void for_each_part(SparseCube const& cube, int k, Claims const& claims, Visit&& visit,
                   Taken&& taken) {
  double const half_diagonal = std::sqrt(3.0) / 2 * cube.voxel_edge;
  cube.for_each_voxel([&](auto const& voxel) {
    auto const whole = claims.empty() ? false : claims.taken(voxel.centre, half_diagonal);
    if (whole == false)
      for_each_part(voxel, cube.voxel_edge, k, visit);
    else if (whole == true)
      for_each_part(voxel, cube.voxel_edge, 1, taken);
    else
      for_each_border_part(voxel, cube.voxel_edge, claims, visit, taken);
  });
}

/// Represents spherical profiles by points: shells with their exact share of the sum of P V, each
/// spread over quasi-uniform directions.
/// \source directions: Fibonacci lattice, Swinbank & Purser (2006), QJRMS 132, 1769
class SphereSampler {
 public:
  struct Shell {
    std::size_t inner, outer;       ///< nodes of the table
    double radius;                  ///< halves the shell's energy [units of r200]
    std::span<Vec3 const> offsets;  ///< of its points from the centre [units of r200]
  };
  /// Visits shells whose points are about `spacing` apart (at least 12 a shell), from the centre
  /// outwards.
  /// \param enclosed  ProfileFamily::enclosed
  template <class Visit>
  void for_each_shell(std::span<double const> enclosed, double x_cut, double spacing_r200,
                      Visit&& visit) {
    double const node = x_cut / ProfileFamily::n_nodes;
    auto const per_shell = std::clamp<std::int64_t>(static_cast<std::int64_t>(spacing_r200 / node),
                                                    1, ProfileFamily::n_nodes / 4);
    int shell = 0;
    for (std::int64_t low = 0; low < ProfileFamily::n_nodes; low += per_shell, ++shell) {
      auto const high = std::min<std::int64_t>(low + per_shell, ProfileFamily::n_nodes);
      // The radius that halves the shell's energy.
      double const half = (enclosed[low] + enclosed[high]) / 2;
      auto const above = std::upper_bound(enclosed.begin() + low, enclosed.begin() + high, half);
      double const step = *above - *(above - 1);
      double const radius =
          node * (real(above - enclosed.begin()) - (step > 0 ? (*above - half) / step : 0.5));
      auto const& directions =
          directions_for(4 * std::numbers::pi * radius * radius / (spacing_r200 * spacing_r200));
      double const turn = 2.39996322972865332 * shell;  // golden angle: shells do not line up
      double const cosine = radius * std::cos(turn), sine = radius * std::sin(turn);
      offsets_.clear();
      for (Vec3 const& d : directions)
        offsets_.push_back({cosine * d.x - sine * d.y, sine * d.x + cosine * d.y, radius * d.z});
      visit(Shell{static_cast<std::size_t>(low), static_cast<std::size_t>(high), radius, offsets_});
    }
  }

 private:
  /// At least `wanted` directions, from a ladder of sizes that are kept.
  std::vector<Vec3> const& directions_for(double wanted);
  std::map<int, std::vector<Vec3>> ladder_;
  std::vector<Vec3> offsets_;
};

}  // namespace setsz
