// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "pipeline/base/vec3.hpp"
#include "stages/sky/ring_geometry.hpp"
#include "stages/sky/sky_polygon.hpp"

namespace setsz {

/// A part of the sky between two longitudes and two colatitudes [rad].
struct SkyPatch {
  double phi_min, phi_max, theta_min, theta_max;
};
/// All that lies within an angle [rad] of a direction.
struct SkyCap {
  Vec3 centre;
  double radius;
};

/// The pixels that a map of the sky has: all of them, or those whose centres lie in a part of it,
/// or those of a flat image.
///
/// In memory a ring of a part is one range of pixels, some of which may not be shown: those between
/// two pieces of a polygon, those of a plate carree image around a polygon or cap, and a margin.
class SkyGrid {
 public:
  using Part = std::variant<std::monostate, SkyPatch, SkyCap, SkyPolygon>;
  /// \param margin  held beyond the part, at least as far, but not shown [rad]
  SkyGrid(RingGeometry geometry, Part part = {},  // NOLINT(google-explicit-constructor)
          double margin = 0);

  RingGeometry const& geometry() const { return geometry_; }
  bool is_full() const {
    return std::holds_alternative<std::monostate>(part_) && !geometry_.flat();
  }
  /// What is held beyond the part [rad].
  double margin() const { return margin_; }
  /// From the first to the last ring with pixels; empty if there is none.
  Range rings() const { return rings_; }
  /// The pixels of a ring that the map has, in its order; they may pass longitude 0.
  Range pixels_of(std::int64_t ring) const { return pixels_[ring - 1]; }
  /// Of the pixels of a ring that the map has, those that it shows; empty: all.
  std::vector<bool> shown(std::int64_t ring) const;
  /// Of a plate carree or flat map, what its image has: the same columns of all rows.
  struct Image {
    Range rings, columns;
  };
  Image image() const;
  /// That are shown.
  std::int64_t n_pixels() const { return n_pixels_; }
  /// Area over 4 pi; of a gnomonic image that in its plane, which is larger.
  double share_of_sky() const;
  bool has(RingPixel const& pixel) const;
  /// Could a disc around a direction have something in common with the map?
  bool may_meet(Vec3 const& seen, double angle) const;

  /// Contiguous ranges of rings with nearly equal numbers of pixels.
  /// \return n_ranks + 1 boundaries, from rings().first to rings().last
  std::vector<std::int64_t> boundaries(int n_ranks) const;

 private:
  bool meets(FlatRows const& flat, Vec3 const& seen, double angle) const;
  /// All pixels of a ring within a margin of the part, and maybe some others of a polygon's cap.
  Range pixels_inside(std::int64_t ring, double margin) const;
  Range trimmed(std::int64_t ring, Range pixels) const;
  /// Of a plate carree map.
  void make_columns();

  RingGeometry geometry_;
  Part part_;
  double margin_;
  std::vector<Range> pixels_;  ///< of every ring
  Range rings_;
  std::int64_t n_pixels_ = 0;
};

}  // namespace setsz
