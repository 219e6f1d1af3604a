// SPDX-License-Identifier: BSD-3-Clause
#include "model/network_options.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

/// Every option that is a plain number or switch, once: for reading and for writing.
template <class Options, class Visit>
void visit_plain(Options& o, Visit&& visit) {
  visit("modules", o.modules);
  visit("origin_layers", o.origin_layers);
  visit("origin_width", o.origin_width);
  visit("local_layers", o.local_layers);
  visit("local_width", o.local_width);
  visit("local_outputs", o.local_outputs);
  visit("aggregator_layers", o.aggregator_layers);
  visit("aggregator_width", o.aggregator_width);
  visit("dropout", o.dropout);
  visit("visible_dropout", o.visible_dropout);
  visit("absolute_angles", o.absolute_angles);
  visit("local_radius", o.local_radius);
  visit("local_pressure_scaling", o.local_pressure_scaling);
  visit("initial_k", o.initial_k);
  visit("head_scale", o.head_scale);
}

}  // namespace

bool NetworkOptions::has(std::string const& module) const {
  return std::find(modules.begin(), modules.end(), module) != modules.end();
}

double NetworkOptions::local_radius_ckpch(double r200c_ckpch) const {
  return local_radius_unit == LocalRadiusUnit::ckpch ? local_radius : local_radius * r200c_ckpch;
}

void NetworkOptions::validate() const {
  std::vector<std::string> const known{"gnfw", "origin", "local", "aggregator"};
  for (auto const& module : modules) {
    require(std::find(known.begin(), known.end(), module) != known.end(), ExitCode::config,
            "unknown module '", module, "' (known: ", join(known, ", "),
            "; nearest: ", nearest(module, known), ")");
    require(std::count(modules.begin(), modules.end(), module) == 1, ExitCode::config, "module '",
            module, "' is listed twice");
  }
  require(has("gnfw") || has("local") || has("aggregator"), ExitCode::config,
          "modules = ", join(modules, ","),
          " predict nothing (one of gnfw, local, aggregator is needed)");
  require(!has("origin") || has("gnfw") || has("aggregator"), ExitCode::config,
          "origin moves the centre of the gnfw and of the aggregator's positions, but neither is "
          "among the modules");
  for (auto const size : {origin_layers, origin_width, local_layers, local_width, local_outputs,
                          aggregator_layers, aggregator_width})
    require(size >= 1 && size <= 4096, ExitCode::config,
            "a layer count or width of the network is ", size, " (allowed: 1 to 4096)");
  require(dropout >= 0 && dropout < 1 && visible_dropout >= 0 && visible_dropout < 1,
          ExitCode::config, "dropout rates must lie in [0, 1), found ", dropout, " and ",
          visible_dropout);
  require(local_radius > 0, ExitCode::config, "local_radius must be positive, found ",
          local_radius);
}

void to_json(nlohmann::json& json, NetworkOptions const& options) {
  visit_plain(options, [&](char const* key, auto const& value) { json[key] = value; });
  json["local_radius_unit"] =
      options.local_radius_unit == LocalRadiusUnit::ckpch ? "ckpc/h" : "R200";
  json["origin_pooling"] =
      options.origin_pooling == OriginPooling::position ? "position" : "direction";
  json["local_contraction"] = options.local_contraction == LocalContraction::unit ? "unit" : "full";
}

void from_json(nlohmann::json const& json, NetworkOptions& options) {
  visit_plain(options, [&](char const* key, auto& value) { json.at(key).get_to(value); });
  options.local_radius_unit =
      json.at("local_radius_unit") == "ckpc/h" ? LocalRadiusUnit::ckpch : LocalRadiusUnit::r200;
  options.origin_pooling =
      json.at("origin_pooling") == "position" ? OriginPooling::position : OriginPooling::direction;
  options.local_contraction =
      json.at("local_contraction") == "unit" ? LocalContraction::unit : LocalContraction::full;
}

}  // namespace setsz
