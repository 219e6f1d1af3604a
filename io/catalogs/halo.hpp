// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/vec3.hpp"

namespace setsz {

/// Which overdensity defines mass and radius.
enum class MassDefinition { m200c, m200m, m500c, vir };
inline constexpr MassDefinition all_mass_definitions[]{MassDefinition::m200c, MassDefinition::m200m,
                                                       MassDefinition::m500c, MassDefinition::vir};

/// "200c", "200m", "500c", "vir"
inline std::string_view name_of(MassDefinition definition) {
  switch (definition) {
    case MassDefinition::m200c:
      return "200c";
    case MassDefinition::m200m:
      return "200m";
    case MassDefinition::m500c:
      return "500c";
    case MassDefinition::vir:
      break;
  }
  return "vir";
}

/// A halo as the finder gives it, in code units.
struct Halo {
  std::int64_t id = 0;          ///< >= 0
  std::int64_t parent_id = -1;  ///< -1: a host
  Vec3 position;                ///< [ckpc/h], in [0, box)
  Vec3 velocity;                ///< physical peculiar [km/s]; NaN: not in the file
  double mass = 0;              ///< in the chosen definition [1e10 Msun/h]
  double mass_all = -1;         ///< M200c of all particles, where `mass` is that of the bound ones
  /// Where `mass` is 0: the largest of others; nothing: the file knows no other.
  std::optional<double> other_mass;
  Vec3 angular_momentum;   ///< code: 1e10 Msun/h x physical kpc/h x km/s
  double xoff_ckpch = -1;  ///< offset of centre and centre of mass; < 0: not in the file
  double voff_kms = -1;
  double radius_ckpch = -1;         ///< as listed, of the chosen definition; < 0: not in the file
  double dispersion_kms = -1;       ///< of its particles
  std::int64_t file = 0, line = 0;  ///< where it came from
};

// What no halo exceeds.
inline constexpr double largest_halo_mass = 3.163e6;  ///< 10^16.5 Msun/h [1e10 Msun/h]
inline constexpr double largest_halo_speed_kms = 1e4;

/// What a catalogue file says about itself.
struct HaloCatalogHeader {
  std::optional<double> a, omega_m, omega_l, h, box_mpch;
  std::optional<double> redshift;       ///< as a table states it, perhaps rounded
  std::optional<double> particle_mass;  ///< of the simulation [1e10 Msun/h]
  /// The part of the box that this file covers (files of a set) [Mpc/h].
  std::optional<Vec3> lower, upper;
  std::optional<std::int64_t> n_files;  ///< of the set that this file belongs to
  std::vector<std::string> columns;
  bool has_parents = false;
  std::size_t n_leftover_names = 0;  ///< names of columns that find_parents has not written
  std::int64_t n_left_out = 0;       ///< values that are no numbers and that the particles tell
  std::string finder_version;
};

}  // namespace setsz
