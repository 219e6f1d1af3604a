// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/voxelize_section.hpp"

namespace setsz {

void VoxelizeOptions::declare(OptionList& options) {
  options.add("n_voxels", n_voxels, {.help = "voxels a side of a cube", .min = 2, .max = 1024});
  options.add("edge", edge_r200, {.unit = "R200", .help = "side of a cube", .min = 0.5, .max = 50});
  options.add("fixed_edge", fixed_edge_ckpch,
              {.unit = "ckpc/h",
               .help = "the same for all clusters; if above 0, in place of edge",
               .min = 0,
               .max = 1e6});
  options.add(
      "cell_size", cell_size,
      {{"volume", CellSize::volume}, {"smoothing_length", CellSize::smoothing_length}},
      {.help = "a gas cell is a ball of volume m/rho (AREPO), or of the SPH kernel's support "
               "with P m/rho spread over it"});
  options.add("normalised", normalised,
              {.help = "divide a voxel's pressure by the share of it that gas fills"});
}

}  // namespace setsz
