// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/tally.hpp"

#include <algorithm>

namespace setsz {

void Tally::add(HaloImage const& image, Painted const& result) {
  ++n_images_;
  painted_.add(result.painted);
  removed_.add(result.removed);
  mass_min_ = std::min(mass_min_, image.halo.mass);
  mass_max_ = std::max(mass_max_, image.halo.mass);
  if (!result.sampling_error) return;
  ++n_sampled_;
  sampling_errors_.add(*result.sampling_error);
  largest_sampling_error_ = std::max(largest_sampling_error_, *result.sampling_error);
}

double Tally::mean_sampling_error() const {
  return sampling_errors_.value() / real(std::max<std::int64_t>(1, n_sampled_));
}

Tally::State Tally::state() const {
  return {{painted_.count(), removed_.count(), sampling_errors_.count(), n_images_, n_sampled_,
           n_left_out_, n_at_face_, n_apart_},
          {largest_sampling_error_, mass_min_, mass_max_}};
}

void Tally::add(State const& state) {
  auto const& [painted, removed, errors, n_images, n_sampled, n_left_out, n_at_face, n_apart] =
      state.counts;
  painted_.add_count(painted);
  removed_.add_count(removed);
  sampling_errors_.add_count(errors);
  n_images_ += n_images;
  n_sampled_ += n_sampled;
  n_left_out_ += n_left_out;
  n_at_face_ += n_at_face;
  n_apart_ += n_apart;
  largest_sampling_error_ = std::max(largest_sampling_error_, state.extremes[0]);
  mass_min_ = std::min(mass_min_, state.extremes[1]);
  mass_max_ = std::max(mass_max_, state.extremes[2]);
}

}  // namespace setsz
