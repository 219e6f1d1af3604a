// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <variant>
#include <vector>

#include "pipeline/base/cube_symmetry.hpp"
#include "stages/halos/left_shells.hpp"
#include "stages/halos/parcels.hpp"
#include "stages/halos/partition.hpp"
#include "stages/halos/profile_family.hpp"

namespace setsz {

/// A spherical profile of a family, as the gas of one halo.
struct ProfileGas {
  ProfileFamily const* family;
  ProfilePoint point;
  double r200;  ///< comoving [ckpc/h]
};

/// The gas of one halo in the frame of its centre: a cube or a profile of P/P200, and what of it
/// belongs to other haloes.
class HaloGas {
 public:
  HaloGas(SparseCube cube, Claims claims) : gas_(std::move(cube)), claims_(std::move(claims)) {}
  HaloGas(ProfileGas profile, Claims claims) : gas_(profile), claims_(std::move(claims)) {}

  Claims const& claims() const { return claims_; }
  bool is_cube() const { return std::holds_alternative<SparseCube>(gas_); }
  /// No gas lies farther from the centre [ckpc/h].
  double reach() const;
  /// Sum of P V before the claims [P200 (ckpc/h)^3].
  double total() const;

  /// The gas of the halo where the box is turned.
  HaloGas turned(CubeSymmetry const& turn) const;

  /// draw(SparseCube) or draw(ProfileGas).
  template <class Draw>
  auto drawn_by(Draw&& draw) const {
    return std::visit(draw, gas_);
  }
  /// Represents what others leave of the gas by points at most about `spacing` [ckpc/h] apart, each
  /// with its exact share of the sum: visit(offset from the centre [ckpc/h], `weight` x P V).
  /// \return `weight` x P V of what others take
  template <class Visit>
  double for_each_part(double spacing, double weight, SphereSampler& sampler, Visit&& visit) const;

 private:
  std::variant<SparseCube, ProfileGas> gas_;
  Claims claims_;
};

template <class Visit>
double HaloGas::for_each_part(double spacing, double weight, SphereSampler& sampler,
                              Visit&& visit) const {
  double removed = 0;
  if (auto const* cube = std::get_if<SparseCube>(&gas_)) {
    int const cuts = std::clamp(static_cast<int>(std::ceil(cube->voxel_edge / spacing)), 1, 8);
    setsz::for_each_part(
        *cube, cuts, claims_, [&](Vec3 const& offset, double pv) { visit(offset, pv * weight); },
        [&](Vec3 const&, double pv) { removed += pv * weight; });
    return removed;
  }
  if (claims_.swallow(reach())) return weight * total();
  auto const& [family, point, r200] = std::get<ProfileGas>(gas_);
  double const unit = weight * r200 * r200 * r200, x_cut = family->x_cut();
  std::array<double, ProfileFamily::table_size> enclosed;
  family->enclosed(point, enclosed);
  LeftShells shells(enclosed, claims_, {x_cut, r200, {}});
  shells.for_each_point(sampler, std::min(spacing / r200, x_cut / 4),
                        [&](Vec3 const& offset, double share) { visit(offset, share * unit); });
  return unit * (enclosed.back() - shells.left());
}

}  // namespace setsz
