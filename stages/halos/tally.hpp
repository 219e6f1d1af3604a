// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "stages/halos/canvas.hpp"
#include "stages/halos/exact_sum.hpp"

namespace setsz {

/// What has been painted. The tallies of ranks, layers and sessions add up in any order.
class Tally {
 public:
  /// \param quantum  of the integrals [the canvas's unit], see ExactSum
  explicit Tally(double quantum) : painted_(quantum), removed_(quantum) {}

  void add(HaloImage const& image, Painted const& result);
  void add_left_out(std::int64_t n) { n_left_out_ += n; }
  /// An image at a face of its replica. \param n_apart  neighbours that claim parts of it, beyond
  void add_at_face(std::int64_t n_apart) {
    ++n_at_face_;
    n_apart_ += n_apart;
  }
  /// Something that is no halo.
  void add(double painted) { painted_.add(painted); }

  double painted() const { return painted_.value(); }
  double removed() const { return removed_.value(); }  ///< belongs to other haloes
  std::int64_t n_images() const { return n_images_; }
  std::int64_t n_left_out() const { return n_left_out_; }  ///< the observer is inside
  std::int64_t n_at_face() const { return n_at_face_; }    ///< reach into another replica
  std::int64_t n_apart() const { return n_apart_; }        ///< their neighbours that are not there
  double mass_min() const { return mass_min_; }            ///< [1e10 Msun/h]; HUGE_VAL: no image
  double mass_max() const { return mass_max_; }
  std::int64_t n_sampled() const { return n_sampled_; }  ///< images with a sampling error
  double largest_sampling_error() const { return largest_sampling_error_; }
  double mean_sampling_error() const;

  /// All of it as plain numbers, to travel and to be kept; added to another tally of equal quantum.
  struct State {
    std::array<std::int64_t, 8> counts;
    std::array<double, 3> extremes;
  };
  State state() const;
  void add(State const& state);

 private:
  ExactSum painted_, removed_;
  ExactSum sampling_errors_{1e-11};  ///< each below 0.05: room for 1e9 images
  std::int64_t n_images_ = 0, n_sampled_ = 0, n_left_out_ = 0, n_at_face_ = 0, n_apart_ = 0;
  double largest_sampling_error_ = 0, mass_min_ = HUGE_VAL, mass_max_ = 0;
};

}  // namespace setsz
