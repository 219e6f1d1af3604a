// SPDX-License-Identifier: BSD-3-Clause
#include "model/network_options.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "model/learning_groups.hpp"
#include "model/module_table.hpp"
#include "pipeline/base/error.hpp"

namespace setsz {
namespace {

std::vector<std::string> keys_of(auto&& declared) {
  OptionList list;
  declared.declare(list);
  std::vector<std::string> keys;
  for (auto const& entry : list.entries()) keys.push_back(entry.key);
  return keys;
}

bool contains(std::vector<std::string> const& keys, std::string const& key) {
  return std::ranges::find(keys, key) != keys.end();
}

TEST(NetworkOptions, HoldTheKeysOfEveryModule) {
  auto const keys = keys_of(NetworkOptions{});
  for (auto const* key : {"modules", "head_scale", "initial_k", "origin_layers", "local_radius",
                          "aggregator_width", "dropout", "local_particles_test"})
    EXPECT_TRUE(contains(keys, key)) << key;
}

TEST(NetworkOptions, CopiesAreIndependent) {
  NetworkOptions const before;
  NetworkOptions copy = before;
  copy.get<Local>().width = 7;
  EXPECT_EQ(before.get<Local>().width, 189);
  EXPECT_FALSE(copy == before);
  copy = before;
  EXPECT_EQ(copy, before);
}

TEST(NetworkOptions, OptionsOfPrunedModulesAndOfPredictionsMakeNoOtherNetwork) {
  NetworkOptions options;
  options.modules = {"gnfw", "local"};
  auto other = options;
  other.get<Origin>().width = 7;
  other.get<Local>().particles.prediction = 7;
  EXPECT_EQ(other, options);
  other.get<Local>().particles.training = 7;
  EXPECT_FALSE(other == options);
}

TEST(NetworkOptions, AFileWithUnknownOrMissingKeysIsRefused) {
  nlohmann::json json = NetworkOptions{};
  json["origin_depth"] = "3";
  EXPECT_THROW(json.get<NetworkOptions>(), Error);
  json = NetworkOptions{};
  json.erase("origin_layers");
  EXPECT_THROW(json.get<NetworkOptions>(), Error);
}

TEST(NetworkOptions, NeedsAndCostAreThoseOfTheListedModules) {
  NetworkOptions options;
  EXPECT_EQ(options.needs().cluster_particles, (SampleSize{1000, 10000}));
  EXPECT_EQ(options.needs().local_particles, (SampleSize{256, 1000}));
  EXPECT_EQ(options.needs().local_radius.ckpch(700), 310);
  EXPECT_GT(options.cost(Phase::prediction).per_target, options.cost(Phase::training).per_target);
  options.modules = {"gnfw"};
  EXPECT_EQ(options.needs().cluster_particles, SampleSize{});
  EXPECT_EQ(options.needs().local_radius.value, 0);
  EXPECT_EQ(options.cost(Phase::training).per_cluster, 0);
}

TEST(NetworkOptions, ModulesWithOtherLocalSpheresDoNotFit) {
  ModuleNeeds const a{.local_particles = {10, 10}, .local_radius = {310}};
  ModuleNeeds const b{.local_particles = {10, 10}, .local_radius = {200}};
  EXPECT_NO_THROW(a + a);
  EXPECT_THROW(a + b, Error);
}

TEST(LearningGroups, StartAsModulesDeclareAndHaveAKeyEach) {
  LearningGroups groups;
  EXPECT_DOUBLE_EQ(groups.of("origin").max_rate, 3e-4);
  EXPECT_DOUBLE_EQ(groups.of("origin").weight_decay, 1e-4);
  EXPECT_DOUBLE_EQ(groups.of("gnfw").max_rate, 1e-3);
  EXPECT_EQ(keys_of(groups), (std::vector<std::string>{
                                 "rate_gnfw", "rate_origin", "rate_local", "rate_aggregator",
                                 "decay_gnfw", "decay_origin", "decay_local", "decay_aggregator"}));
  EXPECT_THROW(groups.of("origim"), Error);
}

TEST(NetworkOptions, ImpossibleNetworksAreRefusedByName) {
  auto const text_of = [](NetworkOptions const& options) -> std::string {
    try {
      options.validate();
    } catch (Error const& error) {
      EXPECT_EQ(error.code(), ExitCode::config);
      return error.what();
    }
    return "accepted";
  };
  auto const with = [](std::vector<std::string> modules) {
    NetworkOptions options;
    options.modules = std::move(modules);
    return options;
  };
  EXPECT_EQ(text_of({}), "accepted");
  EXPECT_NE(text_of(with({"gnwf"})).find("nearest: gnfw"), std::string::npos);
  EXPECT_NE(text_of(with({"gnfw", "gnfw"})).find("twice"), std::string::npos);
  EXPECT_NE(text_of(with({"origin"})).find("predict nothing"), std::string::npos);
  EXPECT_NE(text_of(with({"origin", "local"})).find("origin moves"), std::string::npos);
  NetworkOptions narrow, dropped;
  narrow.get<Local>().width = 0;
  dropped.get<Aggregator>().dropout = 1;
  EXPECT_NE(text_of(narrow).find("width"), std::string::npos);
  EXPECT_NE(text_of(dropped).find("dropout"), std::string::npos);
}

}  // namespace
}  // namespace setsz
