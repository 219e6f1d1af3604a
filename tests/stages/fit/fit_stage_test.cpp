// SPDX-License-Identifier: BSD-3-Clause
#include "stages/fit/fit_stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/base/number.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/units.hpp"
#include "stages/fit/skirt_fit.hpp"
#include "tests/fixtures/cube_products.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/stage_context.hpp"

namespace setsz {
namespace {

constexpr std::int64_t n_voxels = 32;
GnfwParameters const truth{
    .A_P0 = 9, .a_P0 = 0.1, .A_xc = 0.6, .a_xc = -0.05, .A_beta = 4.5, .a_beta = 0.04};

double lumpy_gas(Cluster const& cluster, Vec3 const& x) {
  double const wave = std::sin(7 * x.x) * std::sin(5 * x.y + real(cluster.id));
  return gnfw(gnfw_shape(truth, cluster.m200c, 0.6774, 0), norm(x)) * (1 + 0.5 * wave);
}

class FitStageTest : public testing::Test {
 protected:
  Comm const comm_ = Comm::world();
  test::Scratch const scratch_{comm_};
  ClusterTable const table_ = test::some_clusters(11, 2);

  void make_inputs(std::string const& name, test::PressureField const& gas) {
    std::string const folder = scratch_ / name;
    if (comm_.is_root()) {
      std::filesystem::create_directories(folder + "/catalog/z0");
      test::write_cubes(folder + "/voxelize/z0/pressure.h5", table_, n_voxels, gas, nullptr);
    }
    comm_.barrier();
    write_clusters(comm_, folder + "/catalog/z0/clusters.h5", table_);
  }

  std::string run(Comm const& comm, std::string const& name, std::size_t fold,
                  std::string const& options = "") const {
    auto const config = Configuration::parse(
        concat("[run]\ndirectory = ", scratch_ / name,
               "\n[snapshot.z0]\ngas = none\n[catalog]\nfolds = 2\n[fit]\nstarts = 4\n", options),
        "test.ini", {},
        {schema_of<RunOptions>(), schema_of<SnapshotSection>(true), schema_of<FitOptions>(),
         schema_of<test::FoldsOfCatalog>(), schema_of<ClusterChoice>()});
    StageList stages;
    add_fit_stages(Blueprint(config), stages);
    EXPECT_EQ(stages.size(), 3U);
    bool const skirt = fold == 2;
    EXPECT_EQ(stages[fold]->id(), skirt ? "fit/z0/skirt" : concat("fit/z0/fold", fold));
    test::StageContext context(comm, config.get<RunOptions>(), *stages[fold]);
    stages[fold]->run(context);
    return test::file_bytes(context.part(skirt ? "skirt.json" : "gnfw.json"));
  }
};

TEST_F(FitStageTest, GivesTheSameBytesOnAnyNumberOfRanks) {
  make_inputs("together", lumpy_gas);
  auto const together = run(comm_, "together", 1);
  make_inputs("alone", lumpy_gas);
  if (!comm_.is_root()) return;
  EXPECT_EQ(run(Comm::self(), "alone", 1), together);
}

TEST_F(FitStageTest, RecoversParametersAndReportsLossAndY) {
  make_inputs("a", [](Cluster const& cluster, Vec3 const& x) {
    return gnfw(gnfw_shape(truth, cluster.m200c, 0.6774, 0), norm(x));
  });
  auto const json = nlohmann::json::parse(run(comm_, "a", 0));
  auto const benchmark = json["benchmark"].get<GnfwParameters>();
  EXPECT_NEAR(benchmark.A_P0 / truth.A_P0, 1, 1e-3);
  EXPECT_NEAR(benchmark.a_beta, truth.a_beta, 1e-3);
  ASSERT_EQ(json["clusters"].size(), table_.clusters.size());
  for (std::size_t c = 0; c < table_.clusters.size(); ++c) {
    auto const& row = json["clusters"][c];
    auto const& cluster = table_.clusters[c];
    EXPECT_EQ(row["cluster"], c);
    EXPECT_EQ(row["id"], cluster.id);
    EXPECT_EQ(row["split"], c % 2 == 0 ? "testing" : "training");
    EXPECT_LT(row["loss_benchmark"].get<double>(), 1e-6);
    EXPECT_NEAR(row["y_benchmark"].get<double>() / row["y_gas"].get<double>(), 1, 1e-4);
    // The continuous integral against the sum over voxels of 0.16 R200: a few percent.
    EXPECT_NEAR(row["y_flux"].get<double>() / row["y_gas"].get<double>(), 1, 0.1);
    // Y = sigma_T/(m_e c^2) x integral of P dV [(kpc/h)^2].
    double const integral = cluster.p200 * std::pow(cluster.r200c, 3) *
                            gnfw_volume_integral(gnfw_shape(truth, cluster.m200c, 0.6774, 0), 2);
    EXPECT_NEAR(row["y_gas"].get<double>() / (units::compton_y_per_code(0.6774) * integral), 1,
                0.1);
  }
  for (auto const& bin : json["training_mass_bins"])
    EXPECT_NEAR(bin["y_flux_over_gas"].get<double>(), 1, 0.1);
}

TEST_F(FitStageTest, MeasuresHowSteeplyTheGasFallsBeyondTwoRadii) {
  // In the clusters that test another law, and beside every cluster what belongs to others.
  PeriodicBox const box(table_.box_ckpch);
  auto const gas = [&](Cluster const& cluster, Vec3 const& x) {
    auto const row =
        std::ranges::find(table_.clusters, cluster.id, &Cluster::id) - table_.clusters.begin();
    for (auto const& other : table_.clusters) {
      Vec3 const away = box.offset(other.position, cluster.position) + cluster.r200c * x;
      if (other.id != cluster.id && norm(away) / other.r200c < norm(x)) return 100.0;
    }
    double const n = row % 2 == 0 ? 9 : 4.2 + 0.25 * std::log(cluster.m200c / 5e3);
    return 0.01 * std::pow(std::max(norm(x), 0.1) / 2, -n) * (1 + 0.3 * std::sin(9 * x.x));
  };
  make_inputs("a", gas);
  auto const bytes = run(comm_, "a", 2);
  auto const skirt = nlohmann::json::parse(bytes).at("skirt").get<SkirtSlope>();
  EXPECT_NEAR(skirt.index, 4.2, 0.05);
  EXPECT_NEAR(skirt.mass_slope, 0.25, 0.05);
  make_inputs("alone", gas);
  if (comm_.is_root()) {
    EXPECT_EQ(run(Comm::self(), "alone", 2), bytes);
  }
}

TEST(SkirtFit, KeepsItsDefaultsWithoutGas) {
  std::vector<SkirtShells> const clusters(5, SkirtShells{.mass = 3e3});
  EXPECT_EQ(fit_skirt(clusters, 3).index, SkirtSlope{}.index);
  EXPECT_EQ(SkirtSlope{}.at(1e-9), 2);
}

TEST_F(FitStageTest, TheCoreIsFreeOrANumberInItsRange) {
  make_inputs("a", [](Cluster const& cluster, Vec3 const& x) {
    auto parameters = truth;
    parameters.core = 0.1;
    return gnfw(gnfw_shape(parameters, cluster.m200c, 0.6774, 0), norm(x));
  });
  auto const fit = [&](std::string const& core) {
    return nlohmann::json::parse(run(comm_, "a", 0, "core = " + core + "\n"));
  };
  auto const core = [](nlohmann::json const& parameters) {
    return parameters.get<GnfwParameters>().core;
  };
  auto const free = fit("free"), fixed = fit("0.03"), none = fit("0.001");
  EXPECT_NEAR(core(free["benchmark"]), 0.1, 1e-3);
  EXPECT_NEAR(core(free["flux"]), 1e-3, 1e-15);
  EXPECT_TRUE(free["at_edge"]["benchmark"].empty());
  EXPECT_NEAR(core(fixed["benchmark"]), 0.03, 1e-15);
  EXPECT_NEAR(core(fixed["flux"]), 0.03, 1e-15);
  EXPECT_NEAR(core(none["benchmark"]), 1e-3, 1e-15);
  EXPECT_LT(free["training_loss"], fixed["training_loss"]);
  EXPECT_LT(fixed["training_loss"], none["training_loss"]);
  for (auto const* wrong : {"fre", "0.0001", "0.6", "0.1x", "nan"}) {
    auto const text = test::error_of([&] { fit(wrong); });
    EXPECT_TRUE(test::contains(text, "78 ")) << text;
    EXPECT_TRUE(test::contains(text, concat("[fit] core = ", wrong))) << text;
  }
}

TEST_F(FitStageTest, LeavesOutClustersOfWhichTheMassDisagrees) {
  // In fold 0 the odd rows train; two of them are ten times too bright, and flagged.
  std::vector<std::uint8_t> flags(table_.clusters.size(), 0);
  flags[3] = flags[7] = 1;
  make_inputs("a", [&](Cluster const& cluster, Vec3 const& x) {
    auto const& clusters = table_.clusters;
    bool const odd = cluster.id == clusters[3].id || cluster.id == clusters[7].id;
    return (odd ? 10 : 1) * gnfw(gnfw_shape(truth, cluster.m200c, 0.6774, 0), norm(x));
  });
  if (comm_.is_root()) {
    std::filesystem::create_directories(scratch_ / "a/extract/z0");
    auto file = H5File::create_serial(scratch_ / "a/extract/z0/particles.h5");
    file.write_same("/clusters/mass_disagrees", {.unit = "1"}, flags);
    file.close();
  }
  comm_.barrier();
  auto const kept = nlohmann::json::parse(run(comm_, "a", 0));
  EXPECT_EQ(kept["clusters"][3]["split"], "training");
  EXPECT_GT(kept["training_loss"].get<double>(), 1e-3);
  std::string const choice = "[clusters]\nmass_disagrees = leave_out\n";
  auto const json = nlohmann::json::parse(run(comm_, "a", 0, choice));
  EXPECT_NEAR(json["benchmark"].get<GnfwParameters>().A_P0 / truth.A_P0, 1, 1e-3);
  EXPECT_LT(json["training_loss"].get<double>(), 1e-6);
  for (std::size_t c = 0; c < table_.clusters.size(); ++c)
    EXPECT_EQ(json["clusters"][c]["split"], flags[c] != 0 ? "left out"
                                            : c % 2 == 0  ? "testing"
                                                          : "training");
}

TEST_F(FitStageTest, RefusesCubesThatAreNotThoseOfTheClusters) {
  make_inputs("a", lumpy_gas);
  if (comm_.is_root())
    test::write_cubes(scratch_ / "a/voxelize/z0/pressure.h5", test::some_clusters(4, 2), n_voxels,
                      lumpy_gas, nullptr);
  comm_.barrier();
  auto const text = test::error_of([&] { run(comm_, "a", 0); });
  EXPECT_TRUE(test::contains(text, "65 "));
  EXPECT_TRUE(test::contains(text, "4 cubes, but clusters.h5 has 11 clusters"));
}

}  // namespace
}  // namespace setsz
