// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/train_work.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "model/flux_correction.hpp"
#include "model/model_file.hpp"
#include "model/network.hpp"
#include "pipeline/base/hash.hpp"
#include "small_universe.hpp"
#include "stages/common/cluster_sampler.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/predict/predict_work.hpp"

namespace setsz {
namespace {

using namespace testing;

/// The universe, and one training that nothing disturbed, by each rank alone.
class Learning : public ::testing::Test {
 protected:
  static constexpr std::int64_t epochs = 6;
  static void SetUpTestSuite() {
    world_ = new Comm(Comm::world());
    folder_ = new TemporaryFolder(*world_);
    collectively(*world_, "making the universe", [] {
      if (world_->is_root()) write_small_universe(folder_->path());
    });
    TestContext context(Comm::self(), folder_->path(), alone());
    train_network(small_training(epochs), context);
    TestContext prediction(Comm::self(), folder_->path(), alone());
    predict_network(small_prediction(), prediction);
    world_->barrier();
  }
  static void TearDownTestSuite() {
    delete folder_;
    delete world_;
  }
  static std::string alone() { return *folder_ / concat("alone", world_->rank()); }

  static Comm* world_;
  static TemporaryFolder* folder_;
};
Comm* Learning::world_ = nullptr;
TemporaryFolder* Learning::folder_ = nullptr;

TEST_F(Learning, MakesTheSameModelOnAnyNumberOfRanks) {
  auto const outputs = *folder_ / "together";
  TestContext context(*world_, folder_->path(), outputs);
  train_network(small_training(epochs), context);
  EXPECT_EQ(hash_file(outputs + "/model.h5"), hash_file(alone() + "/model.h5"));
  EXPECT_EQ(h5_content_hash(outputs + "/history.h5"), h5_content_hash(alone() + "/history.h5"));
}

TEST_F(Learning, AnInterruptedTrainingMakesTheSameModel) {
  auto const outputs = *folder_ / "interrupted";
  int stops = 0;
  for (int const steps : {1, 4, 2, 1000}) {  // eight training clusters: two steps an epoch
    TestContext context(*world_, folder_->path(), outputs);
    context.stop_after = steps;
    try {
      train_network(small_training(epochs), context);
    } catch (StoppedByTest const&) {
      ++stops;
      EXPECT_FALSE(std::filesystem::exists(outputs + "/model.h5"));
    }
    world_->barrier();
  }
  EXPECT_EQ(stops, 3);
  EXPECT_EQ(hash_file(outputs + "/model.h5"), hash_file(alone() + "/model.h5"));
}

// The same as if they had been testing clusters: neither training nor validation, nor what is
// fitted before (standardisation, noise, centres), sees them.
TEST_F(Learning, ClustersOfWhichTheMassDisagreesTeachNothing) {
  std::vector<std::int64_t> const rows{2, 9};  // one trains, one validates
  auto const flagged = *folder_ / "flagged", testing = *folder_ / "testing";
  if (world_->is_root()) write_small_universe(flagged, 0, rows);
  if (world_->is_root()) write_small_universe(testing, 0, {}, rows);
  world_->barrier();
  auto task = small_training(2);
  TestContext others(*world_, testing, testing + "/model");
  train_network(task, others);
  TestContext kept(*world_, flagged, flagged + "/kept");
  train_network(task, kept);
  task.choice.mass_disagrees = ClusterChoice::Disagreeing::leave_out;
  TestContext left_out(*world_, flagged, flagged + "/left_out");
  train_network(task, left_out);
  EXPECT_EQ(hash_file(flagged + "/left_out/model.h5"), hash_file(testing + "/model/model.h5"));
  EXPECT_NE(hash_file(flagged + "/left_out/model.h5"), hash_file(flagged + "/kept/model.h5"));

  // Predicted they are, and flagged.
  predict_network(small_prediction(), left_out);
  CubeFile const cubes(flagged + "/left_out/prediction.h5");
  ASSERT_EQ(cubes.size(), n_clusters);
  for (std::int64_t row = 0; row < n_clusters; ++row) {
    EXPECT_EQ(cubes.mass_disagrees(row), std::ranges::count(rows, row) > 0) << row;
    EXPECT_EQ(cubes.in_training(row), row < 8 && row != 2) << row;
  }
}

TEST_F(Learning, TheListOfClustersHoldsWhatThePredictionSays) {
  std::ifstream csv(alone() + "/clusters.csv");
  std::string line;
  std::getline(csv, line);
  EXPECT_EQ(line,
            "id,cluster,x [ckpc/h],y [ckpc/h],z [ckpc/h],M200 [1e10 Msun/h],R200 [ckpc/h],"
            "Y [(kpc/h)^2],flux_factor,origin_shift_x [R200],origin_shift_y [R200],"
            "origin_shift_z [R200],mass_disagrees,in_training");
  auto const table = read_clusters(*folder_ / "clusters.h5");
  CubeFile const cubes(alone() + "/prediction.h5");
  auto const y = cubes.file().read_all<double>("/y"),
             shift = cubes.file().read_all<double>("/origin_shift");
  for (std::int64_t row = 0; row < n_clusters; ++row) {
    ASSERT_TRUE(std::getline(csv, line));
    std::vector<double> numbers;
    std::istringstream words(line);
    for (std::string word; std::getline(words, word, ',');)
      numbers.push_back(std::strtod(word.c_str(), nullptr));
    auto const& cluster = table.clusters[row];
    std::vector<double> const expected{real(cluster.id),
                                       real(row),
                                       cluster.position.x,
                                       cluster.position.y,
                                       cluster.position.z,
                                       cluster.m200c,
                                       cluster.r200c,
                                       y[row],
                                       cubes.flux_factor(row),
                                       shift[3 * row],
                                       shift[3 * row + 1],
                                       shift[3 * row + 2],
                                       0,
                                       row < 8 ? 1.0 : 0.0};
    EXPECT_EQ(numbers, expected) << line;
  }
  EXPECT_FALSE(std::getline(csv, line));
}

TEST_F(Learning, TheSeedMakesAnotherModel) {
  auto task = small_training(1);
  task.instance.seed = 2;
  TestContext context(*world_, folder_->path(), *folder_ / "other_seed");
  train_network(task, context);
  EXPECT_NE(hash_file(*folder_ / "other_seed/model.h5"), hash_file(alone() + "/model.h5"));
}

TEST_F(Learning, ANetworkSeesTheColumnsThatItChose) {
  auto const outputs = *folder_ / "chosen_columns";
  auto task = small_training(1);
  task.model.network.inputs = {.scalars = {"profile", "xoff"},
                               .vectors = {"centre_of_mass", "inertia_1"},
                               .drop = {"mass_0.1"}};
  TestContext context(*world_, folder_->path(), outputs);
  train_network(task, context);
  auto const network = Network::from_state(read_model(outputs + "/model.h5"));
  auto const columns = network.options().columns();
  EXPECT_EQ(columns.n_scalars(), 13);
  EXPECT_EQ(columns.vector_names(), (std::vector<std::string>{"centre_of_mass", "inertia_1"}));
  // Their standardisation is that of the training clusters, each of its own column.
  ParticleStore const store(*folder_ / "particles.h5");
  auto const rows = read_clusters(*folder_ / "clusters.h5").rows_of(Split::training, 0);
  ASSERT_EQ(std::ssize(network.standardisation().scalars), columns.n_scalars());
  for (std::size_t i = 0; i < columns.scalars.size(); ++i) {
    double mean = 0;
    for (auto const row : rows)
      mean += store.scalars(row)[cluster_columns().scalar(columns.scalars[i])] / real(rows.size());
    EXPECT_NEAR(network.standardisation().scalars[i].mean, mean, 1e-12) << columns.scalars[i];
  }
  auto prediction = small_prediction();
  prediction.section = task.model;
  predict_network(prediction, context);
}

/// Teaches at two redshifts; the second universe lies in the folder "later".
TrainTask joint_training() {
  auto task = small_training(2);
  task.instance.snapshot = "z0+z05";
  auto second = task.sources.front();
  for (auto* name : {&second.clusters, &second.particles, &second.pressure, &second.gnfw})
    *name = "later/" + *name;
  second.simulation = "later";
  task.sources.push_back(second);
  task.options.cluster_weight = ClusterWeight::benchmark;
  task.model.network.inputs.scalars = {"published", "ln_a"};
  return task;
}

void write_second_universe(Comm const& world, std::string const& folder) {
  on_root(world, "making the second universe", [&] {
    std::filesystem::create_directories(folder + "/later");
    write_small_universe(folder + "/later", 0.5);
    GnfwParameters later;
    later.A_P0 *= 1.3;
    std::ofstream(folder + "/later/gnfw.json")
        << nlohmann::json{{"benchmark", later}, {"flux", later}};
  });
}

TEST_F(Learning, TwoRedshiftsTeachOneNetworkOnAnyNumberOfRanks) {
  write_second_universe(*world_, folder_->path());
  auto const own = *folder_ / concat("joint_alone", world_->rank());
  TestContext single(Comm::self(), folder_->path(), own);
  train_network(joint_training(), single);
  TestContext context(*world_, folder_->path(), *folder_ / "joint");
  train_network(joint_training(), context);
  EXPECT_EQ(hash_file(*folder_ / "joint/model.h5"), hash_file(own + "/model.h5"));

  auto const state = read_model(own + "/model.h5");
  auto const& on = state.description.at("trained_on");
  EXPECT_EQ(on.at("redshift"), (nlohmann::json{0, 0.5}));
  EXPECT_EQ(on.at("n_clusters"), 16);
  EXPECT_EQ(on.at("simulations"), (nlohmann::json{"small", "later"}));
  EXPECT_EQ(state.description.at("flux").at("training").at("n"), 16);
  EXPECT_EQ(state.description.at("flux").at("validation").at("n"), 6);
  // The profile of each redshift at that redshift.
  for (auto const* name : {"benchmark", "flux_profile"}) {
    auto const profile = state.description.at(name).get<GnfwParameters>();
    EXPECT_NEAR(gnfw_shape(profile, 7e3, 0.7, 0).p0, gnfw_shape({}, 7e3, 0.7, 0).p0, 1e-9);
    EXPECT_NEAR(gnfw_shape(profile, 7e3, 0.7, 0.5).p0, 1.3 * gnfw_shape({}, 7e3, 0.7, 0.5).p0,
                1e-9);
  }
}

// Columns, noise and weights know the clusters of both.
TEST_F(Learning, TheStandardisationIsThatOfAllThatTeach) {
  write_second_universe(*world_, folder_->path());
  auto const outputs = *folder_ / concat("joint_columns", world_->rank());
  TestContext context(Comm::self(), folder_->path(), outputs);
  auto task = joint_training();
  task.options.epochs = 1;
  train_network(task, context);
  auto const network = Network::from_state(read_model(outputs + "/model.h5"));
  auto const columns = network.options().columns();
  double ln_p200 = 0;
  std::vector<Moments> moments(columns.scalars.size());
  for (std::string const folder : {"", "later/"}) {
    ParticleStore const store(*folder_ / (folder + "particles.h5"));
    auto const table = read_clusters(*folder_ / (folder + "clusters.h5"));
    for (auto const row : table.rows_of(Split::training, 0)) {
      ln_p200 += std::log(table.clusters[row].p200) / 16;
      auto const input = cluster_input(table, store, row, columns);
      for (std::size_t i = 0; i < moments.size(); ++i) moments[i].add(input.scalars[i]);
    }
  }
  auto const& found = network.standardisation();
  for (std::size_t i = 0; i < moments.size(); ++i)
    EXPECT_EQ(found.scalars[i], moments[i].affine()) << columns.scalars[i];
  EXPECT_NEAR(std::log(found.reference_p200), ln_p200, 1e-12);
  EXPECT_GT(found.scalars[columns.scalar("ln_a")].deviation, 0.1);
}

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
    auto const error = error_of([&] { train_network(task, context); });
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

TEST_F(Learning, BeatsABenchmarkThatIsWrong) {
  auto const outputs = *folder_ / "longer";
  TestContext context(*world_, folder_->path(), outputs);
  train_network(small_training(20), context);
  EXPECT_LT(context.notes.at("validation_ratio").get<double>(), 0.7);
}

TEST_F(Learning, PredictsTheSameOnAnyNumberOfRanks) {
  auto const outputs = *folder_ / "predicted";
  TestContext context(*world_, folder_->path(), outputs);
  if (world_->is_root()) std::filesystem::copy(alone() + "/model.h5", outputs + "/model.h5");
  world_->barrier();
  predict_network(small_prediction(), context);
  EXPECT_EQ(h5_content_hash(outputs + "/prediction.h5"),
            h5_content_hash(alone() + "/prediction.h5"));
  EXPECT_EQ(hash_file(outputs + "/clusters.csv"), hash_file(alone() + "/clusters.csv"));
}

/// Of the testing clusters at a size where cells are larger than a voxel.
PredictTask adaptive_prediction(std::string const& adaptive) {
  auto task = small_prediction();
  task.options.clusters = PredictOptions::Clusters::testing;
  task.options.adaptive = adaptive;
  task.cube.n_voxels = 32;
  return task;
}

TEST_F(Learning, InterpolatesBetweenFewerTargetsTheSameOnAnyNumberOfRanks) {
  auto const outputs = *folder_ / "adaptive", own = *folder_ / concat("adaptive", world_->rank());
  auto const predict = [&](Comm const& comm, std::string const& to, std::string const& adaptive) {
    TestContext context(comm, folder_->path(), to);
    if (comm.is_root()) std::filesystem::copy(alone() + "/model.h5", to + "/model.h5");
    comm.barrier();
    predict_network(adaptive_prediction(adaptive), context);
  };
  predict(*world_, outputs, "0.1");
  predict(Comm::self(), own, "0.1");
  EXPECT_EQ(h5_content_hash(outputs + "/prediction.h5"), h5_content_hash(own + "/prediction.h5"));

  predict(Comm::self(), own + "_all", "no");
  CubeFile const some(own + "/prediction.h5"), all(own + "_all/prediction.h5");
  auto const share = some.file().read_all<double>("/evaluated"),
             y = some.file().read_all<double>("/y"), full_y = all.file().read_all<double>("/y");
  ASSERT_EQ(some.size(), 2);
  for (std::int64_t cube = 0; cube < some.size(); ++cube) {
    EXPECT_LT(share[cube], 0.4);
    EXPECT_NEAR(y[cube], full_y[cube], 0.01 * full_y[cube]);
    auto const p = some.read(cube), full = all.read(cube);
    double error2 = 0, sum2 = 0;
    for (std::size_t v = 0; v < p.size(); ++v) {
      error2 += (real(p[v]) - real(full[v])) * (real(p[v]) - real(full[v]));
      sum2 += real(full[v]) * real(full[v]);
    }
    EXPECT_LT(std::sqrt(error2 / sum2), 0.1);
    EXPECT_GT(error2, 0);
  }

  predict(Comm::self(), own + "_exact", "1e-9");
  EXPECT_EQ(h5_content_hash(own + "_exact/prediction.h5"),
            h5_content_hash(own + "_all/prediction.h5"));
}

TEST_F(Learning, AnInterruptedPredictionIsTheSame) {
  auto const outputs = *folder_ / "predicted_in_parts";
  int stops = 0;
  for (int const rounds : {3, 5, 100000}) {
    TestContext context(*world_, folder_->path(), outputs);
    if (world_->is_root())
      std::filesystem::copy(alone() + "/model.h5", outputs + "/model.h5",
                            std::filesystem::copy_options::skip_existing);
    world_->barrier();
    context.stop_after = rounds;
    try {
      predict_network(small_prediction(), context);
    } catch (StoppedByTest const&) {
      ++stops;
    }
    world_->barrier();
  }
  EXPECT_EQ(stops, 2);
  EXPECT_EQ(h5_content_hash(outputs + "/prediction.h5"),
            h5_content_hash(alone() + "/prediction.h5"));
}

// The file against the network itself, evaluated by hand on one cluster.
TEST_F(Learning, ThePredictionIsThatOfTheNetwork) {
  auto const path = alone() + "/prediction.h5";
  CubeFile const cubes(path);
  ASSERT_EQ(cubes.size(), n_clusters);
  auto const table = read_clusters(*folder_ / "clusters.h5");
  auto const network = Network::from_state(read_model(alone() + "/model.h5"));
  auto const task = small_prediction();
  std::int64_t const row = 3;
  auto const cube = cubes.read(row);
  ParticleStore const store(*folder_ / "particles.h5");
  ClusterSampler const source(store.load(row),
                              cluster_input(table, store, row, network.options().columns()), {310});
  auto const seed = small_training(1).instance.stream_seed(1);
  std::uint64_t const stream = (std::uint64_t{0xfffffffd} << 32) | row;
  auto batch = source.batch(row, 200, Random(seed, Purpose::cluster_sample, stream));
  auto const lattice = cubes.lattice(row, source.input().r200c);
  std::vector<std::size_t> voxels;
  lattice.each_within(2, [&](std::size_t v, std::size_t) {
    std::size_t const n = n_voxels;
    source.add_target(
        batch,
        lattice.centre_r200(static_cast<std::int64_t>(v / (n * n)),
                            static_cast<std::int64_t>(v / n % n), static_cast<std::int64_t>(v % n)),
        40, Random(seed, Purpose::local_sample, stream, v));
    voxels.push_back(v);
  });
  auto expected = network.predict(batch);
  auto const strength = read_model(alone() + "/model.h5")
                            .description.at("flux")
                            .get<FluxCorrection>()
                            .strength(source.input().m200c);
  EXPECT_NE(strength, 0);
  EXPECT_EQ(cubes.flux_strength(row), strength);
  double with = 0, without = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    without += real(expected[i]);
    expected[i] *= single(1 + strength * flux_share(norm(batch.position[i])));
    with += real(expected[i]);
  }
  EXPECT_NEAR(cubes.flux_factor(row), with / without, 1e-5);
  std::vector<bool> inside(cube.size(), false);
  for (std::size_t i = 0; i < voxels.size(); ++i) {
    EXPECT_NEAR(cube[voxels[i]], expected[i], 1e-5 * (1 + expected[i]));
    inside[voxels[i]] = true;
  }
  for (std::size_t v = 0; v < cube.size(); ++v)
    if (!inside[v]) {
      EXPECT_EQ(cube[v], 0);
    }
  auto const shift = cubes.file().read_rows<double>("/origin_shift", {row, row + 1});
  EXPECT_NEAR(shift[0], network.cluster_state(batch).at("shift")[0], 1e-6);
}

/// Y of predictions and gas in units of P200 R200^3 times one factor, by row: from the files.
struct SumsOfCubes {
  std::vector<double> predicted, outer, gas;
};
SumsOfCubes sums_of_cubes(std::string const& predictions, std::string const& pressure) {
  CubeFile const predicted(predictions), gas(pressure);
  SumsOfCubes sums;
  for (std::int64_t row = 0; row < n_clusters; ++row) {
    auto const p = predicted.read(row), t = gas.read(row);
    for (auto* sum : {&sums.predicted, &sums.outer, &sums.gas}) sum->push_back(0);
    CubeLattice const lattice{n_voxels, 5};
    lattice.each_within(2, [&](std::size_t v, std::size_t shell) {
      double const radius = lattice.shell_radius_r200(static_cast<std::int64_t>(shell));
      sums.outer.back() += flux_share(radius) * double(p[v]);
      sums.predicted.back() += double(p[v]);
      sums.gas.back() += double(t[v]);
    });
  }
  return sums;
}

// The correction that training fits, against the whole cubes of a prediction without it.
TEST_F(Learning, TheFluxCorrectionGivesPredictionsTheYOfTheGas) {
  auto const outputs = *folder_ / concat("uncorrected", world_->rank());
  TestContext context(Comm::self(), folder_->path(), outputs);
  std::filesystem::copy(alone() + "/model.h5", outputs + "/model.h5",
                        std::filesystem::copy_options::overwrite_existing);
  auto task = small_prediction();
  task.options.flux_correction = false;
  predict_network(task, context);
  auto const [predicted, outer, gas] =
      sums_of_cubes(outputs + "/prediction.h5", *folder_ / "pressure.h5");
  auto const table = read_clusters(*folder_ / "clusters.h5");
  std::vector<std::int64_t> rows;  // 8 of training, 3 of validation
  for (auto const part : {Split::training, Split::validation})
    for (auto const row : table.rows_of(part, 0)) rows.push_back(row);
  std::sort(rows.begin(), rows.end(),
            [&](auto a, auto b) { return table.clusters[a].m200c < table.clusters[b].m200c; });
  auto const flux = read_model(outputs + "/model.h5").description.at("flux");
  auto const correction = flux.get<FluxCorrection>();
  std::size_t first = 0;
  double worst_uncorrected = 0;
  for (std::size_t bin = 0; bin < 3; ++bin) {
    double sum_predicted = 0, sum_corrected = 0, sum_gas = 0;
    for (auto const last = first + flux["n"][bin].get<std::size_t>(); first < last; ++first) {
      auto const& cluster = table.clusters[rows[first]];
      // The validation clusters together weigh as much as those of training.
      bool const known = table.split_of(rows[first], 0) == Split::training;
      double const unit = (known ? 1 : 8 / 3.0) * y_unit(cluster, 1);
      sum_predicted += unit * predicted[rows[first]];
      sum_corrected +=
          unit * (predicted[rows[first]] + correction.strength(cluster.m200c) * outer[rows[first]]);
      sum_gas += unit * gas[rows[first]];
    }
    EXPECT_NEAR(sum_corrected / sum_gas, 1, 0.02);
    worst_uncorrected = std::max(worst_uncorrected, std::abs(sum_predicted / sum_gas - 1));
  }
  EXPECT_GT(worst_uncorrected, 0.05);
  EXPECT_EQ(first, 11U);
  EXPECT_NEAR(flux["training"]["y_corrected_over_gas"].get<double>(), 1, 0.1);
  EXPECT_EQ(flux["validation"]["n"], 3);
  CubeFile const cubes(outputs + "/prediction.h5");
  EXPECT_EQ(cubes.flux_factor(0), 1);
  EXPECT_EQ(cubes.file().attribute<std::string>("/", "flux_correction"), "none");
}

TEST_F(Learning, AModelWithoutFluxCorrectionIsPredictedOnlyIfAskedFor) {
  auto const outputs = *folder_ / "older";
  TestContext context(*world_, folder_->path(), outputs);
  on_root(*world_, "writing a model", [&] {
    auto state = read_model(alone() + "/model.h5");
    state.description.erase("flux");
    write_model(outputs + "/model.h5", state);
  });
  auto const error = error_of([&] { predict_network(small_prediction(), context); });
  EXPECT_EQ(error.code(), ExitCode::config);
  EXPECT_NE(std::string(error.what()).find("flux_correction = no"), std::string::npos);
}

TEST_F(Learning, ALocalRadiusBeyondTheExtractionIsRefused) {
  auto task = small_training(1);
  task.model.network.get<Local>().radius.value = 400;
  TestContext context(*world_, folder_->path(), *folder_ / "refused");
  auto const error = error_of([&] { train_network(task, context); });
  EXPECT_EQ(error.code(), ExitCode::config);
  EXPECT_NE(std::string(error.what()).find("complete only for"), std::string::npos);
}

}  // namespace
}  // namespace setsz
