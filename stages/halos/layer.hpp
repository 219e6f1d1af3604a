// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "stages/halos/tally.hpp"

namespace setsz {

/// What became of one image [the canvas's unit].
struct ImageSum {
  std::int64_t row;
  double painted, removed;
};

/// One kind of thing that is put onto a canvas, turn by turn: clusters, the fill, gas.
class Layer {
 public:
  /// \param quanta  of the sums on each of its maps, see ExactSum
  explicit Layer(std::vector<double> const& quanta) : tallies_(quanta.begin(), quanta.end()) {}
  virtual ~Layer() = default;

  /// All of its work, in a unit that does not depend on the number of ranks.
  virtual std::int64_t size() const = 0;
  /// Collective: one turn, from `first` on. \return how much is done then
  virtual std::int64_t paint(std::int64_t first) = 0;

  /// What this rank has counted on each map, to be added to that of the others.
  std::vector<Tally> const& tallies() const { return tallies_; }
  /// The images that this rank has counted on the first map, if the layer keeps them.
  std::vector<ImageSum> const& images() const { return images_; }
  /// Takes up what was counted before the run was stopped.
  void restore(std::vector<Tally::State> const& counted, std::vector<ImageSum> const& images) {
    for (std::size_t i = 0; i < tallies_.size(); ++i) tallies_[i].add(counted[i]);
    images_.insert(images_.end(), images.begin(), images.end());
  }

 protected:
  std::vector<Tally> tallies_;
  std::vector<ImageSum> images_;
};

}  // namespace setsz
