// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "stages/halos/partition.hpp"
#include "stages/halos/profile_family.hpp"
#include "stages/sky/point_pixels.hpp"
#include "stages/sky/stamp.hpp"

namespace setsz {

/// Takes from the stamp of a spherical profile what belongs to other haloes: pixels whose lines of
/// sight meet a neighbour's part are multiplied with the share that is left of some lines through
/// them. All others stay as they are.
class ClaimedPixels {
 public:
  explicit ClaimedPixels(RingGeometry const& geometry) : geometry_(geometry) {}

  struct Halo {
    SkyDirection const* centre;
    double distance, r200, r_cut;  ///< [ckpc/h]
    LinePieces pieces;             ///< [P200 R200]
    std::span<double const> mean;  ///< ProfileFamily::mean_projected
  };
  /// Smaller than a pixel: its pieces of lines need not be exact.
  /// \param angle_200  of R200 [rad]
  bool is_tiny(double angle_200) const;
  /// \param claims  in the frame of the box
  void take(Halo const& halo, Claims const& claims, Stamp& stamp);

 private:
  /// Where a neighbour's part of the halo is seen; none: anywhere.
  std::optional<SkyDisc> disc_of(std::optional<Claims::Ball> const& ball) const;
  void find_discs(std::span<Neighbour const> neighbours);
  /// Of the rows of a disc. \return nothing where it has none
  static Range row_of(std::vector<SkyDisc::Row> const& rows, std::int64_t ring);
  /// Those of some pixels of a ring that may meet a neighbour's part.
  Range meeting(std::int64_t ring, Range pixels) const;
  /// Lines through the pixels of a row that meet a neighbour's part, and through 4^level parts of
  /// some pixels.
  void find_lines(Stamp::RowView const& row);
  void add_lines(std::int64_t ring, Range pixels, int level, double* values);
  void make_room();
  void take_from_runs();
  /// For haloes smaller than a pixel: lines through points of the halo.
  void take_by_points(Stamp& stamp);
  void share_points(Stamp& stamp);
  /// Share of the projection within a part of the halo's radius.
  double within(double edge) const;
  void follow_lines();
  void follow_block(std::size_t begin, std::size_t n_lines);
  /// The same whoever the neighbours are. \param b, half  of each line, see find_chords()
  void follow_along(std::size_t begin, std::size_t n_lines, float const* b, float const* half);

  RingGeometry geometry_;
  Halo const* halo_ = nullptr;
  std::optional<Claims> claims_;                      ///< in the local frame
  std::vector<std::vector<SkyDisc::Row>> disc_rows_;  ///< where parts of neighbours are seen
  bool anywhere_ = false;                             ///< they may be anywhere
  std::vector<Claims::Ball> balls_;
  bool all_balls_ = false;  ///< and at most two
  int level_ = 0, core_level_ = 0;
  std::vector<SkyDisc::Row> core_rows_;
  PointPixels points_;

  /// Pixels of a row with equally many lines; part by part.
  struct Run {
    double* values;
    std::size_t n, parts;
  };
  struct Share {
    double whole, left;
  };
  std::vector<Run> runs_;
  std::size_t n_lines_ = 0;
  std::vector<double> x_, y_;        ///< (lines)
  std::vector<float> whole_, left_;  ///< (lines)
  std::vector<double> energy_;       ///< (points of the halo)
  std::vector<Share> shares_;        ///< (pixels)
  std::vector<LinePart> taken_;
};

}  // namespace setsz
