// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <deque>
#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/halos/field.hpp"
#include "stages/halos/halo_source.hpp"
#include "stages/halos/population.hpp"
#include "stages/halos/tally.hpp"
#include "stages/sky/field_maps_work.hpp"
#include "stages/sky/sight_repeats.hpp"
#include "stages/sky/sky_placement.hpp"

namespace setsz {

/// One snapshot on the sky: its haloes, and the distances for which it stands.
struct SkyPart {
  Population const* population;
  DistanceShell shell;
};

/// From where the boxes are seen, and how they are repeated.
struct Viewpoint {
  Vec3 observer;  ///< in units of the box
  Repetition repetition;
};

/// What was painted on one map, on all ranks together.
struct SkyTotals {
  Tally clusters, skirts, fill;
  std::int64_t n_boxes = 0;  ///< replicas
  SightRepeats repeats{};
  Tally halos() const;  ///< clusters and fill: each halo once
  Tally all() const;    ///< with the skirts
  Tally& of(HaloKind kind);
};

/// Where the images on a sky come from: for every snapshot the clusters with all their replicas,
/// their skirts, then the fill. In this order they are painted.
class SkySources {
 public:
  struct Source {
    std::size_t part;  ///< which snapshot
    BoxReplicas halos;
  };
  /// \param parts  not empty; their populations stay
  SkySources(std::vector<SkyPart> const& parts, Viewpoint const& view);
  SkySources(SkySources const&) = delete;

  std::deque<Source> const& all() const { return all_; }
  /// Each halo once, with its skirt and the length of its box.
  std::vector<HalosAndSkirts> halos() const;
  /// As far as the sky reaches.
  DistanceTable const& distances() const { return distances_; }
  std::int64_t n_boxes() const;  ///< replicas
  Lattice const& lattice() const { return placements_.front().lattice(); }

 private:
  DistanceTable distances_;
  std::deque<SkyPlacement> placements_;  ///< they stay where they are
  std::deque<Source> all_;
};

/// Collective: paints the sky around an observer, or what is left of it after a stop.
/// \return the totals of each map
std::vector<SkyTotals> paint_sky(Context& context, std::vector<SkyPart> const& parts,
                                 SkySources const& sources, FieldMaps& maps);

}  // namespace setsz
