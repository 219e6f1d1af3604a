// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "io/h5.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/halos/field.hpp"
#include "stages/paint/column_sums_work.hpp"
#include "stages/paint/slab_grid.hpp"

namespace setsz {

/// Sums over pixels, cells and haloes may differ by this, relative (float64, many terms).
inline constexpr double sum_tolerance = 1e-6;

/// Collective: what was painted is what the cells hold, else Error(internal).
void check_sum(Comm const& comm, double held, double painted);

/// Collective: the field's density, mean over every cell. \param suffix  "" or "_gas"
void write_grid(Comm const& comm, H5File& file, Field const& field, std::string const& suffix,
                SlabGrid const& grid);

/// Collective: the field integrated through the box along x, y and z; returns its mean.
/// \param sums  of the grid
double write_maps(Comm const& comm, H5File& file, Field const& field, std::string const& suffix,
                  SlabGrid const& grid, ColumnSums const& sums, ClusterTable const& table);

}  // namespace setsz
