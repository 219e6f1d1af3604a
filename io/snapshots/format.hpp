// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "io/file_probe.hpp"
#include "io/snapshots/particles.hpp"

namespace setsz {

/// What one of the numbers in a file means.
struct SnapshotUnits {
  double length_ckpch = 1;
  double mass_1e10msunh = 1;
  double velocity_kms = 1;
  bool stated = false;  ///< by the file; else those of the format, or found by the mean density
};

/// What one file of a snapshot says about itself, in setsz's units. Travels between ranks.
struct SnapshotFileHead {
  SnapshotHeader header;  ///< of the whole snapshot
  std::int64_t n_files = 1;
  std::array<std::int64_t, 6> n_this_file{};
  // Of the kind that was asked for, if this file has such particles:
  double bytes_per_row = 0;  ///< on disk, of what is read
  bool has_star_formation = false;
  bool has_smoothing_length = false;
  bool narrow_ids = false;             ///< 32 bits
  bool has_electron_abundance = true;  ///< else fully ionised gas is assumed
  SnapshotUnits units;                 ///< of the file, for people
  // What tells a file from a copy of it, where a snapshot has several:
  std::array<std::uint64_t, 2> inode{};  ///< device and number; 0: not known
  /// Positions of the first and the last particle of the kind [ckpc/h]; NaN: not known
  std::array<double, 6> ends{std::numeric_limits<double>::quiet_NaN()};
};

/// What is read of a particle, in setsz's units.
enum class ParticleField {
  position,             ///< 3 numbers [ckpc/h]
  velocity,             ///< 3 numbers, physical peculiar [km/s]
  mass,                 ///< [1e10 Msun/h]
  density,              ///< comoving [1e10 Msun/h (ckpc/h)^-3]
  internal_energy,      ///< per mass [(km/s)^2]
  electron_abundance,   ///< electrons per hydrogen atom
  star_formation_rate,  ///< > 0: the cell forms stars
  smoothing_length,     ///< kernel support [ckpc/h]
};

/// An open file of a snapshot, one kind of its particles. Local. Rows are those of this file.
///
/// It hands over what the file holds in setsz's units; the values are checked by those who ask.
class SnapshotFile {
 public:
  virtual ~SnapshotFile() = default;

  /// As the file calls it, for messages: "/PartType1/Coordinates".
  virtual std::string name_of(ParticleField field) const = 0;
  virtual std::string name_of_ids() const = 0;
  /// \pre the file has this field (masses: where the header's mass_table is 0)
  virtual void read(ParticleField field, Range rows, std::span<double> into) const = 0;
  virtual void read_ids(Range rows, std::span<std::uint64_t> into) const = 0;

  /// Does it list a mass for each particle, also where the header's mass_table gives them one?
  virtual bool lists_masses() const { return false; }

  /// At most this many rows a block.
  virtual std::int64_t block_rows() { return DarkMatterBlock::max_rows; }
  /// Rows of dark matter, valid until the next call; first_row is left to the caller. A format
  /// whose files hold numbers as they are needed overrides it: this one copies and converts.
  /// \param fixed_mass  that of every particle, from the header; 0: it has a field for it
  virtual DarkMatterBlock read_block(Range rows, double fixed_mass);

 private:
  std::vector<double> position_, velocity_, mass_;
  std::vector<std::uint64_t> id_;
};

/// A row of the table of snapshot formats.
struct SnapshotFormat {
  std::string_view name;  ///< "AREPO/TNG HDF5"
  /// Is this file of this format? Does not throw where it is another file.
  bool (*recognise)(FileProbe const& file);
  /// What the file says of itself; reads no particle, but checks counts, shapes, types and filters
  /// of what will be read of `kind` (none: the header only).
  SnapshotFileHead (*describe)(FileProbe const& file, std::optional<ParticleKind> kind);
  /// \param header  of the snapshot
  std::unique_ptr<SnapshotFile> (*open)(std::string const& path, SnapshotHeader const& header,
                                        ParticleKind kind);
  std::string_view key = {};  ///< "swift": what [snapshot.NAME] format calls it
};
using SnapshotFormats = std::span<SnapshotFormat const>;

}  // namespace setsz
