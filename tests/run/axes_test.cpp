// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/axes.hpp"

#include <gtest/gtest.h>

#include "stages/catalog/catalog_stage.hpp"
#include "stages/common/model_section.hpp"
#include "stages/paint/paint_stage.hpp"
#include "stages/predict/predict_stage.hpp"
#include "stages/train/train_stage.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

using Names = std::vector<std::string>;

Configuration parse(std::string const& text) {
  return Configuration::parse(text, "test.ini", {},
                              {schema_of<SnapshotSection>(true), schema_of<ModelSection>(true),
                               schema_of<TrainOptions>(true), schema_of<PaintOptions>(true),
                               schema_of<CatalogOptions>(), schema_of<PredictOptions>()});
}
Names members(std::string const& text) {
  auto const configuration = parse(text);
  Axes const axes(configuration);
  Names names;
  for (auto const& member : axes.members("a")) names.push_back(member.name());
  names.push_back("painted: " + axes.painted("a").name());
  return names;
}
Names maps(std::string const& text) {
  auto const configuration = parse(text);
  Names found;
  for (auto const& map : Axes(configuration).maps("paint"))
    found.push_back(map.name + " of " + (map.model.empty() ? "none" : map.model));
  return found;
}
std::string refusal(std::string const& text) {
  auto const error = test::thrown_by([&] { maps(text); });
  EXPECT_EQ(error.code(), ExitCode::config) << text;
  return error.what();
}
void expect_words(std::string const& text, Names const& words) {
  for (auto const& word : words)
    EXPECT_NE(text.find(word), std::string::npos) << "'" << word << "' is not in: " << text;
}

TEST(Axes, AMeanIsAMemberOnlyWhereThereAreSeveralSeeds) {
  EXPECT_EQ(members("[train]\nseeds = 7\n[model.a]\n"), (Names{"seed7", "painted: seed7"}));
  EXPECT_EQ(members("[train]\nseeds = 1, 2\n[model.a]\n"),
            (Names{"seed1", "seed2", "ensemble", "painted: ensemble"}));
  expect_words(refusal("[train]\nseeds = 1, 2, 1\n[model.a]\n"), {"1 is listed twice"});
  expect_words(refusal("[train]\nseeds = 1.5\n[model.a]\n"), {"1.5 is not a whole number"});
}

TEST(Axes, AModelHasNoNameThatStandsForSomethingElse) {
  expect_words(refusal("[model.a]\n[model.choice]\n"),
               {"test.ini:2: a model cannot be called choice", "[compare] choose"});
  expect_words(refusal("[model.benchmark]\n"), {"cannot be called benchmark", "fitted profile"});
  expect_words(refusal("[model.none]\n"), {"cannot be called none", "model = none"});
}

TEST(Axes, ARealisationIsAMemberOfItsOwn) {
  auto const configuration = parse("[predict]\nrealisations = 3\n[model.a]\n");
  Axes const axes(configuration);
  EXPECT_EQ(axes.n_realisations(), 3);
  EXPECT_EQ(model_path("z", "a", 1, axes.realisation("a", 3)), "z/a/fold1/real3");
  auto const error = test::thrown_by([&] { axes.realisation("a", 4); });
  EXPECT_EQ(error.code(), ExitCode::config);
  expect_words(error.what(), {"realisation = 4", "[predict] realisations = 3"});
  auto const trained = parse("[model.a]\ntrained = run\n[predict]\nrealisations = 2\n");
  EXPECT_EQ(model_path("z", "a", 1, Axes(trained).realisation("a", 2)), "z/a/trained_real2");
}

TEST(Axes, ASectionOfTrainingBelongsToTheModelOfItsName) {
  auto const configuration =
      parse("[train]\nseeds = 1, 2\n[train.b]\nseeds = 3\n[model.a]\n[model.b]\n");
  Axes const axes(configuration);
  EXPECT_EQ(axes.seeds("a"), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(axes.seeds("b"), std::vector<std::int64_t>{3});
  expect_words(refusal("[model.lo]\n\n[train.io]\n"), {"test.ini:3", "[train.io]", "[model.lo]"});
}

TEST(Axes, NetworksAreEnumeratedInOneOrder) {
  auto const configuration =
      parse("[snapshot.z]\n[snapshot.y]\n[model.a]\n[train]\nseeds = 2, 1\n");
  Names paths;
  for (auto const& network : Axes(configuration).networks()) paths.push_back(network.path());
  EXPECT_EQ(paths,
            (Names{"z/a/fold0/seed2", "z/a/fold0/seed1", "y/a/fold0/seed2", "y/a/fold0/seed1"}));
}

TEST(Axes, AModelThatComesTrainedHasNoNetworksAndOnePrediction) {
  EXPECT_EQ(members("[model.a]\ntrained = some/run\n[train]\nseeds = 1, 2\n"),
            (Names{"trained", "painted: trained"}));
  auto const configuration =
      parse("[catalog]\nfolds = 2\n[snapshot.z]\n[model.a]\ntrained = some/run\n[model.b]\n");
  Axes const axes(configuration);
  EXPECT_TRUE(axes.comes_trained("a"));
  EXPECT_FALSE(axes.comes_trained("b"));
  Names paths;
  for (auto const& network : axes.networks()) paths.push_back(network.path());
  EXPECT_EQ(paths, (Names{"z/b/fold0/seed1", "z/b/fold1/seed1"}));
  EXPECT_EQ(model_path("z", "a", 1, axes.painted("a")), "z/a/trained");
}

TEST(Axes, AModelThatGoesOnLearningHasNetworks) {
  EXPECT_EQ(members("[model.a]\ntrained = some/run\n[train.a]\nseeds = 5\n"),
            (Names{"seed5", "painted: seed5"}));
}

TEST(Axes, SnapshotsThatTeachTogetherHaveOneNetworkForAll) {
  std::string const head = "[catalog]\nsplit_like = z\n[snapshot.z]\n[snapshot.y]\n[snapshot.x]\n";
  auto const configuration =
      parse(head + "[model.a]\n[model.b]\n[train]\nsnapshots = z, y\n[train.b]\nsnapshots =\n");
  Axes const axes(configuration);
  Names paths;
  for (auto const& network : axes.networks()) paths.push_back(network.path());
  EXPECT_EQ(paths,
            (Names{"z+y/a/fold0/seed1", "z/b/fold0/seed1", "y/b/fold0/seed1", "x/b/fold0/seed1"}));
  EXPECT_EQ(axes.network("x", "a", 0, 1).path(), "z+y/a/fold0/seed1");
  EXPECT_EQ(axes.network("x", "a", 0, 1).snapshots(), (Names{"z", "y"}));
  EXPECT_EQ(axes.network("x", "b", 0, 1).snapshots(), Names{"x"});
}

TEST(Axes, SnapshotsThatTeachTogetherNeedOneSplit) {
  std::string const model = "[snapshot.z0]\n[snapshot.z05]\n[model.a]\n[train]\nsnapshots = ";
  expect_words(refusal(model + "z0, z05\n"), {"[catalog] split_like = z0"});
  expect_words(refusal(model + "z0\n"), {"[catalog] split_like = z0"});  // it predicts z05 too
  expect_words(refusal("[catalog]\nsplit_like = z1\n[snapshot.z1]\n" + model + "z0, z05\n"),
               {"[catalog] split_like = z0"});
  expect_words(refusal(model + "z0, z5\n"), {"no [snapshot.z5]", "nearest one is z0"});
  expect_words(refusal(model + "z0, z0\n"), {"z0 is listed twice"});
  EXPECT_EQ(maps("[snapshot.z0]\n[model.a]\n[train]\nsnapshots = z0\n"), Names{"a of a"});
}

TEST(Axes, MapsAreOfEachModelUnlessTheyAreNamed) {
  EXPECT_EQ(maps("[model.a]\n[model.b]\n"), (Names{"a of a", "b of b"}));
  EXPECT_EQ(maps("[model.a]\n[model.b]\n[paint]\nmodel = b\n"), Names{"b of b"});
  EXPECT_EQ(maps("[paint]\nmodel = none\n"), Names{"none of none"});
  EXPECT_EQ(maps("[model.a]\n[paint.a]\n[paint.fine]\nmodel = a\n[paint.fits]\nmodel = none\n"),
            (Names{"a of a", "fine of a", "fits of none"}));
  EXPECT_EQ(maps("[train]\n"), Names{});
}

TEST(Axes, AMapWithoutAModelIsRefused) {
  expect_words(refusal("[model.a]\n[paint.b]\n"), {"test.ini:2", "[paint.b]", "has no model"});
  expect_words(refusal("[model.aa]\n[paint.b]\nmodel = ab\n"), {"[model.ab]", "nearest one is aa"});
}

}  // namespace
}  // namespace setsz
