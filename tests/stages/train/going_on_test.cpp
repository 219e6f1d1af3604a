// SPDX-License-Identifier: BSD-3-Clause
// Trainings that begin with the parameters of another one.
#include <set>

#include "learning.hpp"
#include "model/model_file.hpp"
#include "model/network.hpp"
#include "pipeline/base/hash.hpp"

namespace setsz {
namespace {

using namespace testing;

/// The training that goes on from the model file of each rank, by one rank alone.
TrainTask going_on(std::string const& file) {
  auto task = small_training(2);
  task.model.trained.paths = {file};
  return task;
}

std::set<std::string> modules_that_moved(ModelState const& before, ModelState const& after) {
  std::set<std::string> moved;
  std::string const group = "parameters/";
  for (auto const& [name, tensor] : after.tensors)
    if (name.starts_with(group) && tensor != before.tensor(name))
      moved.insert(name.substr(group.size(), name.find('.') - group.size()));
  return moved;
}

TEST_F(Learning, GoesOnFromAFileWithItsParametersAndItsStandardisation) {
  // The file has another standardisation than these clusters would have.
  auto const folder = *folder_ / concat("going_on", world_->rank());
  TestContext context(Comm::self(), folder_->path(), folder);
  auto start = read_model(alone() + "/model.h5");
  auto standardisation = start.description.at("standardisation").get<Standardisation>();
  standardisation.scalars[1].mean += 0.5;
  standardisation.quantities.begin()->second.deviation *= 1.5;
  standardisation.fitted.at("origin")[0] += 1e-3;
  standardisation.reference_p200 *= 2;
  start.description["standardisation"] = standardisation;
  start.description["benchmark"]["slope_xc"] = 0.25;  // no parameter: it belongs to the profile
  write_model(folder + "/start.h5", start);

  auto task = going_on(folder + "/start.h5");
  for (auto const* module : {"gnfw", "origin", "local", "aggregator"})
    task.options.groups.of(module).max_rate = 0;
  train_network(task, context);
  auto const model = read_model(folder + "/model.h5");
  EXPECT_EQ(model.description.at("standardisation").get<Standardisation>(), standardisation);
  EXPECT_EQ(model.description.at("benchmark").at("slope_xc"), 0.25);
  EXPECT_EQ(modules_that_moved(start, model), std::set<std::string>{});
  auto const& report = context.notes.at("starts_from");
  EXPECT_EQ(std::ssize(report.at("loaded")),
            std::ssize(Network::from_state(start).layout().tensors()));
  for (auto const* what : {"missing", "other_shape", "unused"})
    EXPECT_TRUE(report.at(what).empty());
}

TEST_F(Learning, FrozenModulesKeepTheirBitsAndTheOthersMove) {
  auto const folder = *folder_ / concat("frozen", world_->rank());
  TestContext context(Comm::self(), folder_->path(), folder);
  auto task = going_on(alone() + "/model.h5");
  task.options.keep = Keep::last;
  task.options.clip_norm = 1e-3;
  task.options.groups.freeze({"origin", "gnfw"});
  train_network(task, context);
  auto const model = read_model(folder + "/model.h5");
  EXPECT_EQ(modules_that_moved(read_model(alone() + "/model.h5"), model),
            (std::set<std::string>{"aggregator", "local"}));
}

TEST_F(Learning, ANewModuleJoinsOneThatHasLearnt) {
  auto const folder = *folder_ / concat("joined", world_->rank());
  TestContext context(Comm::self(), folder_->path(), folder);
  auto first = small_training(1);
  first.model.network.modules = {"gnfw", "origin", "aggregator"};
  train_network(first, context);
  auto const start = folder + "/start.h5";
  std::filesystem::rename(folder + "/model.h5", start);
  auto task = going_on(start);
  task.options.groups.freeze({"origin"});
  TestContext second(Comm::self(), folder_->path(), folder + "/second");
  train_network(task, second);
  auto const before = read_model(start), after = read_model(folder + "/second/model.h5");
  for (auto const& [name, tensor] : before.tensors)
    if (name.starts_with("parameters/origin.")) {
      EXPECT_EQ(after.tensor(name), tensor) << name;
    }
  auto const& report = second.notes.at("starts_from");
  std::set<std::string> missing;
  for (auto const& name : report.at("missing").get<std::vector<std::string>>())
    missing.insert(name.substr(0, name.find('.')));
  EXPECT_EQ(missing, std::set<std::string>{"local"});
  EXPECT_EQ(report.at("other_shape"), nlohmann::json{"aggregator.mlp.0.weight"});
}

TEST_F(Learning, AnInterruptedTrainingGoesOnFromItsOwnStepsNotFromTheFile) {
  auto const folder = *folder_ / concat("resumed", world_->rank());
  auto const task = going_on(alone() + "/model.h5");
  TestContext whole(Comm::self(), folder_->path(), folder + "/whole");
  train_network(task, whole);
  TestContext stopped(Comm::self(), folder_->path(), folder + "/parts");
  stopped.stop_after = 3;
  EXPECT_THROW(train_network(task, stopped), StoppedByTest);
  TestContext rest(Comm::self(), folder_->path(), folder + "/parts");
  train_network(task, rest);
  EXPECT_EQ(hash_file(folder + "/parts/model.h5"), hash_file(folder + "/whole/model.h5"));
  EXPECT_NE(hash_file(folder + "/whole/model.h5"), hash_file(alone() + "/model.h5"));
}

TEST_F(Learning, GoesOnOnlyWhereInputsMeanTheSame) {
  auto const refused = [&](auto&& change, std::string const& word) {
    auto task = going_on(alone() + "/model.h5");
    change(task.model.network);
    TestContext context(Comm::self(), folder_->path(), *folder_ / concat("other", world_->rank()));
    auto const error = test::thrown_by([&] { train_network(task, context); });
    EXPECT_EQ(error.code(), ExitCode::config);
    EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
  };
  refused([](NetworkOptions& n) { n.inputs.drop = {"xoff"}; }, "scalars");
  refused(
      [](NetworkOptions& n) {
        n.inputs.vectors = {"inertia_1", "angular_momentum"};
      },
      "vectors");
  refused([](NetworkOptions& n) { n.contractions = Contractions::with_sign; }, "contractions");
}

}  // namespace
}  // namespace setsz
