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

  /// A row may set so many values beyond its last: loops in blocks need no remainder.
  static constexpr int padding = 15;

  /// Averages `add_row(points, double* values)`, which adds a surface brightness at given
  /// RingPoints or FlatPoints (there times their `sr`) to `values`, over the parts of every pixel
  /// that the disc may touch. \param radius  of the disc [rad]: the brightness is 0 outside
  template <class AddRow>
  void build(RingMap const& map, SkyDirection const& centre, double radius, Cuts const& cuts,
             AddRow&& add_row);

  /// The same with uncut pixels, whose values `set_row(points, double* values)` sets; it may
  /// set some beyond them, up to `padding`. `core` gives the averages over those whose centres lie
  /// within `core_radius` [rad]: core.add(ring, pixels), then core.averages().
  template <class SetRow, class Core>
  void build(RingMap const& map, SkyDirection const& centre, double radius, double core_radius,
             SetRow&& set_row, Core& core);

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
  /// Where the values have pixel k of a ring of n, if they have it.
  std::optional<std::size_t> index_of(std::int64_t ring, std::int64_t k, std::int64_t n) const;

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
    std::size_t begin, end;    ///< in values_
    double area;               ///< see RingGeometry::pixel_area
  };
  /// Visits the pieces of a row that a map has: visit(first in values_, last, place in the ring).
  template <class Visit>
  static void for_each_piece(RingMap const& map, Row const& row, Visit&& visit);

  /// In a fixed order that leaves room for vectors.
  static double sum_of(double const* values, std::int64_t n);
  /// `set_row(ring, circle of its centres, pixels, values)` sets a row.
  template <class SetRow>
  void build_rows(RingMap const& map, SkyDirection const& centre, double reach, SetRow&& set_row);

  std::vector<Row> rows_;
  std::vector<Range> near_;     ///< of the core's rings, its pixels
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
  build_rows(map, centre, reach,
             [&](std::int64_t ring, auto const& circle, Range pixels, double* values) {
               average(geometry, centre, ring, pixels, cuts.level, add_row, values);
               if (!has_core) return;
               Range const near = core.pixels_of(ring, circle);
               if (near.size() > 0)
                 average(geometry, centre, ring, near, cuts.core_level, add_row,
                         values + (near.first - pixels.first));
             });
}

template <class SetRow, class Core>
void Stamp::build(RingMap const& map, SkyDirection const& centre, double radius, double core_radius,
                  SetRow&& set_row, Core& core) {
  RingGeometry const& geometry = map.geometry();
  double const reach = radius + geometry.largest_pixel_radius();
  SkyDisc const inner(geometry, centre, std::min(core_radius, reach));
  Range const rings = inner.rings();
  near_.clear();
  for (std::int64_t ring = rings.first; ring < rings.last; ++ring) {
    near_.push_back(inner.pixels_of(ring));
    if (near_.back().size() > 0) core.add(ring, near_.back());
  }
  double const* next = core.averages().data();
  build_rows(map, centre, reach,
             [&](std::int64_t ring, auto const& circle, Range pixels, double* values) {
               add_part(geometry, centre, ring, circle, PixelPart{}, pixels, set_row, values);
               if (!rings.contains(ring)) return;
               Range const near = near_[ring - rings.first];
               if (near.size() <= 0) return;
               std::copy_n(next, near.size(), values + (near.first - pixels.first));
               next += near.size();
             });
}

template <class SetRow>
void Stamp::build_rows(RingMap const& map, SkyDirection const& centre, double reach,
                       SetRow&& set_row) {
  RingGeometry const& geometry = map.geometry();
  rows_.clear();
  n_values_ = 0;
  SkyDisc const disc(geometry, centre, std::min(reach, std::numbers::pi));
  is_whole_ = disc.is_whole();
  integral_ = 0;
  Range const rings = disc.rings();
  for (std::int64_t ring = rings.first; ring < rings.last; ++ring) {
    auto const circle = geometry.circle(ring, PixelPart{});
    Range const pixels = disc.pixels_of(ring, circle);
    if (pixels.size() <= 0) continue;
    map.prefetch(ring, pixels.first, pixels.size());  // will be there when add_to() comes
    Row const row{ring, pixels.first, n_values_,
                  n_values_ + static_cast<std::size_t>(pixels.size()), geometry.pixel_area(ring)};
    n_values_ = row.end;
    if (values_.size() < n_values_ + padding) values_.resize(2 * n_values_ + padding);
    double* const values = values_.data() + row.begin;
    set_row(ring, circle, pixels, values);
    integral_ += sum_of(values, pixels.size()) * row.area;
    rows_.push_back(row);
  }
}

}  // namespace setsz
