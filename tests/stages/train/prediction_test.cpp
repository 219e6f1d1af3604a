// SPDX-License-Identifier: BSD-3-Clause
// What a trained network predicts, and its correction of the flux.
#include <fstream>
#include <sstream>

#include "learning.hpp"
#include "model/flux_correction.hpp"
#include "model/model_file.hpp"
#include "model/network.hpp"
#include "pipeline/base/hash.hpp"
#include "stages/common/cluster_sampler.hpp"
#include "stages/common/cube_file.hpp"

namespace setsz {
namespace {

using namespace testing;

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
  auto const error = test::thrown_by([&] { predict_network(small_prediction(), context); });
  EXPECT_EQ(error.code(), ExitCode::config);
  EXPECT_NE(std::string(error.what()).find("flux_correction = no"), std::string::npos);
}

}  // namespace
}  // namespace setsz
