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
  for (auto const* key :
       {"modules", "head_scale", "initial_k", "origin_layers", "local_radius", "aggregator_width",
        "dropout", "local_particles_test", "scalars", "vectors", "drop", "contractions"})
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
  // A particle costs the same in training and in prediction; they differ in their number.
  auto const training = options.cost(Phase::training);
  EXPECT_GT(training.per_local_particle, 0);
  EXPECT_EQ(training.of(10, 256),
            training.per_cluster + 10 * (training.per_target + 256 * training.per_local_particle));
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
  ModuleNeeds const count{.local_radius = {310}};  // no particles
  EXPECT_EQ((a + count).local_particles, (SampleSize{10, 10}));
  EXPECT_EQ((count + a).local_particles, (SampleSize{10, 10}));
  EXPECT_EQ((ModuleNeeds{} + count).local_radius.value, 310);
  EXPECT_EQ((count + ModuleNeeds{}).local_radius.value, 310);
  EXPECT_THROW(count + b, Error);
}

std::string error_of(NetworkOptions const& options) {
  try {
    options.validate();
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::config);
    return error.what();
  }
  return "accepted";
}

bool mentions(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

TEST(ColumnChoice, IsThePublishedColumnsByDefault) {
  EXPECT_EQ(NetworkOptions{}.columns(), published_columns());
}

TEST(ColumnChoice, IsMadeOfNamesAndGroupsInTheirOrder) {
  ColumnChoice choice;
  choice.scalars = {"ln_a", "profile", "published", "xoff"};
  choice.vectors = {"centre_of_mass", "angular_momentum"};
  auto columns = choice.columns();
  ASSERT_EQ(columns.n_scalars(), 25);
  EXPECT_EQ(columns.scalars[0], "ln_a");
  EXPECT_EQ(columns.scalars[1], "mass_0.1");
  EXPECT_EQ(columns.scalars[14], "ln_m200");
  EXPECT_EQ(columns.vectors, (std::vector<VectorColumn>{{"centre_of_mass", Parity::polar},
                                                        {"angular_momentum", Parity::axial}}));
  choice.drop = {"mass_0.1", "centre_of_mass"};  // a length and a direction
  columns = choice.columns();
  EXPECT_EQ(columns.n_scalars(), 23);
  EXPECT_EQ(columns.scalars[1], "mass_0.2");
  EXPECT_EQ(columns.vector_names(), std::vector<std::string>{"angular_momentum"});
  choice.vectors = {"centre_of_mass", "rows"}, choice.drop = {"inertia_row_2"};
  EXPECT_EQ(choice.columns().vector_names(),
            (std::vector<std::string>{"centre_of_mass", "inertia_row_1", "inertia_row_3",
                                      "velocity_tensor_row_1", "velocity_tensor_row_2",
                                      "velocity_tensor_row_3"}));
  choice = {.scalars = {}, .vectors = {}, .drop = {}};
  EXPECT_EQ(choice.columns(), ClusterColumns{});
}

TEST(ColumnChoice, RefusesUnknownNamesAndDropsOfNothing) {
  NetworkOptions options;
  options.inputs.scalars = {"published", "masss_0.5"};
  EXPECT_TRUE(mentions(error_of(options),
                       "scalars: clusters have no column 'masss_0.5' (nearest: 'mass_0.5'"));
  options.inputs.scalars = {"profil"};
  EXPECT_TRUE(mentions(error_of(options), "nearest: 'profile'"));
  options.inputs = {};
  options.inputs.vectors = {"xoff"};
  EXPECT_TRUE(mentions(error_of(options), "vectors: clusters have no column 'xoff'"));
  options.inputs = {};
  options.inputs.drop = {"inertia_4"};
  EXPECT_TRUE(
      mentions(error_of(options), "drop: clusters have no column 'inertia_4' (nearest: 'inertia_"));
  options.inputs.drop = {"mass_1"};
  EXPECT_TRUE(mentions(error_of(options), "drop = mass_1 leaves out nothing"));
}

TEST(ColumnChoice, KeepsWhatModulesNeed) {
  NetworkOptions options;
  options.inputs.drop = {"xoff"};
  EXPECT_TRUE(mentions(error_of(options), "need the cluster's scalar 'xoff'"));
  options.modules = {"gnfw", "local", "aggregator"};
  EXPECT_EQ(error_of(options), "accepted");
}

TEST(NetworkOptions, ChosenColumnsAndContractionsDecideHowManyFeaturesThereAre) {
  NetworkOptions options;
  EXPECT_EQ(n_cluster_features(options), 2 + 8 + 8 + 7 + 11);
  EXPECT_EQ(options.get<Aggregator>().n_inputs(options), 1 + 8 + 11 + 189);
  EXPECT_EQ(options.get<Local>().form(options).n_features(), 1 + 8 + 1 + 8 + 1 + 7 + 7);
  options.modules = {"local"};  // which then must not know where its target is
  EXPECT_EQ(options.get<Local>().form(options).n_features(), 1 + 8 + 1 + 8 + 1 + 7);
  options = {};
  for (auto const published : {Contractions::with_sign, Contractions::absolute}) {
    options.contractions = published;
    EXPECT_EQ(n_cluster_features(options), 29);
    EXPECT_EQ(options.get<Local>().form(options).n_features(), 19);
  }
  options.contractions = Contractions::parity;
  options.inputs = {.scalars = {"xoff"}, .vectors = {"centre_of_mass", "inertia_1"}, .drop = {}};
  EXPECT_EQ(n_cluster_features(options), 2 + 2 + 2 + 1 + 1);
  EXPECT_EQ(options.get<Aggregator>().n_inputs(options), 1 + 2 + 1 + 189);
}

TEST(LearningGroups, StartAsModulesDeclareAndHaveAKeyEach) {
  LearningGroups groups;
  EXPECT_DOUBLE_EQ(groups.of("origin").max_rate, 3e-4);
  EXPECT_DOUBLE_EQ(groups.of("origin").weight_decay, 1e-4);
  EXPECT_DOUBLE_EQ(groups.of("gnfw").max_rate, 1e-3);
  EXPECT_EQ(keys_of(groups),
            (std::vector<std::string>{"rate_deformer",        "rate_gnfw",
                                      "rate_origin",          "rate_local",
                                      "rate_density",         "rate_cnn",
                                      "rate_cluster_scalar",  "rate_cluster_vector",
                                      "rate_stochastic",      "rate_aggregator",
                                      "decay_deformer",       "decay_gnfw",
                                      "decay_origin",         "decay_local",
                                      "decay_density",        "decay_cnn",
                                      "decay_cluster_scalar", "decay_cluster_vector",
                                      "decay_stochastic",     "decay_aggregator"}));
  EXPECT_THROW(groups.of("origim"), Error);
}

TEST(NetworkOptions, ImpossibleNetworksAreRefusedByName) {
  auto const with = [](std::vector<std::string> modules) {
    NetworkOptions options;
    options.modules = std::move(modules);
    return options;
  };
  EXPECT_EQ(error_of({}), "accepted");
  EXPECT_NE(error_of(with({"gnwf"})).find("nearest: gnfw"), std::string::npos);
  EXPECT_NE(error_of(with({"gnfw", "gnfw"})).find("twice"), std::string::npos);
  EXPECT_NE(error_of(with({"origin"})).find("predict nothing"), std::string::npos);
  EXPECT_NE(error_of(with({"origin", "local"})).find("origin moves"), std::string::npos);
  EXPECT_TRUE(mentions(error_of(with({"local", "density"})), "local and density each give"));
  EXPECT_EQ(error_of(with({"local", "density", "aggregator"})), "accepted");
  EXPECT_TRUE(mentions(error_of(with({"local", "deformer"})), "no listed module gives a profile"));
  EXPECT_TRUE(mentions(error_of(with({"gnfw", "deformer"})), "set gnfw_fixed = xc"));
  EXPECT_TRUE(mentions(error_of(with({"gnfw", "cluster_vector"})), "add aggregator"));
  auto fixed = with({"gnfw"});
  fixed.get<Gnfw>().fixed = {"xc", "gamma"};
  EXPECT_TRUE(mentions(error_of(fixed), "the profile has no 'gamma'"));
  NetworkOptions narrow, dropped;
  narrow.get<Local>().width = 0;
  dropped.get<Aggregator>().dropout = 1;
  EXPECT_NE(error_of(narrow).find("width"), std::string::npos);
  EXPECT_NE(error_of(dropped).find("dropout"), std::string::npos);
}

}  // namespace
}  // namespace setsz
