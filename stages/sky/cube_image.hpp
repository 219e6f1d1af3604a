// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "pipeline/base/number.hpp"
#include "stages/halos/parcels.hpp"
#include "stages/halos/partition.hpp"
#include "stages/sky/stamp.hpp"

namespace setsz {

/// A cluster's cube projected along the true lines of sight onto a plane of equal areas around its
/// centre: X, Y = 2 sin(angle/2) x (east, south) (Lambert's azimuthal projection).
///
/// Every part of a voxel is seen in its own direction and dimmed by its own distance: what the
/// image holds is the sum of P V / chi^2, whatever the grid. An image point is a node of a bilinear
/// (cloud-in-cell) grid; what its weights blur is taken back.
class CubeImage {
 public:
  /// \param cube      P/P200; `centre` * distance is its centre seen from the observer
  /// \param distance  comoving [ckpc/h], larger than the cube's reach
  /// \param claims    what other clusters take, in the frame of the box
  /// \param node      wanted spacing of the image [rad]; voxels are cut into parts no larger
  /// \param max_cuts  into at most this many parts a side
  void project(SparseCube const& cube, SkyDirection const& centre, double distance,
               Claims const& claims, double node, int max_cuts);

  double total() const { return total_; }      ///< sum of P V / chi^2 [P200 ckpc/h]
  double removed() const { return removed_; }  ///< the same of what others took
  double node() const { return node_; }
  double radius() const { return radius_; }  ///< no image beyond this angle [rad]

  /// Adds the image's surface brightness at points of a ring [P200 ckpc/h per sr].
  void add_row(SkyDirection const& centre, RingPoints const& points, double* values) const;
  void add_row(SkyDirection const& centre, FlatPoints const& points, double* values) const;
  /// Visits 2 x 2 points in every mesh of the grid that is not empty, with their exact share:
  /// visit(direction (east, south, outwards), P V / chi^2).
  template <class Visit>
  void for_each_point(Visit&& visit) const;

 private:
  /// Takes back what the grid blurs, to second order; the sum stays, and no node falls below 0.
  /// \param part  size of the deposited parts [nodes]
  void sharpen(double part);
  /// \param east, south, toward  a unit vector
  double at(double east, double south, double toward) const;
  std::int64_t n_ = 0;  ///< nodes a side
  double node_ = 0, half_ = 0, radius_ = 0, total_ = 0, removed_ = 0;
  std::vector<double> values_;
};

template <class Visit>
void CubeImage::for_each_point(Visit&& visit) const {
  for (std::int64_t i = 0; i + 1 < n_; ++i) {
    for (std::int64_t j = 0; j + 1 < n_; ++j) {
      double const* const corner = values_.data() + (i * n_ + j);
      if (corner[0] + corner[1] + corner[n_] + corner[n_ + 1] == 0) continue;
      for (double const p : {0.25, 0.75}) {
        for (double const q : {0.25, 0.75}) {
          double const value = (1 - p) * ((1 - q) * corner[0] + q * corner[1]) +
                               p * ((1 - q) * corner[n_] + q * corner[n_ + 1]);
          double const x = (real(i) + p) * node_ - half_;
          double const y = (real(j) + q) * node_ - half_;
          double const quarter_u = (x * x + y * y) / 4, f = std::sqrt(1 - quarter_u);
          visit(Vec3{f * x, f * y, 1 - 2 * quarter_u}, value / 4);
        }
      }
    }
  }
}

}  // namespace setsz
