// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/base/range.hpp"
#include "stages/mock/measure.hpp"
#include "stages/mock/universe.hpp"

namespace setsz {

/// The particles of one halo: `n_in_halo[halo]` of them, those of the clumps last. Positions are
/// minus the catalogue position (not wrapped), velocities minus the catalogue velocity.
///
/// Radii take equal parts of the enclosed mass, one particle each, so the profile has no Poisson
/// noise; directions and velocities are random, dispersions from the isotropic Jeans equation.
std::vector<MockParticle> halo_particles(MockUniverse const& universe, std::int64_t halo);

/// Particles [range) of those spread evenly through the box, in box coordinates.
std::vector<MockParticle> background_particles(MockUniverse const& universe, Range range);

/// What one file of the gravity-only snapshot holds: the particles of a stretch of `file_order`,
/// then a share of the background. A function of the universe and the number of files alone.
struct DarkMatterShare {
  std::int64_t first_id;  ///< of its first particle; ids run through all files from 1
  Range halos;            ///< of file_order
  Range background;
  std::int64_t n_particles;
};
std::vector<DarkMatterShare> plan_dark_matter_files(MockUniverse const& universe,
                                                    std::int64_t n_files);

struct DarkMatterContent {
  std::vector<MockParticle> particles;    ///< in box coordinates [0, box)
  std::vector<HaloMeasurement> measured;  ///< one per halo of the file, in its order
};
DarkMatterContent content_of(MockUniverse const& universe, DarkMatterShare const& file);

}  // namespace setsz
