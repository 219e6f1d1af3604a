// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/voxelize_section.hpp"

namespace setsz {

void VoxelizeOptions::declare(OptionList& options) {
  options.add("n_voxels", n_voxels,
              {.help = "voxels along each side of a cube", .min = 2, .max = 1024});
  options.add("edge", edge_r200,
              {.unit = "R200", .help = "length of the sides of a cube", .min = 0.5, .max = 50});
  options.add(
      "fixed_edge", fixed_edge_ckpch,
      {.unit = "ckpc/h",
       .help = "the same in comoving units, for all clusters; if positive, it replaces edge",
       .min = 0,
       .max = 1e6});
  options.add(
      "cell_size", cell_size,
      {{"volume", CellSize::volume}, {"smoothing_length", CellSize::smoothing_length}},
      {.help = "volume: a gas cell is a ball of volume m/rho (AREPO); smoothing_length: P m/rho is "
               "spread over the ball of the kernel's support (SPH)"});
  options.add("normalised", normalised,
              {.help = "divide the pressure of a voxel by the fraction of it that gas fills"});
  options.add("voxel_position", voxel_position,
              {{"centre", VoxelPosition::centre}, {"corner", VoxelPosition::corner}},
              {.help = "where fits, networks and scores take a voxel to be. corner: its lower "
                       "corner, half a voxel off in each direction, as in the published program; "
                       "only to reproduce its numbers"});
  options.add("implausible_gas", implausible_gas,
              {{"refuse", Implausible::refuse}, {"warn", Implausible::warn}},
              {.help = "what to do with gas that can hardly be that of these clusters: mass within "
                       "R200 outside 0.3 to 1.2 of the cosmic share, pressure far from P200; or "
                       "whose fields contradict each other: mass/density that does not fill the "
                       "box (0.4 to 1.25 of it), gas above 10^6 K without its electrons",
               .affects = Affects::running});
}

}  // namespace setsz
