// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <vector>

#include "pipeline/base/number.hpp"
#include "pipeline/base/vec3.hpp"
#include "stages/sky/ring_map.hpp"
#include "stages/sky/row_points.hpp"
#include "stages/sky/sky_disc.hpp"

namespace setsz {

class ProfileCore;
class ProfileRow;

/// The values of the pixels in a disc around a direction, computed ring by ring.
///
/// Kept apart from the map, so that they can be scaled to a known integral: every rank that shares
/// the disc computes all of it and finds the same factor. The map that it is built for, and will be
/// added to, is only looked at.
class Stamp {
 public:
  /// How finely pixels are cut: into 4^level parts, those near the centre into 4^core_level.
  struct Cuts {
    int level = 0;
    int core_level = 0;
    double core_radius = 0;  ///< [rad]
  };

  /// Averages `add_row(points, double* values)`, which adds a surface brightness at given
  /// RingPoints or FlatPoints (there times their `sr`) to `values`, over the parts of every pixel
  /// that the disc may touch. \param radius  of the disc [rad]: the brightness is 0 outside
  template <class AddRow>
  void build(RingMap const& map, SkyDirection const& centre, double radius, Cuts const& cuts,
             AddRow&& add_row);

  /// A profile's values at the centres of the pixels; for those whose centres lie within
  /// `core_radius` [rad], the averages that `core` gives. \param radius  of the profile [rad]
  void build(RingMap const& map, SkyDirection const& centre, double radius, double core_radius,
             ProfileRow const& profile, ProfileCore& core);

  struct RowView {
    std::int64_t ring;
    Range pixels;  ///< first, first + 1, ... modulo the ring's number
    double* values;
  };
  /// Visits the rows, so that their values can be changed; then add_up().
  template <class Visit>
  void for_each_row(Visit&& visit) {
    for (auto const& row : rows_)
      visit(RowView{row.ring,
                    {row.first, row.first + static_cast<std::int64_t>(row.end - row.begin)},
                    values_.data() + row.begin});
  }
  void add_up();
  /// Where the values have a pixel, if they have it.
  std::optional<std::size_t> index_of(RingPixel const& pixel, RingGeometry const& geometry) const {
    if (rows_.empty() || pixel.ring < rows_.front().ring || pixel.ring > rows_.back().ring)
      return {};
    // Rings without pixels lie before the first row or behind the last one.
    Row const& row = rows_[static_cast<std::size_t>(pixel.ring - rows_.front().ring)];
    std::int64_t at = pixel.in_ring - row.first;
    if (at < 0 || at >= row.size()) {
      std::int64_t const n = geometry.pixels_in(pixel.ring);
      while (at < 0) at += n;  // a division costs more than all of it
      while (at >= n) at -= n;
      if (at >= row.size()) return {};
    }
    return row.begin + static_cast<std::size_t>(at);
  }

  /// Sum over the pixels of value x area.
  double integral() const { return integral_; }
  /// False: some of the disc lies where a flat image does not show the sky.
  bool is_whole() const { return is_whole_; }
  /// Adds factor x value x area to the pixels that the map owns.
  void add_to(RingMap& map, double factor) const;
  /// The part of the integral over the pixels that the map has, on any rank.
  double integral_over(RingMap const& map) const;
  std::int64_t n_pixels() const { return static_cast<std::int64_t>(n_values_); }

 private:
  /// Adds the values at one part of each of the pixels.
  template <class AddRow>
  static void add_part(RingGeometry const& geometry, SkyDirection const& centre, std::int64_t ring,
                       RingCircle const& circle, PixelPart part, Range pixels, AddRow&& add_row,
                       double* values);
  /// Sets values[k - pixels.first] to the average over the 4^level parts of the pixels k.
  template <class AddRow>
  static void average(RingGeometry const& geometry, SkyDirection const& centre, std::int64_t ring,
                      Range pixels, int level, AddRow&& add_row, double* values);

  struct Row {
    std::int64_t ring, first;  ///< pixels first, first + 1, ... modulo the ring's number
    std::int64_t place;        ///< of the first, see RingMap::place_of
    std::size_t begin, end;    ///< in values_
    double area;               ///< see RingGeometry::pixel_area
    std::int64_t size() const { return static_cast<std::int64_t>(end - begin); }
  };
  /// Visits the pieces of a row that a map has: visit(first in values_, last, place in the ring).
  template <class Visit>
  static void for_each_piece(RingMap const& map, Row const& row, Visit&& visit);

  /// In a fixed order that leaves room for vectors.
  static double sum_of(double const* values, std::int64_t n);
  /// Tells the processor that the pixels of a row will soon be added to.
  static void prefetch(RingMap const& map, Row const& row);
  /// The rows whose pixels' centres lie within the reach [rad], to be given values.
  void begin_rows(RingMap const& map, SkyDirection const& centre, double reach);
  /// Sets the profile's values in some rows.
  void set_rows(RingGeometry const& geometry, SkyDirection const& centre, Range rows,
                ProfileRow const& profile);
  /// Adds some rows to the integral.
  void add_rows(Range rows);

  std::vector<SkyDisc::Row> disc_rows_;  ///< of each row, the same
  std::vector<Row> rows_;
  std::vector<SkyDisc::Row> core_rows_;
  std::vector<float> places_;
  std::vector<double> values_;  ///< n_values_ of them, and some room
  std::size_t n_values_ = 0;
  double integral_ = 0;
  bool is_whole_ = true;
};

template <class AddRow>
void Stamp::add_part(RingGeometry const& geometry, SkyDirection const& centre, std::int64_t ring,
                     RingCircle const& circle, PixelPart part, Range pixels, AddRow&& add_row,
                     double* values) {
  geometry.for_each_piece(ring, part, pixels.first, pixels.last, [&](auto const& piece) {
    add_row(seen_from(centre, circle, piece), values + (piece.first - pixels.first));
  });
}

template <class AddRow>
void Stamp::average(RingGeometry const& geometry, SkyDirection const& centre, std::int64_t ring,
                    Range pixels, int level, AddRow&& add_row, double* values) {
  std::fill_n(values, pixels.size(), 0.0);
  int const parts = 1 << level;
  for (int a = 0; a < parts; ++a) {
    for (int b = 0; b < parts; ++b) {
      PixelPart const part{(a + 0.5) / parts - 0.5, (b + 0.5) / parts - 0.5};
      add_part(geometry, centre, ring, geometry.circle(ring, part), part, pixels, add_row, values);
    }
  }
  if (level == 0) return;
  double const share = 1.0 / (parts * parts);
  for (std::int64_t i = 0; i < pixels.size(); ++i) values[i] *= share;
}

template <class AddRow>
void Stamp::build(RingMap const& map, SkyDirection const& centre, double radius, Cuts const& cuts,
                  AddRow&& add_row) {
  RingGeometry const& geometry = map.geometry();
  double const margin = geometry.largest_pixel_radius();
  double const reach = radius + (cuts.level > 0 ? margin : 0);
  bool const has_core = cuts.core_level > cuts.level;
  SkyDisc const core(geometry, centre, std::min(cuts.core_radius + margin, reach));
  begin_rows(map, centre, reach);
  is_whole_ = SkyDisc(geometry, centre, std::min(reach, std::numbers::pi)).is_whole();
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    auto const& [ring, pixels, circle] = disc_rows_[i];
    double* const values = values_.data() + rows_[i].begin;
    average(geometry, centre, ring, pixels, cuts.level, add_row, values);
    if (!has_core) continue;
    Range const near = core.pixels_of(ring, circle);
    if (near.size() > 0)
      average(geometry, centre, ring, near, cuts.core_level, add_row,
              values + (near.first - pixels.first));
  }
  add_up();
}

}  // namespace setsz
