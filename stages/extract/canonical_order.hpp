// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "stages/common/cell_grid.hpp"
#include "stages/extract/captured.hpp"

namespace setsz {

/// The particles of one cluster in the order in which they are stored.
struct OrderedParticles {
  std::vector<KeptParticle> particles;
  CellGrid grid;
  std::vector<std::int64_t> first_in_cell;  ///< (n_cells + 1)
};

/// Sorts by cell in grid order, inside a cell by the hash of the ParticleID: the result does not
/// depend on the order of arrival. `blocks` is emptied; beside the result 16 bytes a particle and
/// one copy of a block are held at a time.
///
/// Two particles with the same id, in one cell or in two, are an Error(bad_data): the order would
/// be undefined, and a snapshot that holds a particle twice is broken.
OrderedParticles in_canonical_order(ParticleBlocks&& blocks, CellGrid const& grid);

}  // namespace setsz
