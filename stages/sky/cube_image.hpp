// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "pipeline/base/number.hpp"
#include "stages/halos/parcels.hpp"
#include "stages/halos/partition.hpp"
#include "stages/sky/sight_plane.hpp"
#include "stages/sky/slice_sheet.hpp"
#include "stages/sky/stamp.hpp"

namespace setsz {

/// A cluster's cube projected along the true lines of sight onto a plane through its centre.
///
/// The plane is that of the cube's own slices which are nearest to perpendicular to the line of
/// sight: each slice is seen there as it is, scaled and shifted (SliceSheet). A cube so near that
/// its slices hide each other's edges is seen on the plane perpendicular to the line of sight, part
/// by part.
///
/// Every voxel is seen in its own direction and dimmed by its own distance: what the image holds is
/// the sum of P V / chi^2, whatever the grid. An image point is a node of a bilinear
/// (cloud-in-cell) grid; what its weights blur is taken back.
class CubeImage {
 public:
  /// \param cube      P/P200; `centre` * distance is its centre seen from the observer
  /// \param distance  comoving [ckpc/h], larger than the cube's reach
  /// \param claims    what other clusters take, in the frame of the box
  /// \param cuts      nodes to a voxel
  void project(SparseCube const& cube, SkyDirection const& centre, double distance,
               Claims const& claims, int cuts);

  double total() const { return total_; }      ///< sum of P V / chi^2 [P200 ckpc/h]
  double removed() const { return removed_; }  ///< the same of what others took
  double node() const { return node_; }        ///< of the grid, not foreshortened [rad]
  double radius() const { return radius_; }    ///< no image beyond this angle [rad]

  /// Adds the image's surface brightness at points of a ring [P200 ckpc/h per sr].
  void add_row(SkyDirection const& centre, RingPoints const& points, double* values) const;
  /// The same at points of a row of a flat image, per area of that image.
  void add_row(SkyDirection const& centre, FlatPoints const& points, double* values) const;
  /// Visits 2 x 2 points in every mesh of the grid that is not empty, with their exact share:
  /// visit(direction (east, south, outwards), P V / chi^2).
  template <class Visit>
  void for_each_point(SkyDirection const& centre, Visit&& visit) const;

 private:
  /// What is left of the voxels: those of which others may take a part are added part by part, the
  /// others are given back, (n, n, n).
  std::span<float const> leave_unclaimed(SparseCube const& cube, Claims const& claims);
  /// \param normal  the cube's own axis along the plane's
  void add_slices(SparseCube const& cube, std::span<float const> values, std::size_t normal,
                  int cuts);
  /// \param values  of voxel (0, 0), contiguous in v \param depth  of its middle, from the plane
  void add_slice(SparseCube const& cube, float const* values, std::int64_t row_step, double depth,
                 int cuts);
  void add_point(Vec3 const& offset, double pv);
  void remove(Vec3 const& offset, double pv);
  /// Takes back what the grid blurs, to second order; the sum stays, and no node falls below 0.
  /// \param lost  variance that what was added lacks along u and v [nodes^2]
  void sharpen(SightPlane::Place const& lost);

  SightPlane plane_{};
  double node_ = 0, radius_ = 0, total_ = 0, removed_ = 0;
  std::vector<double> values_;  ///< (n_u, n_v)
  SliceSheet sheet_;
  std::vector<float> left_, turned_;
  std::vector<double> brightness_, blurred_, moved_;
  std::vector<SliceSheet::Row> rows_;
};

template <class Visit>
void CubeImage::for_each_point(SkyDirection const& centre, Visit&& visit) const {
  Mat3 const to_local = centre.to_local() * transpose(plane_.axes);
  for (std::int64_t i = 0; i + 1 < plane_.n_u; ++i) {
    for (std::int64_t j = 0; j + 1 < plane_.n_v; ++j) {
      double const* const corner = values_.data() + (i * plane_.n_v + j);
      double const* const beyond = corner + plane_.n_v;
      if (corner[0] + corner[1] + beyond[0] + beyond[1] == 0) continue;
      for (double const p : {0.25, 0.75}) {
        for (double const q : {0.25, 0.75}) {
          double const value = (1 - p) * ((1 - q) * corner[0] + q * corner[1]) +
                               p * ((1 - q) * beyond[0] + q * beyond[1]);
          visit(unit(to_local * plane_.direction_of({real(i) + p, real(j) + q})), value / 4);
        }
      }
    }
  }
}

}  // namespace setsz
