// SPDX-License-Identifier: BSD-3-Clause
#include "model/columns.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pipeline/base/error.hpp"

namespace setsz {

NLOHMANN_JSON_SERIALIZE_ENUM(Parity, {{Parity::polar, "polar"},
                                      {Parity::axial, "axial"},
                                      {Parity::headless, "headless"}})

std::size_t ClusterColumns::scalar(std::string_view name) const {
  auto const found = std::ranges::find(scalars, name);
  require(found != scalars.end(), ExitCode::config, "no cluster scalar '", name, "' (nearest: '",
          nearest(name, scalars), "')");
  return static_cast<std::size_t>(found - scalars.begin());
}

void to_json(nlohmann::json& json, ClusterColumns const& columns) {
  json = {{"scalars", columns.scalars}, {"vectors", nlohmann::json::array()}};
  for (auto const& [name, parity] : columns.vectors)
    json["vectors"].push_back({{"name", name}, {"parity", parity}});
}

void from_json(nlohmann::json const& json, ClusterColumns& columns) {
  json.at("scalars").get_to(columns.scalars);
  columns.vectors.clear();
  for (auto const& vector : json.at("vectors"))
    columns.vectors.push_back(
        {vector.at("name").get<std::string>(), vector.at("parity").get<Parity>()});
}

ClusterColumns const& cluster_columns() {
  static ClusterColumns const columns{
      {"ln_m200", "xoff", "voff", "centre_of_mass", "angular_momentum", "inertia_1", "inertia_2",
       "inertia_3", "dispersion_1", "dispersion_2", "dispersion_3"},
      {{"angular_momentum", Parity::axial},
       {"centre_of_mass", Parity::polar},
       {"inertia_1", Parity::headless},
       {"inertia_2", Parity::headless},
       {"inertia_3", Parity::headless},
       {"dispersion_1", Parity::headless},
       {"dispersion_2", Parity::headless},
       {"dispersion_3", Parity::headless}}};
  return columns;
}

}  // namespace setsz
