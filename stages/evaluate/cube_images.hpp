// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <vector>

#include "model/gnfw.hpp"
#include "stages/common/cube_lattice.hpp"

namespace setsz {

/// The integrals along x, y and z of what lies within score_radius_r200; (3, n, n), of the two
/// other axes the later one fastest. [P200 R200]
std::vector<float> cube_images(CubeLattice const& lattice, std::span<float const> cube);

/// A spherical profile on the lattice, within score_radius_r200; 0 outside.
std::vector<float> profile_cube(CubeLattice const& lattice, GnfwShape const& profile);

}  // namespace setsz
