// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/skirt_slope.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace setsz {

double SkirtSlope::at(double mass) const {
  return std::clamp(index + mass_slope * std::log(mass / pivot), 2.0, 10.0);
}

void to_json(nlohmann::json& json, SkirtSlope const& slope) {
  json = {{"index", slope.index}, {"mass_slope", slope.mass_slope}};
}

void from_json(nlohmann::json const& json, SkirtSlope& slope) {
  json.at("index").get_to(slope.index);
  json.at("mass_slope").get_to(slope.mass_slope);
}

}  // namespace setsz
