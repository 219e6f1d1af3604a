// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/snapshots/format_table.hpp"
#include "io/snapshots/particles.hpp"
#include "pipeline/base/comm.hpp"

namespace setsz {

/// A snapshot of one or many files in any format of the table, one kind of its particles.
///
/// Rows are numbered through all files in file order. Opening looks into every file once and checks
/// headers, counts, shapes and types of what it will read; it reads no particle. Reading is local
/// to a rank, keeps one file open, and checks values: NaN, outside the box (rounding at the edge is
/// wrapped and counted), all-zero blocks.
class Snapshot {
 public:
  using Kind = ParticleKind;

  /// Local: this process looks into all files. For tools; stages use `open`.
  /// \param files  from `find_snapshot_files`
  Snapshot(std::vector<std::string> files, Kind kind, SnapshotFormats formats = snapshot_formats());
  /// Collective: each file is looked into by one rank. All get the same snapshot, or all throw the
  /// same CollectiveError.
  static Snapshot open(Comm const& comm, std::vector<std::string> files, Kind kind,
                       SnapshotFormats formats = snapshot_formats());
  /// The same; rank 0 looks for the files. \param pattern  see `find_snapshot_files`
  static Snapshot open(Comm const& comm, std::string const& pattern, Kind kind,
                       SnapshotFormats formats = snapshot_formats());
  /// Local: looks into the first file that holds the type, and believes its totals.
  static SnapshotOutline outline(std::vector<std::string> const& files, Kind kind,
                                 SnapshotFormats formats = snapshot_formats());
  Snapshot(Snapshot&&) noexcept;
  Snapshot& operator=(Snapshot&&) noexcept;
  ~Snapshot();

  Kind kind() const { return kind_; }
  /// For files that know no cosmology (omega_m = 0).
  void assume(Cosmology const& cosmology) { header_.cosmology = cosmology; }
  SnapshotHeader const& header() const { return header_; }
  std::string_view format_name() const { return format_.name; }
  std::int64_t n_rows() const { return first_row_.back(); }
  std::vector<std::string> const& files() const { return files_; }
  bool has_smoothing_length() const { return has_smoothing_length_; }
  /// Bytes on disk of one row of what is read.
  double bytes_per_row() const { return bytes_per_row_; }
  /// The mean mass of a particle [1e10 Msun/h]: from the header, or of some thousand particles all
  /// over the snapshot; the relative error of the latter. A file that has both must mean the same,
  /// else Error(bad_data). Local.
  struct MeanMass {
    double mass = 0, error = 0;
  };
  MeanMass mean_mass() const;
  /// Every field of some thousand particles all over the snapshot, value by value and as the
  /// reading later does it, so that a wrong unit is found before work begins: Error(bad_data).
  /// Local.
  void check_sample() const;
  /// Particles read so far by this rank whose position was wrapped into the box (x = L, -1e-7).
  std::int64_t n_wrapped() const { return n_wrapped_; }

  /// \pre kind is dark_matter. `rows` may cross file borders.
  DarkMatterRows read_dark_matter(Range rows) const;
  /// The same rows in blocks that stay in the cache, one after the other: no number is converted,
  /// nothing is copied that needs no second look.
  void visit_dark_matter(Range rows, DarkMatterVisitor const& visit) const;
  /// \pre kind is gas
  GasRows read_gas(Range rows) const;

  /// Fixed slices of at most `slice_rows` rows: a function of the snapshot alone, never of ranks.
  std::vector<Range> slices(std::int64_t slice_rows) const;

 private:
  struct OpenFile;
  Snapshot(Comm const* comm, std::vector<std::string> files, Kind kind, SnapshotFormats formats);
  /// Calls `read(file, rows of the file, position in the result)` for every file with some of
  /// `rows`.
  using ReadPart = std::function<void(std::int64_t file, Range rows, std::int64_t at)>;
  void for_each_file(Range rows, ReadPart const& read) const;
  SnapshotFile& file(std::int64_t index) const;
  MeanMass sampled_mass() const;
  Range sample_block(std::int64_t i) const;
  double fixed_mass() const { return header_.mass_table[type_of(kind_)]; }
  DarkMatterRows read_checked(Range rows) const;
  GasRows read_checked_gas(Range rows) const;
  void read_checked_gas(std::int64_t index, Range part, std::int64_t at, GasRows& result) const;
  void require_extent(Range rows, bool any_beyond) const;
  void require_ids(std::vector<std::uint64_t> ids) const;

  std::vector<std::string> files_;
  Kind kind_;
  SnapshotFormat format_;
  SnapshotHeader header_;
  std::vector<std::int64_t> first_row_;  ///< of every file, then the total
  bool has_smoothing_length_ = false;
  bool has_star_formation_ = false;
  double bytes_per_row_ = 0;
  mutable std::unique_ptr<OpenFile> open_file_;  ///< the one read last
  mutable std::int64_t n_wrapped_ = 0;
};

/// The files of a snapshot: `pattern` is a folder, one file, or a name with `*` for the number of
/// the file ("snapdir_099/snap_099.*.hdf5"); sorted by number. Missing numbers are named as ranges
/// in an Error(missing_input); how many there should be, the first file's header says.
std::vector<std::string> find_snapshot_files(std::string const& pattern,
                                             SnapshotFormats formats = snapshot_formats());

/// The files of a name with one `*` for their number, sorted by it; a name without stands for
/// itself. None: Error(missing_input).
std::vector<std::string> find_numbered_files(std::string const& pattern);

}  // namespace setsz
