// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "stages/halos/painted.hpp"
#include "stages/halos/parcels.hpp"
#include "stages/halos/partition.hpp"
#include "stages/halos/profile_family.hpp"
#include "stages/sky/beam.hpp"
#include "stages/sky/claimed_pixels.hpp"
#include "stages/sky/cube_image.hpp"
#include "stages/sky/profile_core.hpp"
#include "stages/sky/profile_row.hpp"
#include "stages/sky/ring_map.hpp"
#include "stages/sky/stamp.hpp"

namespace setsz {

/// A halo on the sky.
struct SkyHalo {
  Vec3 position;  ///< of its centre, seen from the observer, comoving [ckpc/h]
  double r200;    ///< comoving [ckpc/h]
  double weight;  ///< what P/P200 = 1 over 1 ckpc/h (comoving) adds to the map, see Field
};

/// Adds haloes to a map, integrated over the pixels; sum rule: the sum over the pixels of value x
/// area is weight x the sum of P V / chi^2 over what is painted, to rounding.
///
/// A halo that covers few pixels is painted as points, each with its share. The brightness of a
/// larger one is sampled at the parts of the pixels, and the samples are scaled to the known
/// integral; the error of the samples is reported. What others leave of a profile is known from
/// the shells around its centre (ShellShare), not from the samples.
///
/// What a pixel gets depends on the halo alone, never on the ring range of the map.
class SkyPainter {
 public:
  /// Samples that miss more of a halo than this are refused: the scaled picture would be wrong.
  static constexpr double largest_sampling_error = 0.25;
  /// More than this is worth a warning: a rough cube, such as that of a network hardly trained.
  static constexpr double usual_sampling_error = 0.05;

  /// \param beam  of profiles that no other halo claims; the others must not come with one
  explicit SkyPainter(RingMap& map, Beam beam = {});

  /// Can a halo that reaches so far be seen from outside?
  static bool is_outside(double distance, double reach) { return distance > 1.02 * reach; }

  /// A cluster of the network. \pre is_outside(distance, cube.reach)
  Painted paint(SparseCube const& cube, SkyHalo const& halo, Claims const& claims);
  /// A spherical profile. \pre is_outside(distance, r200 x_cut)
  Painted paint(ProfileFamily const& family, ProfilePoint const& point, SkyHalo const& halo,
                Claims const& claims);

 private:
  /// What the stamp must be multiplied with to hold `known`, both parts of `whole`; Error(internal)
  /// if it misses too much. 1 if a flat image does not show all of its disc.
  double factor_to(double known, double sampled, double whole, Painted& result) const;
  /// From a projection, its mean over pixels of this size.
  static void average_over(double pixel_r200, double x_cut, std::span<double const> projected,
                           std::span<float> averages);
  Painted paint_through_beam(ProfileFamily const& family, ProfilePoint const& point,
                             SkyHalo const& halo, double total);
  Painted paint_points(ProfileFamily const& family, ProfilePoint const& point, SkyHalo const& halo,
                       Claims const& claims, double spacing_r200, double total);
  /// Takes from the stamp of a halo what others claim. \return the factor to what is left; none if
  /// the stamp cannot hold it
  std::optional<double> leave_unclaimed(ProfileFamily const& family, ProfilePoint const& point,
                                        SkyHalo const& halo, Claims const& claims,
                                        SkyDirection const& centre, std::span<double const> mean,
                                        double factor, Painted& result);
  /// \param local  its direction (east, south, outwards)
  void add_point(SkyDirection const& centre, Vec3 const& local, double value);
  /// What lies beyond the edge of the map does not count as painted.
  void add_stamp(double factor, Painted& result);
  PixelSides sides_at(Vec3 const& position) const;

  RingMap& map_;
  double points_inside_ = 0;  ///< of a map with an edge: the points of the halo that it has
  Beam beam_;
  CubeImage image_;
  Stamp stamp_;
  SphereSampler sampler_;
  std::vector<double> projected_, mean_, enclosed_, beamed_;
  std::vector<float> smoothed_;
  std::vector<TableNode> line_pieces_;
  ProfileRow row_;
  ProfileCore core_;
  ClaimedPixels claimed_;
};

}  // namespace setsz
