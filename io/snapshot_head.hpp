// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "io/snapshot.hpp"

// What snapshot*.cpp share; not for others.
namespace setsz::snapshot {

/// What one file of a snapshot says about itself. Travels between ranks.
struct FileHead {
  double box = 0, time = 0, redshift = 0, omega_m = 0, omega_l = 0, omega_b = 0, h = 0;
  double unit_length_cm = 0;  ///< 0: not stated
  std::int64_t n_files = 0;
  std::array<std::int64_t, 6> n_this_file{};
  std::array<std::int64_t, 6> n_total{};
  std::array<double, 6> mass_table{};
  double bytes_per_row = 0;
  bool has_star_formation = false;
  bool has_smoothing_length = false;
  bool narrow_ids = false;  ///< 32 bits
};

/// "PartType1" has the number 1.
constexpr std::size_t type_of(Snapshot::Kind kind) { return kind == Snapshot::Kind::gas ? 0 : 1; }

/// Opens a file, reads its header, checks the datasets of `kind`: everything but particles.
FileHead read_head(std::string const& path, Snapshot::Kind kind);

/// All problems of heads that must belong to one snapshot, one line each (none: empty).
std::vector<std::string> disagreements(std::vector<std::string> const& files,
                                       std::vector<FileHead> const& heads, Snapshot::Kind kind);

}  // namespace setsz::snapshot
