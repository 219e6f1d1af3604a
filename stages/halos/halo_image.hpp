// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>

#include "pipeline/base/cube_symmetry.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {

/// A halo that is painted, in the frame of its box.
struct BoxHalo {
  std::int64_t row = 0;     ///< in the table that it comes from
  Vec3 position{};          ///< in [0, box) [ckpc/h]
  double mass = 0;          ///< [1e10 Msun/h], of the table's mass definition
  double r200 = 0;          ///< comoving [ckpc/h]
  double p200 = 0;          ///< comoving [code]
  double reach = 0;         ///< nothing of it is painted farther from its centre [ckpc/h]
  Vec3 velocity{};          ///< physical peculiar [km/s]
  double redshift = 0;      ///< of its profile, where the family depends on it
  std::int64_t id = 0;      ///< of the halo catalogue
  double strength = 1;      ///< times the pressure of its profile
  std::int64_t sample = 0;  ///< number of the drawn prediction of its gas, from 1; 0: there is one
};

/// A halo as it appears on a canvas; there may be many images of one halo. Travels between ranks.
struct HaloImage {
  BoxHalo halo;         ///< p200 is that of the image's redshift
  Vec3 seen;            ///< its centre: in the box, or as seen from the observer [ckpc/h]
  CubeSymmetry turn{};  ///< of the box, with its gas and its velocities
  std::array<std::int16_t, 3> cell{};  ///< which replica of the box
  bool at_face = false;                ///< it reaches into a replica that does not continue the box
};

}  // namespace setsz
