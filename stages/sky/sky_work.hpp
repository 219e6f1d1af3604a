// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/halos/field.hpp"
#include "stages/halos/population.hpp"
#include "stages/halos/tally.hpp"
#include "stages/sky/field_maps_work.hpp"
#include "stages/sky/sight_repeats.hpp"

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

/// As far as the sky reaches. \pre not empty
DistanceTable distances_for(std::vector<SkyPart> const& parts);

/// Collective: paints the sky around an observer, or what is left of it after a stop: for every
/// snapshot the clusters with all their replicas, their skirts, then the fill.
/// \return the totals of each map
std::vector<SkyTotals> paint_sky(Context& context, std::vector<SkyPart> const& parts,
                                 Viewpoint const& view, FieldMaps& maps);

}  // namespace setsz
