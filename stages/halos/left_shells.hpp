// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "stages/halos/parcels.hpp"
#include "stages/halos/shell_share.hpp"

namespace setsz {

/// What others leave of a spherical profile, as points: on every shell the points that nobody takes
/// share what is left of it, however few they are.
class LeftShells {
 public:
  struct Sphere {
    double x_cut, r200;          ///< [R200], [ckpc/h]
    std::optional<Vec3> centre;  ///< as seen from the observer: P V is divided by (chi/D)^2
  };
  /// \param enclosed  ProfileFamily::enclosed
  LeftShells(std::span<double const> enclosed, Claims const& claims, Sphere const& sphere)
      : enclosed_(enclosed),
        claims_(claims),
        sphere_(sphere),
        shell_share_(claims, sphere.centre),
        shares_(
            shell_share_.shares(enclosed, sphere.x_cut * sphere.r200 / ProfileFamily::n_nodes)) {}

  /// Points at most about `spacing` [R200] apart: visit(offset from the centre [ckpc/h], share
  /// [P200 R200^3]).
  template <class Visit>
  void for_each_point(SphereSampler& sampler, double spacing, Visit&& visit) {
    sampler.for_each_shell(enclosed_, sphere_.x_cut, spacing,
                           [&](SphereSampler::Shell const& shell) { spread(shell, visit); });
  }
  /// The sum of the shares.
  double left() const { return left_between(0, ProfileFamily::n_nodes); }

 private:
  template <class Visit>
  void spread(SphereSampler::Shell const& shell, Visit&& visit) {
    double const energy = left_between(shell.inner, shell.outer);
    if (energy == 0) return;
    free_.clear();
    double sum = 0;
    for (Vec3 const& point : shell.offsets) {
      Vec3 const offset = sphere_.r200 * point;
      if (!claims_.empty() && claims_.taken(offset)) continue;
      double const weight = sphere_.centre ? 1 / norm2(*sphere_.centre + offset) : 1;
      free_.push_back({offset, weight});
      sum += weight;
    }
    double const radius = sphere_.r200 * shell.radius;
    if (free_.empty()) visit(radius * shell_share_.emptiest(radius), energy);
    for (auto const& [offset, weight] : free_) visit(offset, energy * weight / sum);
  }

  /// Between two nodes.
  double left_between(std::size_t inner, std::size_t outer) const {
    constexpr std::size_t n = ShellShare::nodes_per_share;
    double sum = 0;
    for (std::size_t low = inner; low < outer;) {
      std::size_t const high = std::min(outer, (low / n + 1) * n);
      sum += (enclosed_[high] - enclosed_[low]) * shares_[low / n];
      low = high;
    }
    return sum;
  }

  struct Point {
    Vec3 offset;
    double weight;
  };
  std::span<double const> enclosed_;
  Claims const& claims_;
  Sphere sphere_;
  ShellShare shell_share_;
  std::vector<double> shares_;
  std::vector<Point> free_;
};

}  // namespace setsz
