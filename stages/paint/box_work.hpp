// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/halos/field.hpp"
#include "stages/halos/layer.hpp"
#include "stages/halos/population.hpp"
#include "stages/paint/box_canvas.hpp"
#include "stages/paint/box_report.hpp"

namespace setsz {

/// What was painted, on all ranks together.
struct BoxTotals {
  Tally clusters, skirts, fill;
  std::vector<ImageSum> each_cluster{}, each_skirt{};  ///< by row
};

/// Collective: paints a box, or what is left of it after a stop: clusters, skirts, fill.
BoxTotals paint_box(Context& context, Population const& population, Field const& field,
                    BoxCanvas& canvas);

/// Collective: Y within 2 R200 of every cluster, painted (before the partition) and of the gas.
/// \param pressure  path of pressure.h5
std::vector<ClusterY> cluster_ys(Comm const& comm, ClusterTable const& table,
                                 std::vector<ImageSum> const& sums, std::string const& pressure);

}  // namespace setsz
