// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/trained_model.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "model/model_file.hpp"
#include "stages/common/model_section.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

/// A configuration with [model.a] and the model files that it names.
class TrainedSettings : public testing::Test {
 protected:
  struct AnyTraining {
    static constexpr std::string_view section = "train";
    static constexpr std::string_view help{};
    bool any = false;
    void declare(OptionList& options) { options.add("any", any, {}); }
    void validate() const {}
  };
  struct AnyExtraction {
    static constexpr std::string_view section = "extract";
    static constexpr std::string_view help{};
    double radius = 2.5;
    void declare(OptionList& options) { options.add("radius", radius, {}); }
    void validate() const {}
  };
  using Texts = std::vector<std::pair<std::string, std::string>>;

  test::Scratch const scratch_{Comm::self()};

  static NetworkOptions network(std::string const& width) {
    NetworkOptions network;
    network.modules = {"gnfw", "origin"};
    OptionList list;
    network.declare(list);
    for (auto const& entry : list.entries()) {
      if (entry.key == "origin_width") entry.parse(width);
      if (entry.key == "origin_particles_test") entry.parse("777");
    }
    return network;
  }
  std::string write(std::string const& name, NetworkOptions const& network,
                    std::string const& left_out = "", std::string const& radius = "2.5") const {
    ClusterTable table;
    table.mass_definition = "200c";
    table.clusters.edit().resize(1);
    ModelState state;
    state.description = {{"network", network},
                         {"columns", network.columns()},
                         {"prediction", nlohmann::json::object()},
                         {"trained_on", trained_on(table, {0}, 1, "box")},
                         {"inputs", {{"extract.radius", radius}}}};
    for (auto const& [key, text] : network.texts(Affects::prediction))
      state.description["prediction"][key] = text;
    state.description.erase(left_out);
    write_model(scratch_ / name, state);
    return scratch_ / name;
  }
  static Configuration parse(std::string const& text,
                             std::vector<std::string> const& settings = {}) {
    return Configuration::parse(
        text, "test.ini", settings,
        {schema_of<ModelSection>(true), schema_of<AnyTraining>(true), schema_of<AnyExtraction>()});
  }
  static std::string refusal(std::string const& text) {
    return test::error_of([&] { trained_settings(parse(text)); });
  }
};

TEST_F(TrainedSettings, ASectionGetsTheNetworkOfItsFile) {
  auto const file = write("m.h5", network("24"));
  auto const text =
      "[model]\norigin_width = 5\nmodules = gnfw\n[model.a]\ntrained = " + file + "\n[model.b]\n";
  auto const settings = trained_settings(parse(text));
  auto const complete = parse(text, settings);
  auto const a = complete.get<ModelSection>("model.a");
  EXPECT_TRUE(a.network == network("24")) << join(settings, "; ");
  EXPECT_EQ(a.network.needs().cluster_particles.in(Phase::prediction), 777);
  EXPECT_EQ(a.trained.files(), std::vector<std::string>{file});
  EXPECT_EQ(complete.get<ModelSection>("model.b").network.modules,
            std::vector<std::string>{"gnfw"});
  auto const kept = complete.resolved();  // in manifests
  EXPECT_EQ(parse(kept, trained_settings(parse(kept))).resolved(), kept);
}

TEST_F(TrainedSettings, AKeyThatContradictsTheFileIsRefusedUnlessTheModelGoesOnLearning) {
  auto const section = "[model.a]\ntrained = " + write("m.h5", network("24")) + "\n";
  EXPECT_EQ(refusal(section + "origin_width = 24\n"), "no error");
  EXPECT_EQ(refusal(section + "origin_particles_test = 10\n"), "no error");
  auto const text = refusal(section + "origin_width = 25\n");
  EXPECT_TRUE(test::contains(text, "78 test.ini:1: [model.a] origin_width = 25, but"));
  EXPECT_TRUE(test::contains(text, "was trained with origin_width = 24"));
  EXPECT_EQ(refusal(section + "origin_width = 25\n[train.a]\n"), "no error");
}

TEST_F(TrainedSettings, WhatItsInputsMeanComesFromTheFileToo) {
  auto const section = "[model.a]\ntrained = " + write("m.h5", network("24"), "", "3") + "\n";
  auto const complete = parse(section, trained_settings(parse(section)));
  EXPECT_EQ(complete.texts("extract"), (Texts{{"radius", "3"}}));
  EXPECT_EQ(refusal(section + "[extract]\nradius = 3.0\n"), "no error");
  auto const text = refusal(section + "[extract]\nradius = 2\n");
  EXPECT_TRUE(test::contains(text, "78 test.ini:3: [extract] radius = 2, but"));
  auto const other = "[model.b]\ntrained = " + write("n.h5", network("24")) + "\n";
  auto const both = refusal(section + other);
  EXPECT_TRUE(test::contains(both, "78 "));
  EXPECT_TRUE(test::contains(both, "n.h5' was trained with [extract] radius = 2.5"));
}

TEST_F(TrainedSettings, FilesThatAreNotOneModelAreRefused) {
  auto const files = write("m.h5", network("24")) + ", " + write("n.h5", network("25"));
  auto const text = refusal("[model.a]\ntrained = " + files + "\n");
  EXPECT_TRUE(test::contains(text, "78 "));
  EXPECT_TRUE(
      test::contains(text, "are different networks (origin_width = 24 and origin_width = 25)"));
}

TEST_F(TrainedSettings, AFileThatLacksWhatItsUseRequiresIsRefused) {
  for (auto const* entry : {"network", "columns", "prediction", "trained_on", "inputs"}) {
    auto const text = refusal("[model.a]\ntrained = " + write("m.h5", network("24"), entry) + "\n");
    EXPECT_TRUE(test::contains(text, "65 '")) << entry;
    EXPECT_TRUE(test::contains(text, "lacks what its use in another run requires"));
    EXPECT_TRUE(test::contains(text, entry));
    std::filesystem::remove(scratch_ / "m.h5");
  }
}

}  // namespace
}  // namespace setsz
