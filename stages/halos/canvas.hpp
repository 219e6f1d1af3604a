// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/base/range.hpp"
#include "stages/halos/halo_gas.hpp"
#include "stages/halos/halo_image.hpp"
#include "stages/halos/painted.hpp"

namespace setsz {

/// A map that lies on the ranks in contiguous ranges of pieces: planes of a box, rings of a sky.
///
/// What a piece gets depends on the images and their order alone, not on the ranges.
class Canvas {
 public:
  /// \param boundaries  rank r holds the pieces [boundaries[r], boundaries[r + 1])
  explicit Canvas(std::vector<std::int64_t> boundaries) : boundaries_(std::move(boundaries)) {}
  virtual ~Canvas() = default;

  std::int64_t first_piece() const { return boundaries_.front(); }
  std::int64_t n_pieces() const { return boundaries_.back() - boundaries_.front(); }
  Range pieces_of(int rank) const {
    return {boundaries_[rank], boundaries_[static_cast<std::size_t>(rank) + 1]};
  }
  int rank_of(std::int64_t piece) const {
    auto const next = std::upper_bound(boundaries_.begin(), boundaries_.end() - 1, piece);
    return static_cast<int>(next - boundaries_.begin()) - 1;
  }
  /// Visits each rank that holds some of the pieces once. A range may begin before the first piece
  /// or end behind the last one: there the canvas begins anew.
  template <class Visit>
  void for_each_rank(Range pieces, Visit&& visit) const;

  /// The pieces that a ball around `seen` touches, or more; none if the canvas shows nothing of it.
  virtual Range touched(Vec3 const& seen, double reach) const = 0;
  /// The piece that holds a point: its rank counts the halo there.
  virtual std::int64_t home(Vec3 const& seen) const = 0;
  /// Adds an image to the pieces of this rank.
  /// \param weight  what 1 in the profile or cube stands for: HaloSource::weight_of
  virtual Painted paint(HaloGas const& gas, HaloImage const& image, double weight) = 0;
  /// The values of a piece of this rank.
  virtual std::span<double> piece(std::int64_t index) = 0;

 private:
  std::vector<std::int64_t> boundaries_;
};

template <class Visit>
void Canvas::for_each_rank(Range pieces, Visit&& visit) const {
  if (pieces.size() <= 0) return;
  std::int64_t const n = n_pieces(), origin = first_piece();
  std::int64_t first = (pieces.first - origin) % n;
  if (first < 0) first += n;
  std::int64_t const last = first + std::min(pieces.size(), n);
  int const begin = rank_of(origin + first);
  for (int rank = begin; rank <= rank_of(origin + std::min(last, n) - 1); ++rank)
    if (pieces_of(rank).size() > 0) visit(rank);
  for (int rank = 0; rank < begin && pieces_of(rank).first < origin + last - n; ++rank)
    if (pieces_of(rank).size() > 0) visit(rank);
}

}  // namespace setsz
