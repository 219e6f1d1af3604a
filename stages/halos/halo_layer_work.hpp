// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "stages/halos/canvas.hpp"
#include "stages/halos/halo_source.hpp"
#include "stages/halos/layer.hpp"

namespace setsz {

/// Puts the haloes of a source onto the maps of one or several fields, in one pass.
///
/// In every turn each rank finds the images of its share of the places and sends each of them to
/// the ranks whose pieces it touches; these paint what they get. The shares follow each other in
/// rank order, so what a piece gets, it gets in the order of the places, on any number of ranks.
/// Memory per rank: the images of a turn, three times.
class HaloLayer : public Layer {
 public:
  enum class Keep { sums, every_image };
  /// A map of one field.
  struct Sheet {
    Field const& field;
    Canvas& canvas;
    double quantum;  ///< of the sums [the canvas's unit], see ExactSum
  };
  /// \param stage   for messages: "paint"
  /// \param sheets  the maps; canvases of equal pieces on equal ranks
  /// \param memory_bytes  per rank
  HaloLayer(Comm const& comm, std::string stage, HaloSource const& source,
            std::vector<Sheet> sheets, double memory_bytes, Keep keep = Keep::sums);

  /// Images that a rank takes in a turn.
  static std::int64_t images_of_a_rank(double memory_bytes, std::int64_t images_per_turn) {
    return std::clamp<std::int64_t>(
        static_cast<std::int64_t>(memory_bytes / (3 * sizeof(HaloImage))), 1, images_per_turn);
  }

  HaloKind kind() const { return source_.kind(); }
  std::int64_t size() const override { return source_.n_places(); }
  std::int64_t paint(std::int64_t first) override;

 private:
  void deal(Range places, std::vector<std::vector<HaloImage>>& outgoing);
  void paint(std::vector<HaloImage> const& images);
  void paint(std::size_t sheet, HaloGas const& gas, HaloImage const& image);
  void count_at_face(HaloImage const& image, Claims const& claims, Tally& tally) const;

  Comm const& comm_;
  std::string stage_;
  HaloSource const& source_;
  std::vector<Sheet> sheets_;
  std::int64_t images_per_turn_;  ///< of a rank
  Keep keep_;
};

}  // namespace setsz
