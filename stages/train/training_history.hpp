// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <vector>

namespace setsz {

/// What is written down of an epoch.
struct EpochRecord {
  double training_loss = 0;  ///< mean over the clusters, equation 7 of Thiele et al. (2022)
  /// Equation 8: median over clusters of loss / benchmark loss. NaN: the epoch had no validation.
  double validation_ratio = std::numeric_limits<double>::quiet_NaN();
  double rate = 0;           ///< of the last step, as a fraction of each group's maximum
  double gradient_norm = 0;  ///< mean over the steps, before clipping
};

/// The course of a training, its best parameters, and the average over its last epochs.
struct TrainingHistory {
  std::vector<EpochRecord> epochs;
  double epoch_loss = 0;  ///< sums over the clusters and steps of the epoch that is under way
  double epoch_norm = 0;
  std::int64_t best_epoch = -1;
  std::vector<float> best_parameters;
  std::int64_t averaged = 0;  ///< epochs in the average
  std::vector<float> average_parameters;

  /// Closes an epoch. \return whether it is the best so far
  bool finish_epoch(EpochRecord const& record, std::span<float const> parameters);
  /// Adds parameters to the average.
  void average(std::span<float const> parameters);
  double best_ratio() const;
  /// Of the newest epoch that had a validation.
  double last_ratio() const;
};
/// Without the parameters.
void to_json(nlohmann::json& json, TrainingHistory const& history);
void from_json(nlohmann::json const& json, TrainingHistory& history);

/// Throws Error(diverged) for the first ratio that is not finite: NaN says elsewhere that there was
/// no validation.
/// \param ids    of the clusters, in the order of the ratios
/// \param epoch  from 1, for the message
void require_finite(std::span<double const> ratios, std::span<std::int64_t const> ids,
                    std::int64_t epoch);

/// \pre not empty, no NaN. The mean of the middle two for an even number.
double median_of(std::vector<double> values);

}  // namespace setsz
