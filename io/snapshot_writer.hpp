// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "io/snapshot.hpp"

namespace setsz {

/// The gravity-only particles (PartType1) of one file of a snapshot.
struct DarkMatterFile {
  std::vector<Vec3> position;  ///< [ckpc/h], in [0, box)
  std::vector<Vec3> velocity;  ///< physical peculiar [km/s]; written divided by sqrt(a)
  std::vector<std::uint64_t> id;
  std::vector<double> mass;  ///< [1e10 Msun/h]; only where the header's mass_table[1] is 0
};

/// The gas cells (PartType0) of one file of a snapshot.
struct GasFile {
  std::vector<Vec3> position;  ///< [ckpc/h], in [0, box)
  std::vector<Vec3> velocity;  ///< physical peculiar [km/s]; may be empty: not written
  std::vector<std::uint64_t> id;
  std::vector<double> mass;                 ///< [1e10 Msun/h]
  std::vector<double> density;              ///< comoving [1e10 Msun/h (ckpc/h)^-3]
  std::vector<double> internal_energy;      ///< per mass [(km/s)^2]
  std::vector<double> electron_abundance;   ///< electrons per hydrogen atom
  std::vector<double> star_formation_rate;  ///< [Msun/yr]; empty: not written
  std::vector<double> smoothing_length;     ///< kernel support [ckpc/h]; empty: not written
};

/// How numbers are stored: TNG keeps single precision, and double for positions in some snapshots.
enum class StoredPositions { single, twice };

/// Writes one file of a snapshot in IllustrisTNG's layout. Local: every file has one writer.
///
/// \param header       of the whole snapshot (n_particles over all files)
/// \param n_files      of the snapshot
/// \param n_this_file  by particle type
/// \param dark_matter, gas  null where the file has no such group
void write_snapshot_file(std::string const& path, SnapshotHeader const& header, int n_files,
                         std::array<std::int64_t, 6> const& n_this_file,
                         DarkMatterFile const* dark_matter, GasFile const* gas,
                         StoredPositions positions = StoredPositions::single);

}  // namespace setsz
