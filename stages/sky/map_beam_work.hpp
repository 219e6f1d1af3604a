// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "pipeline/base/comm.hpp"
#include "stages/sky/beam_kernel.hpp"
#include "stages/sky/sky_canvas.hpp"

namespace setsz {

/// Spreads what the pixels of a map hold with a round beam, pixel by pixel on the sphere:
/// whatever was painted, cubes and what neighbours leave of profiles as well.
///
/// What a pixel holds goes to the pixels around it in proportion to beam x area, divided by the sum
/// of these: the sum of the map does not change. Each rank gets the rings around its own from the
/// others; sums go ring by ring, so the map is the same on any number of ranks. Costs
/// pi (reach/pixel)^2 evaluations of the beam for each pixel, once and for each map; pixels of
/// plate carree maps are the narrower, and so the more, the nearer to a pole.
class MapBeam {
 public:
  /// Collective. \param canvas  of the maps, of which this one and others may be spread
  MapBeam(Comm const& comm, SkyCanvas const& canvas, BeamKernel kernel);
  /// Collective.
  void spread(RingMap& map) const;

 private:
  /// Solid angles of a ring's pixels.
  std::vector<double> areas(std::int64_t ring) const;
  /// Rings whose pixels a ring may see.
  Range seen_from(std::int64_t ring) const;
  /// The rings that a rank needs.
  Range needed_by(int rank) const;
  /// Sets result[i] of a ring's pixels i to the sum over all pixels of beam x source.
  /// \param source  source(ring): the values of a ring in seen_from(ring)
  template <class Source>
  void sum(std::int64_t ring, Source const& source, std::vector<double>& result) const;
  /// The same of rows of a flat image.
  template <class Source>
  void sum_flat(std::int64_t ring, Source const& source, std::vector<double>& result) const;
  /// cos and sin of the longitudes of a ring's pixels, or the directions of those of a flat image,
  /// kept while they are needed.
  struct Row {
    std::int64_t ring = 0;
    RingCircle circle{};
    std::vector<double> longitude, cosine, sine;
    std::vector<Vec3> directions;
  };
  Row const& row(std::int64_t ring) const;

  Comm const& comm_;
  SkyGrid const& grid_;
  std::vector<Range> pieces_;  ///< rings of each rank
  BeamKernel kernel_;
  std::vector<std::vector<double>> weight_;  ///< of the own rings: sum over pixels of beam x area
  mutable std::vector<Row> rows_;            ///< by ring modulo their number
};

}  // namespace setsz
