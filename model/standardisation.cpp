// SPDX-License-Identifier: BSD-3-Clause
#include "model/standardisation.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/base/number.hpp"

namespace setsz {

Affine Moments::affine() const {
  if (n < 1) return {};
  double const mean = sum / n;
  double const variance = sum2 / n - mean * mean;
  bool const spread = variance > 1e-12 * (mean * mean + 1e-30);
  return {mean, spread ? std::sqrt(variance) : 1.0};
}

Affine Standardisation::scalar(std::size_t column) const {
  return scalars.empty() ? Affine{} : scalars.at(column);
}

Affine Standardisation::quantity(std::string_view name) const {
  auto const found = quantities.find(name);
  return found == quantities.end() ? Affine{} : found->second;
}

std::vector<float> Standardisation::standardised(std::vector<double> const& values) const {
  std::vector<float> result;
  for (std::size_t i = 0; i < values.size(); ++i) result.push_back(single(scalar(i)(values[i])));
  return result;
}

void Standardisation::adopt(Standardisation const& known) {
  auto const take = [](auto& own, auto const& others) {
    for (auto& [name, value] : own) {
      auto const found = others.find(name);
      if (found != others.end()) value = found->second;
    }
  };
  take(quantities, known.quantities);
  take(fitted, known.fitted);
  scalars = known.scalars;
  reference_p200 = known.reference_p200;
}

void to_json(nlohmann::json& json, Affine const& affine) { json = {affine.mean, affine.deviation}; }
void from_json(nlohmann::json const& json, Affine& affine) {
  affine = {json.at(0).get<double>(), json.at(1).get<double>()};
}

void to_json(nlohmann::json& json, Standardisation const& s) {
  json = {{"scalars", s.scalars},
          {"quantities", nlohmann::json::object()},
          {"fitted", s.fitted},
          {"reference_p200", s.reference_p200}};
  for (auto const& [name, affine] : s.quantities) json["quantities"][name] = affine;
}

void from_json(nlohmann::json const& json, Standardisation& s) {
  json.at("scalars").get_to(s.scalars);
  s.quantities.clear();
  for (auto const& [name, affine] : json.at("quantities").items())
    s.quantities[name] = affine.get<Affine>();
  s.fitted.clear();
  for (auto const& [module, numbers] : json.at("fitted").items())
    s.fitted[module] = numbers.get<std::vector<double>>();
  json.at("reference_p200").get_to(s.reference_p200);
}

}  // namespace setsz
