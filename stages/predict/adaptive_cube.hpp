// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "model/gnfw.hpp"
#include "stages/common/cube_lattice.hpp"

namespace setsz {

/// A profile at some voxels: what an AdaptiveCube takes for its reference.
/// \param centre  of the profile [R200]
std::vector<double> profile_at(CubeLattice const& lattice, std::span<std::int32_t const> voxels,
                               GnfwShape const& shape, Vec3 const& centre);

/// The voxels of a cube at which a field is evaluated, and how the others follow from them.
///
/// The ratio of the field to a reference profile is interpolated, as the profile takes the cusp
/// away. Each octant of the cube is an octree whose cells have their corners on voxels; octants
/// mirror each other, so that a mirrored field has mirrored targets (if n is even). The target in
/// the middle of a cell is held out at first: its difference from what the corners give measures
/// the error there. Then it joins the interpolation. Cells are divided, those that contribute most
/// first, until
///
/// - the rms error of the field over its rms is at most the tolerance,
/// - the error of its sum over the sum is at most a tenth of the tolerance,
///
/// as far as the held-out targets can tell. The choice depends on the values alone.
class AdaptiveCube {
 public:
  /// \param voxels     that are wanted, ascending
  /// \param reference  at each of them, positive
  /// \param tolerance  relative, see above
  AdaptiveCube(CubeLattice const& lattice, std::span<std::int32_t const> voxels,
               std::vector<double> reference, double tolerance);

  /// The targets to be evaluated next, as ascending places in `voxels`; none: it is done.
  std::vector<std::int64_t> const& wanted() const { return wanted_; }
  /// Takes the field at the wanted targets, in their order, and chooses the next ones.
  void add(std::span<double const> field);

  /// Are so many targets needed that all voxels should be evaluated? Nothing is wanted then.
  bool is_too_fine() const { return too_fine_; }
  std::int64_t n_targets() const { return std::ssize(field_); }

  /// Some numbers and their weights, none negative.
  struct Weights {
    std::array<std::int64_t, 9> index{};
    std::array<double, 9> weight{};
    std::size_t size = 0;
    void add(std::int64_t i, double w) { index[size] = i, weight[size++] = w; }
  };
  /// The value of a voxel is the sum of weight x field at targets, which are numbered as they were
  /// taken. \param place  in `voxels` \pre nothing is wanted, and it is not too fine
  Weights stencil(std::int64_t place) const;

 private:
  using Offset = std::array<std::int64_t, 3>;  ///< in an octant, from the cube's middle [voxels]
  struct Cell {
    int octant = 0;
    Offset corner{};             ///< nearest to the cube's middle
    std::int64_t edge = 0;       ///< [voxels]
    double expected_error = 0;   ///< from the cell that it is a part of
    std::int64_t held_out = -1;  ///< place of the voxel nearest to the middle
    bool has_middle = false;     ///< it lies in the middle
    bool is_assessed = false, is_divided = false;
    /// Sums over its voxels that are not targets: of the reference and of its square.
    double reference = 0, reference2 = 0;
    double error = 0;  ///< of the ratio, signed
  };

  std::int64_t place_at(int octant, Offset const& offset) const;
  Offset offset_of(Cell const& cell, std::int64_t place) const;
  Weights corner_weights(Cell const& cell, std::array<double, 3> const& point) const;
  void tile();
  void finish_wanted();
  void add_cell(Cell cell);
  void find_held_out(Cell& cell) const;
  void want(std::int64_t place);
  void expect_errors();
  void assess(Cell& cell);
  std::vector<std::uint8_t> cells_to_divide() const;
  bool divide(std::vector<std::uint8_t> const& marked);
  template <class Visit>
  void each_voxel(Cell const& cell, Visit const& visit) const;
  double ratio(std::int64_t place) const { return field_[target_[place]] / reference_[place]; }

  CubeLattice lattice_;
  std::span<std::int32_t const> voxels_;
  std::vector<double> reference_;
  double tolerance_;
  std::vector<std::int32_t> place_;   ///< (n^3); -1: the voxel is not wanted
  std::vector<std::int32_t> target_;  ///< number of each place's target; negative: it has none
  std::vector<std::int32_t> cell_;    ///< of each place
  std::vector<Cell> cells_;
  std::vector<double> field_;  ///< at the targets
  std::vector<std::int64_t> wanted_;
  bool too_fine_ = false;
};

}  // namespace setsz
