// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "io/snapshot.hpp"
#include "pipeline/base/comm.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/paint/box_canvas.hpp"

namespace setsz {

/// grid.h5: sums of P V of a snapshot's gas in the cells of a box, as they were added.

/// Collective. \param header  of the snapshot
void write_gas_grid(Comm const& comm, std::string const& path, SnapshotHeader const& header,
                    SlabGrid const& grid);
/// Collective: each rank reads its planes. Error(bad_data) if the grid is of another box or time
/// than the clusters. \param tolerance  relative difference that is taken as rounding
void read_gas_grid(Comm const& comm, std::string const& path, ClusterTable const& table,
                   double tolerance, BoxCanvas& canvas);

}  // namespace setsz
