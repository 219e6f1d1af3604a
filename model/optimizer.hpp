// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace setsz {

/// The one-cycle schedule: learning rate and first momentum as functions of the step.
///
/// The rate rises along a cosine from max/start_divisor to max during the first `rising_part` of
/// the steps, then falls to max/start_divisor/end_divisor; beta1 falls and rises the other way.
/// \source Smith & Topin (2017), arXiv:1708.07120; phases cut as in torch's OneCycleLR
struct OneCycle {
  std::int64_t total_steps = 1;
  double rising_part = 0.3;
  double start_divisor = 1000;
  double end_divisor = 1e4;
  double beta1_slow = 0.95;
  double beta1_fast = 0.85;

  struct Point {
    double rate;  ///< as a fraction of the maximum
    double beta1;
  };
  Point at(std::int64_t step) const;
};

/// How weight decay enters.
enum class WeightDecay {
  l2,        ///< added to the gradient, as in the paper
  decoupled  ///< subtracted from the weights (Loshchilov & Hutter 2019)
};

/// Neighbouring parameters that share a maximum learning rate and weight decay.
struct ParameterGroup {
  std::string name;
  std::int64_t first = 0;  ///< in the flat array
  std::int64_t last = 0;
  double max_rate = 0;
  double weight_decay = 0;
};

/// Adam over a flat array whose groups partition it. All state is plain arrays: a saved optimiser
/// goes on exactly as an uninterrupted one.
/// \source Kingma & Ba (2015), arXiv:1412.6980, algorithm 1
class Adam {
 public:
  Adam(std::vector<ParameterGroup> groups, OneCycle schedule, WeightDecay decay = WeightDecay::l2);

  /// Scales the gradient to at most this global norm, then moves the parameters.
  /// \return the norm before clipping
  double step(std::span<float> parameters, std::span<float> gradient, double max_norm);

  std::int64_t steps_done() const { return steps_; }
  OneCycle const& schedule() const { return schedule_; }
  std::vector<ParameterGroup> const& groups() const { return groups_; }
  std::vector<float> const& first_moment() const { return first_; }
  std::vector<float> const& second_moment() const { return second_; }
  /// Continues a saved run. \pre moments of the size of the parameters
  void restore(std::int64_t steps, std::vector<float> first, std::vector<float> second);

 private:
  std::vector<ParameterGroup> groups_;
  OneCycle schedule_;
  WeightDecay decay_;
  std::int64_t steps_ = 0;
  std::vector<float> first_, second_;
};

/// Euclidean norm, summed in double in index order.
double euclidean_norm(std::span<float const> values);

}  // namespace setsz
