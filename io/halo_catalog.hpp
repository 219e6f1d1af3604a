// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {

/// Which overdensity defines mass and radius.
enum class MassDefinition { m200c, m200m, m500c, vir };

/// A halo as the finder gives it, in code units.
struct Halo {
  std::int64_t id = 0;
  std::int64_t parent_id = -1;  ///< -1: a host
  Vec3 position;                ///< [ckpc/h], in [0, box)
  Vec3 velocity;                ///< physical peculiar [km/s]
  double mass = 0;              ///< in the chosen definition [1e10 Msun/h]
  double mass_all = -1;         ///< M200c of all particles, where `mass` is that of the bound ones
  Vec3 angular_momentum;        ///< code: 1e10 Msun/h x physical kpc/h x km/s
  double xoff_ckpch = -1;       ///< offset of centre and centre of mass; < 0: not in the file
  double voff_kms = -1;
  std::int64_t line = 0;  ///< of the file it came from
};

/// What the file's head says.
struct HaloCatalogHeader {
  std::optional<double> a, omega_m, omega_l, h, box_mpch;
  std::vector<std::string> columns;
  bool has_parents = false;
  std::size_t n_leftover_names = 0;  ///< names of columns that find_parents has not written
  std::string finder_version;
};

struct HaloCatalog {
  HaloCatalogHeader header;
  std::int64_t n_rows = 0;  ///< in all files, before the mass cut
  std::vector<Halo> halos;  ///< those read by this rank
};

/// Reads a Rockstar `out_N.list` (with or without PID; find_parents output) or `halos_*.ascii`.
///
/// Collective: every rank reads its own stretch of lines. Columns are taken by name from the header
/// through an alias table per file kind; a header whose names and rows disagree in number is an
/// Error(bad_data) that says which names find_parents leaves behind (unless the layout is the one
/// such a find_parents writes, known by its version line and counts).
/// Only halos of at least `mass_min` [1e10 Msun/h] are kept.
HaloCatalog read_rockstar(Comm const& comm, std::vector<std::string> const& files,
                          MassDefinition definition, double mass_min_1e10msunh);

/// Collective. Sets every halo's parent_id from another list of the same run (the output of
/// find_parents), matched by ID. A halo that the list does not know is an Error(bad_data).
void set_parents(Comm const& comm, HaloCatalog& catalog, std::string const& parents_file);

}  // namespace setsz
