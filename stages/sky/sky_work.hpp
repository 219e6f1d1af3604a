// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/halos/field.hpp"
#include "stages/halos/population.hpp"
#include "stages/halos/tally.hpp"
#include "stages/sky/lightcone.hpp"
#include "stages/sky/sky_canvas.hpp"

namespace setsz {

/// One snapshot on the sky: its haloes, and the distances for which it stands.
struct SkyPart {
  Population const* population;
  DistanceShell shell;
};

/// What was painted, on all ranks together.
struct SkyTotals {
  Tally clusters, fill;
  std::int64_t n_boxes = 0;  ///< replicas
  Tally all() const;
};

/// Collective: paints the sky around an observer, or what is left of it after a stop: for every
/// snapshot the clusters with all their replicas, then the fill.
/// \param observer  in units of the box
SkyTotals paint_sky(Context& context, std::vector<SkyPart> const& parts, Vec3 const& observer,
                    Field const& field, SkyCanvas& canvas);

}  // namespace setsz
