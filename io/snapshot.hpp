// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "pipeline/base/cosmology.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {

class H5File;

/// The header of a snapshot, from all its files.
struct SnapshotHeader {
  double box_ckpch = 0;  ///< edge of the periodic box [ckpc/h]
  double a = 1;          ///< scale factor
  double redshift = 0;
  Cosmology cosmology;                        ///< omega_b = 0 where the header does not know it
  std::array<std::int64_t, 6> n_particles{};  ///< by particle type, over all files
  std::array<double, 6> mass_table{};         ///< [1e10 Msun/h], 0: per particle
};

/// What one file tells about a snapshot: enough for a plan, and as cheap with 600 files as with
/// one.
struct SnapshotOutline {
  SnapshotHeader header;
  std::int64_t n_rows = 0;
  double bytes_per_row = 0;
};

/// Dark matter particles of some rows, in file order.
struct DarkMatterRows {
  std::int64_t first_row = 0;  ///< global row of the first one
  std::vector<Vec3> position;  ///< [ckpc/h], in [0, box)
  std::vector<Vec3> velocity;  ///< physical peculiar [km/s] (sqrt(a) applied)
  std::vector<std::uint64_t> id;
  std::vector<double> mass;  ///< [1e10 Msun/h]
};

/// Numbers in the precision of their file.
using RealSpan = std::variant<std::span<float const>, std::span<double const>>;

/// Dark matter particles of some rows as their file holds them, checked; valid during a visit.
struct DarkMatterBlock {
  static constexpr std::int64_t max_rows = 1 << 15;

  std::int64_t first_row = 0;
  RealSpan position;           ///< (n, 3) [ckpc/h], in [0, box)
  RealSpan velocity;           ///< (n, 3), times `velocity_factor`: physical peculiar [km/s]
  double velocity_factor = 1;  ///< sqrt(a)
  std::span<std::uint64_t const> id;
  RealSpan mass;          ///< (n) [1e10 Msun/h], if fixed_mass is 0
  double fixed_mass = 0;  ///< that of every particle

  Vec3 velocity_at(std::size_t i) const {
    return velocity_factor *
           Vec3{number(velocity, 3 * i), number(velocity, 3 * i + 1), number(velocity, 3 * i + 2)};
  }
  double mass_at(std::size_t i) const { return fixed_mass > 0 ? fixed_mass : number(mass, i); }

 private:
  static double number(RealSpan const& numbers, std::size_t i) {
    if (auto const* single = std::get_if<0>(&numbers)) return (*single)[i];
    return (*std::get_if<1>(&numbers))[i];
  }
};
using DarkMatterVisitor = std::function<void(DarkMatterBlock const&)>;

/// Gas cells of some rows, in file order.
struct GasRows {
  std::int64_t first_row = 0;
  std::vector<Vec3> position;             ///< [ckpc/h], in [0, box)
  std::vector<double> mass;               ///< [1e10 Msun/h]
  std::vector<double> density;            ///< comoving [1e10 Msun/h (ckpc/h)^-3]
  std::vector<double> electron_pressure;  ///< comoving code units; 0 where the cell forms stars
  std::vector<double> smoothing_length;   ///< kernel support [ckpc/h]; empty if the file has none
};

/// A multi-file snapshot in IllustrisTNG's layout, one particle type of it.
///
/// Rows are numbered through all files in file order. Opening looks into every file once and checks
/// headers, counts (NumPart_ThisFile, NumPart_Total with HighWord), shapes and types of the
/// datasets it will read; it reads no particle. Reading is local to a rank, keeps one file open,
/// and checks values: NaN, outside the box (rounding at the edge is wrapped and counted), all-zero
/// blocks.
class Snapshot {
 public:
  enum class Kind { dark_matter, gas };

  /// Local: this process looks into all files. For tools; stages use `open`.
  /// \param files  from `find_snapshot_files`
  Snapshot(std::vector<std::string> files, Kind kind);
  /// Collective: each file is looked into by one rank. All get the same snapshot, or all throw the
  /// same CollectiveError.
  static Snapshot open(Comm const& comm, std::vector<std::string> files, Kind kind);
  /// The same; rank 0 looks for the files. \param pattern  see `find_snapshot_files`
  static Snapshot open(Comm const& comm, std::string const& pattern, Kind kind);
  /// Local: looks into the first file that holds the type, and believes its totals.
  static SnapshotOutline outline(std::vector<std::string> const& files, Kind kind);
  Snapshot(Snapshot&&) noexcept;
  Snapshot& operator=(Snapshot&&) noexcept;
  ~Snapshot();

  SnapshotHeader const& header() const { return header_; }
  std::int64_t n_rows() const { return first_row_.back(); }
  std::vector<std::string> const& files() const { return files_; }
  bool has_smoothing_length() const { return has_smoothing_length_; }
  /// Bytes on disk of one row of what is read.
  double bytes_per_row() const { return bytes_per_row_; }
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
  struct DarkMatterColumns;
  /// A thousand particles that all lie closer to the origin than this share of the box are in other
  /// units than the box.
  static constexpr double smallest_extent = 2e-3;
  enum class Zeros { allowed, refused };
  Snapshot(Comm const* comm, std::vector<std::string> files, Kind kind);
  /// Calls `read(file, rows of the file, position in the result)` for every file with some of
  /// `rows`.
  using ReadPart = std::function<void(std::size_t file, Range rows, std::size_t at)>;
  void for_each_file(Range rows, ReadPart const& read) const;
  H5File const& file(std::size_t index) const;
  bool read_block(DarkMatterColumns& columns, Range rows, DarkMatterBlock& block,
                  bool& any_beyond) const;
  DarkMatterRows read_checked(Range rows) const;
  void require_extent(Range rows, bool any_beyond) const;
  void read_numbers(std::string const& dataset, Range rows, std::span<double> into,
                    std::size_t file, Zeros zeros) const;
  void read_vectors(std::string const& dataset, Range rows, std::span<Vec3> into,
                    std::size_t file) const;
  void read_positions(Range rows, std::span<Vec3> into, std::size_t file) const;
  void read_masses(Range rows, std::span<double> into, std::size_t file) const;
  void read_ids(Range rows, std::span<std::uint64_t> into, std::size_t file) const;

  std::vector<std::string> files_;
  Kind kind_;
  std::string group_;  ///< "/PartType1/"
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
std::vector<std::string> find_snapshot_files(std::string const& pattern);

}  // namespace setsz
