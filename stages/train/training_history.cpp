// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/training_history.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

bool TrainingHistory::finish_epoch(EpochRecord const& record, std::span<float const> parameters) {
  epochs.push_back(record);
  epoch_loss = epoch_norm = 0;
  if (std::isnan(record.validation_ratio)) return false;
  if (best_epoch >= 0 && record.validation_ratio >= best_ratio()) return false;
  best_epoch = std::ssize(epochs) - 1;
  best_parameters.assign(parameters.begin(), parameters.end());
  return true;
}

void TrainingHistory::average(std::span<float const> parameters) {
  average_parameters.resize(parameters.size(), 0.0F);
  auto const part = 1 / single(++averaged);
  for (std::size_t i = 0; i < parameters.size(); ++i)
    average_parameters[i] += part * (parameters[i] - average_parameters[i]);
}

double TrainingHistory::best_ratio() const { return epochs[best_epoch].validation_ratio; }

double TrainingHistory::last_ratio() const {
  for (auto epoch = epochs.rbegin(); epoch != epochs.rend(); ++epoch)
    if (!std::isnan(epoch->validation_ratio)) return epoch->validation_ratio;
  return std::numeric_limits<double>::quiet_NaN();
}

void to_json(nlohmann::json& json, TrainingHistory const& history) {
  auto epochs = nlohmann::json::array();
  for (auto const& e : history.epochs)
    epochs.push_back({e.training_loss, e.validation_ratio, e.rate, e.gradient_norm});  // NaN: null
  json = {{"epochs", epochs},
          {"epoch_loss", history.epoch_loss},
          {"epoch_norm", history.epoch_norm},
          {"averaged", history.averaged},
          {"best_epoch", history.best_epoch}};
}

void from_json(nlohmann::json const& json, TrainingHistory& history) {
  history.epochs.clear();
  for (auto const& e : json.at("epochs"))
    history.epochs.push_back({.training_loss = e.at(0).get<double>(),
                              .validation_ratio = e.at(1).is_null()
                                                      ? std::numeric_limits<double>::quiet_NaN()
                                                      : e.at(1).get<double>(),
                              .rate = e.at(2).get<double>(),
                              .gradient_norm = e.at(3).get<double>()});
  json.at("epoch_loss").get_to(history.epoch_loss);
  json.at("epoch_norm").get_to(history.epoch_norm);
  json.at("best_epoch").get_to(history.best_epoch);
  json.at("averaged").get_to(history.averaged);
}

void require_finite(std::span<double const> ratios, std::span<std::int64_t const> ids,
                    std::int64_t epoch) {
  for (std::size_t i = 0; i < ratios.size(); ++i)
    require(std::isfinite(ratios[i]), ExitCode::diverged, "validation in epoch ", epoch,
            ": the loss of cluster ", ids[i], " over that of the benchmark is ", ratios[i],
            "; lower the learning rates [train] rate_*, or check the pressure and the particles of "
            "this cluster");
}

double median_of(std::vector<double> values) {
  require(!values.empty() && std::ranges::none_of(values, [](double v) { return std::isnan(v); }),
          ExitCode::internal, "the median of ", values.size(), " values, or of NaN");
  std::ranges::sort(values);
  auto const n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

}  // namespace setsz
