// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/training_history.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace setsz {

bool TrainingHistory::finish_epoch(EpochRecord const& record, std::span<float const> parameters) {
  epochs.push_back(record);
  epoch_loss = epoch_norm = 0;
  if (best_epoch >= 0 && record.validation_ratio >= best_ratio()) return false;
  best_epoch = std::ssize(epochs) - 1;
  best_parameters.assign(parameters.begin(), parameters.end());
  return true;
}

double TrainingHistory::best_ratio() const { return epochs[best_epoch].validation_ratio; }

void to_json(nlohmann::json& json, TrainingHistory const& history) {
  auto epochs = nlohmann::json::array();
  for (auto const& e : history.epochs)
    epochs.push_back({e.training_loss, e.validation_ratio, e.rate, e.gradient_norm});
  json = {{"epochs", epochs},
          {"epoch_loss", history.epoch_loss},
          {"epoch_norm", history.epoch_norm},
          {"best_epoch", history.best_epoch}};
}

void from_json(nlohmann::json const& json, TrainingHistory& history) {
  history.epochs.clear();
  for (auto const& e : json.at("epochs"))
    history.epochs.push_back({e.at(0).get<double>(), e.at(1).get<double>(), e.at(2).get<double>(),
                              e.at(3).get<double>()});
  json.at("epoch_loss").get_to(history.epoch_loss);
  json.at("epoch_norm").get_to(history.epoch_norm);
  json.at("best_epoch").get_to(history.best_epoch);
}

double median_of(std::vector<double> values) {
  std::ranges::sort(values);
  auto const n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

}  // namespace setsz
