// SPDX-License-Identifier: BSD-3-Clause
#include "model/flux_correction.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/base/error.hpp"

namespace setsz {

double FluxCorrection::strength(double m200c_1e10msunh) const {
  if (bins.empty()) return 0;
  double const x = std::log(m200c_1e10msunh);
  if (x <= bins.front().ln_mass) return bins.front().strength;
  for (std::size_t i = 1; i < bins.size(); ++i) {
    auto const &low = bins[i - 1], &high = bins[i];
    if (x > high.ln_mass) continue;
    double const share = (x - low.ln_mass) / (high.ln_mass - low.ln_mass);
    return low.strength + share * (high.strength - low.strength);
  }
  return bins.back().strength;
}

namespace {

template <class Member>
nlohmann::json column(FluxCorrection const& correction, Member member) {
  auto values = nlohmann::json::array();
  for (auto const& bin : correction.bins) values.push_back(bin.*member);
  return values;
}

}  // namespace

void to_json(nlohmann::json& json, FluxCorrection const& correction) {
  using Bin = FluxCorrection::Bin;
  json = {{"ln_mass", column(correction, &Bin::ln_mass)},
          {"strength", column(correction, &Bin::strength)},
          {"mass_low", column(correction, &Bin::mass_low)},
          {"mass_high", column(correction, &Bin::mass_high)},
          {"n", column(correction, &Bin::n)}};
}

void from_json(nlohmann::json const& json, FluxCorrection& correction) {
  correction.bins.clear();
  for (std::size_t i = 0; i < json.at("ln_mass").size(); ++i) {
    auto const number = [&](char const* key) { return json.at(key).at(i).get<double>(); };
    correction.bins.push_back({.ln_mass = number("ln_mass"),
                               .strength = number("strength"),
                               .mass_low = number("mass_low"),
                               .mass_high = number("mass_high"),
                               .n = json.at("n").at(i).get<std::int64_t>()});
    auto const& bin = correction.bins.back();
    require(std::isfinite(bin.ln_mass) && std::isfinite(bin.strength) && bin.strength > -1,
            ExitCode::bad_data, "bin ", i, " of the flux correction has ln M = ", bin.ln_mass,
            " and the strength ", bin.strength, " (finite, above -1 is expected)");
    require(i == 0 || bin.ln_mass > correction.bins[i - 1].ln_mass, ExitCode::bad_data,
            "the bins of the flux correction do not ascend in mass");
  }
}

}  // namespace setsz
