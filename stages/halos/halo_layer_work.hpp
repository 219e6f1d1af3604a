// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "stages/halos/canvas.hpp"
#include "stages/halos/halo_source.hpp"
#include "stages/halos/layer.hpp"

namespace setsz {

/// Puts the haloes of a source onto a canvas.
///
/// In every turn each rank finds the images of its share of the places and sends each of them to
/// the ranks whose pieces it touches; these paint what they get. The shares follow each other in
/// rank order, so what a piece gets, it gets in the order of the places, on any number of ranks.
/// Memory per rank: the images of a turn, three times.
class HaloLayer : public Layer {
 public:
  enum class Keep { sums, every_image };
  struct Limits {
    double quantum;       ///< of the sums [the canvas's unit], see ExactSum
    double memory_bytes;  ///< per rank
  };
  /// \param stage  for messages: "paint"
  HaloLayer(Comm const& comm, std::string stage, HaloSource const& source, Canvas& canvas,
            Limits const& limits, Keep keep = Keep::sums);

  HaloKind kind() const { return source_.kind(); }
  std::int64_t size() const override { return source_.n_places(); }
  std::int64_t paint(std::int64_t first) override;

 private:
  void deal(Range places, std::vector<std::vector<HaloImage>>& outgoing);
  void paint(std::vector<HaloImage> const& images);
  void count(HaloImage const& image, Claims const& claims, Painted const& result);

  Comm const& comm_;
  std::string stage_;
  HaloSource const& source_;
  Canvas& canvas_;
  std::int64_t images_per_turn_;  ///< of a rank
  Keep keep_;
};

}  // namespace setsz
