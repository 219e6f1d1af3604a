// SPDX-License-Identifier: BSD-3-Clause
#include "model/network_options.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "model/module_table.hpp"
#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

std::vector<std::unique_ptr<Module>> copies(std::vector<std::unique_ptr<Module>> const& modules) {
  std::vector<std::unique_ptr<Module>> result;
  result.reserve(modules.size());
  for (auto const& module : modules) result.push_back(module->clone());
  return result;
}

std::vector<std::string> names(std::vector<std::unique_ptr<Module>> const& modules) {
  std::vector<std::string> result;
  result.reserve(modules.size());
  for (auto const& module : modules) result.emplace_back(module->name());
  return result;
}

}  // namespace

NetworkOptions::NetworkOptions() : all_(module_table()) {
  for (auto const& module : all_)
    if (module->is_default()) modules.emplace_back(module->name());
}

NetworkOptions::NetworkOptions(NetworkOptions const& other)
    : modules(other.modules),
      inputs(other.inputs),
      contractions(other.contractions),
      head_scale(other.head_scale),
      initial_k(other.initial_k),
      all_(copies(other.all_)) {}

NetworkOptions& NetworkOptions::operator=(NetworkOptions const& other) {
  return *this = NetworkOptions(other);
}

void NetworkOptions::declare_own(OptionList& options) {
  options.add("modules", modules,
              {.help = concat("any of ", join(names(all_), ", "), "; what is missing is pruned")});
  inputs.declare(options);
  options.add("contractions", contractions,
              {{"parity", Contractions::parity},
               {"signed", Contractions::with_sign},
               {"absolute", Contractions::absolute}},
              {.help = "how products u.e of directions with the cluster's vectors enter. parity: "
                       "signed where the sign of e means something, else their squares, and the "
                       "products of two with the same e, so that a mirrored cluster has the "
                       "mirrored prediction; signed: all with their sign; absolute: likewise, but "
                       "the aggregator sees |r^.e|, as published"});
  options.add("head_scale", head_scale,
              {.help = "factor on the starting weights of the linear heads: small values start "
                       "near the benchmark",
               .min = 0,
               .max = 10});
  options.add(
      "initial_k", initial_k,
      {.help = "starting value of the strength k of the additive term, which stays positive",
       .min = 1e-6,
       .max = 1e6});
}

void NetworkOptions::declare(OptionList& options) {
  declare_own(options);
  for (auto const& module : all_) module->declare(options);
}

void NetworkOptions::validate() const {
  auto const known = names(all_);
  for (auto const& module : modules) {
    require(std::ranges::find(known, module) != known.end(), ExitCode::config, "unknown module '",
            module, "' (known: ", join(known, ", "), "; nearest: ", nearest(module, known), ")");
    require(std::ranges::count(modules, module) == 1, ExitCode::config, "module '", module,
            "' is listed twice");
  }
  std::vector<std::string> giving;
  for (auto const& module : all_)
    if (module->joints().gives_pressure) giving.emplace_back(module->name());
  require(any(&ModuleJoints::gives_pressure), ExitCode::config, "modules = ", join(modules, ","),
          " predict nothing (one of ", join(giving, ", "), " is needed)");
  OptionList list;
  NetworkOptions copy(*this);
  copy.declare(list);
  for (auto const& entry : list.entries()) {
    try {
      entry.parse(entry.text());
    } catch (Error const& error) {
      fail(error.code(), entry.key, ": ", error.what());
    }
  }
  for (auto const* module : chosen()) module->validate(*this);
  require_one_source();
  auto const columns = this->columns();
  for (auto const& scalar : needs().scalars)
    require(std::ranges::find(columns.scalars, scalar) != columns.scalars.end(), ExitCode::config,
            "modules = ", join(modules, ", "), " need the cluster's scalar '", scalar,
            "', which is not among those chosen; add it to scalars or remove it from drop");
}

/// Without a module that takes features, one module may make the corrections, from its own.
void NetworkOptions::require_one_source() const {
  if (any(&ModuleJoints::takes_features)) return;
  std::vector<std::string> sources;
  for (auto const* module : chosen())
    if (module->joints().features > 0) sources.emplace_back(module->name());
  require(sources.size() < 2, ExitCode::config, "modules = ", join(modules, ", "), ": ",
          join(sources, " and "),
          " each give features, but no listed module combines them; add aggregator, or keep one");
}

std::vector<Module const*> NetworkOptions::chosen() const {
  std::vector<Module const*> result;
  for (auto const& module : all_)
    if (std::ranges::find(modules, module->name()) != modules.end()) result.push_back(module.get());
  return result;
}

Module& NetworkOptions::find(std::string_view name) const {
  auto const found =
      std::ranges::find_if(all_, [&](auto const& module) { return module->name() == name; });
  require(found != all_.end(), ExitCode::internal, "no module '", name, "' in the table");
  return **found;
}

ModuleNeeds NetworkOptions::needs() const {
  ModuleNeeds sum;
  for (auto const* module : chosen()) sum = sum + module->needs();
  return sum;
}

ModuleCost NetworkOptions::cost(Phase phase) const {
  ModuleCost sum;
  for (auto const* module : chosen()) sum += module->cost(*this, phase);
  return sum;
}

bool NetworkOptions::any(bool ModuleJoints::*property) const {
  return std::ranges::any_of(chosen(),
                             [&](Module const* module) { return module->joints().*property; });
}

bool NetworkOptions::has_code() const {
  return std::ranges::any_of(chosen(), [](Module const* module) {
    return std::ranges::any_of(module->state(), [](ClusterStateInfo const& state) {
      return state.kind == StateKind::code;
    });
  });
}

std::int64_t NetworkOptions::n_features() const {
  std::int64_t n = 0;
  for (auto const* module : chosen()) n += module->joints().features;
  return n;
}

std::vector<ClusterStateInfo> NetworkOptions::predicted_states() const {
  std::vector<ClusterStateInfo> states;
  for (auto const& module : all_) {
    bool const listed = std::ranges::find(modules, module->name()) != modules.end();
    for (auto const& state : module->state())
      if (listed || state.in_every_prediction) states.push_back(state);
  }
  return states;
}

std::vector<std::pair<std::string, std::string>> NetworkOptions::texts(Affects affects) const {
  NetworkOptions copy(*this);
  OptionList list;
  copy.declare_own(list);
  for (auto const& module : copy.all_)
    if (std::ranges::find(modules, module->name()) != modules.end()) module->declare(list);
  std::vector<std::pair<std::string, std::string>> texts;
  for (auto const& entry : list.entries())
    if (entry.affects == affects) texts.emplace_back(entry.key, entry.text());
  return texts;
}

void to_json(nlohmann::json& json, NetworkOptions const& options) {
  json = nlohmann::json::object();
  for (auto const& [key, text] : options.texts()) json[key] = text;
}

void from_json(nlohmann::json const& json, NetworkOptions& options) {
  OptionList list;
  options.declare(list);
  std::map<std::string, OptionList::Entry const*> entries;
  for (auto const& entry : list.entries()) entries[entry.key] = &entry;
  for (auto const& [key, text] : json.items()) {
    auto const entry = entries.find(key);
    require(entry != entries.end(), ExitCode::bad_data, "the network has an unknown option '", key,
            "' (nearest: '", nearest(key, {}), "'); it was written by another version of setsz");
    entry->second->parse(text.get<std::string>());
  }
  for (auto const& [key, text] : options.texts())
    require(json.contains(key), ExitCode::bad_data, "the network lacks the option '", key,
            "'; it was written by another version of setsz");
}

}  // namespace setsz
