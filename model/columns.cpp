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

std::size_t ClusterColumns::vector(std::string_view name) const {
  auto const found = std::ranges::find(vectors, name, &VectorColumn::name);
  require(found != vectors.end(), ExitCode::config, "no cluster vector '", name, "' (nearest: '",
          nearest(name, vector_names()), "')");
  return static_cast<std::size_t>(found - vectors.begin());
}

std::vector<std::string> ClusterColumns::vector_names() const {
  std::vector<std::string> names;
  for (auto const& vector : vectors) names.push_back(vector.name);
  return names;
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

ClusterColumns const& published_columns() {
  static ClusterColumns const columns{
      {"ln_m200", "xoff", "voff", "centre_of_mass", "angular_momentum", "inertia_1", "inertia_2",
       "inertia_3", "velocity_tensor_1", "velocity_tensor_2", "velocity_tensor_3"},
      {{"angular_momentum", Parity::axial},
       {"centre_of_mass", Parity::polar},
       {"inertia_1", Parity::headless},
       {"inertia_2", Parity::headless},
       {"inertia_3", Parity::headless},
       {"velocity_tensor_1", Parity::headless},
       {"velocity_tensor_2", Parity::headless},
       {"velocity_tensor_3", Parity::headless}}};
  return columns;
}

std::vector<std::string> const& profile_columns() {
  static auto const names = [] {
    std::vector<std::string> result;
    for (double const r : mass_profile_radii) result.push_back(concat("mass_", r));
    for (double const r : dispersion_profile_radii) result.push_back(concat("dispersion_", r));
    return result;
  }();
  return names;
}

std::vector<VectorColumn> const& tensor_row_columns() {
  static std::vector<VectorColumn> const rows{
      {"inertia_row_1", Parity::headless},         {"inertia_row_2", Parity::headless},
      {"inertia_row_3", Parity::headless},         {"velocity_tensor_row_1", Parity::headless},
      {"velocity_tensor_row_2", Parity::headless}, {"velocity_tensor_row_3", Parity::headless}};
  return rows;
}

ClusterColumns const& cluster_columns() {
  static auto const columns = [] {
    auto all = published_columns();
    auto const& rows = tensor_row_columns();
    all.vectors.insert(all.vectors.end(), rows.begin(), rows.end());
    all.scalars.insert(all.scalars.end(), profile_columns().begin(), profile_columns().end());
    all.scalars.emplace_back("ln_a");
    return all;
  }();
  return columns;
}

}  // namespace setsz
