// SPDX-License-Identifier: BSD-3-Clause
#include "stages/evaluate/sample_scores.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

constexpr std::int64_t n_shells = 16, n_samples = 40;

/// Clusters whose pressure is exchanged between the shells within and beyond 0.5 R200: by a normal
/// number in each sample, and by one `gas_scatter` times as wide in the gas.
std::vector<SampledCluster> transfer_clusters(std::int64_t n, double gas_scatter) {
  constexpr double spread = 0.1;
  std::vector<SampledCluster> clusters;
  for (std::int64_t c = 0; c < n; ++c) {
    Random random(2, Purpose::test, static_cast<std::uint64_t>(c));
    SampledCluster cluster{.row = c,
                           .m200c = 1e3 * real(c + 1),
                           .loss_benchmark = 2,
                           .loss_of_mean = 1,
                           .loss_reconstructed = 0.5};
    auto const exchange = [&](double transfer, std::int64_t shell) {
      return std::exp(-real(shell) / 4) * (1 + (shell < n_shells / 4 ? 1 : -1) * transfer);
    };
    double const of_gas = gas_scatter * spread * random.normal();
    for (std::int64_t k = 0; k < n_samples; ++k) {
      double const transfer = spread * random.normal();
      for (std::int64_t s = 0; s < n_shells; ++s) cluster.profile.push_back(exchange(transfer, s));
      cluster.y.push_back(3 * (1 + transfer));
      cluster.loss.push_back(1 + 0.01 * real(k));
    }
    for (std::int64_t s = 0; s < n_shells; ++s) {
      cluster.gas.push_back(exchange(of_gas, s));
      cluster.residual.push_back((s < n_shells / 4 ? 1 : -1) * of_gas + 0.01 * random.normal());
    }
    cluster.y_gas = 3 * (1 + of_gas);
    cluster.nats = {1.5, 0.5};
    clusters.push_back(std::move(cluster));
  }
  return clusters;
}

double value(nlohmann::json const& figure) { return figure.at("value").get<double>(); }

TEST(SampleReport, GasThatScattersLikeTheSamplesIsCovered) {
  auto const report = sample_report(transfer_clusters(600, 1), 3, {50});
  EXPECT_NEAR(value(report["coverage"]["profile_68"]), 0.68, 0.06);
  EXPECT_NEAR(value(report["coverage"]["profile_95"]), 0.95, 0.03);
  EXPECT_NEAR(value(report["coverage"]["y_68"]), 0.68, 0.06);
  auto const interval = report["coverage"]["profile_68"]["interval_68"];
  EXPECT_NEAR(interval[1].get<double>() - interval[0].get<double>(), 2 * 0.466 / std::sqrt(600.0),
              0.02);  // shells of a cluster are no independent trials
}

TEST(SampleReport, GasThatScattersTwiceAsMuchIsNot) {
  auto const report = sample_report(transfer_clusters(600, 2), 3, {50});
  EXPECT_NEAR(value(report["coverage"]["profile_68"]), 0.38, 0.06);  // P(|x| < 0.5 sigma)
  for (auto const& bin : report["spread_by_mass"]) {
    EXPECT_NEAR(bin["profile_samples"].get<double>(), 0.1, 0.01);
    EXPECT_NEAR(bin["y_gas"].get<double>() / bin["y_samples"].get<double>(), 2, 0.4);
  }
}

TEST(SampleReport, ATransferIsAnAnticorrelationAndAModeThatChangesSign) {
  auto const report = sample_report(transfer_clusters(100, 1), 3, {20});
  // Departures are those from the mean of 40 samples, which is itself a little off.
  EXPECT_NEAR(report["covariance"]["samples"].get<double>(), -1, 1e-3);
  EXPECT_NEAR(report["covariance"]["gas"].get<double>(), -1, 0.01);
  for (auto const* of : {"components_of_residuals", "components_of_samples"}) {
    EXPECT_GT(report[of]["explained"][0], 0.9) << of;
    EXPECT_EQ(report[of]["sign_change_r200"][0], 0.5) << of;
  }
}

TEST(SampleReport, LossesAreThoseOverTheBenchmark) {
  auto const report = sample_report(transfer_clusters(20, 1), 3, {20});
  EXPECT_EQ(value(report["L_opt"]["reconstructed"]), 0.25);
  EXPECT_EQ(value(report["L_opt"]["mean_of_samples"]), 0.5);
  EXPECT_NEAR(value(report["L_opt"]["sampled"]), (1 + 0.01 * 19.5) / 2, 1e-12);
  EXPECT_EQ(value(report["L_opt"]["reconstructed_over_mean"]), 0.5);
  EXPECT_EQ(value(report["latent"]["nats"]), 1);
  EXPECT_EQ(report["clusters"].size(), 20U);
}

TEST(PrincipalComponents, AreThoseOfTheCorrelations) {
  // Two columns with correlation 0.8: eigenvalues 1.8 and 0.2 of 2.
  std::vector<std::vector<double>> rows;
  Random random(4, Purpose::test);
  for (int i = 0; i < 20000; ++i) {
    double const a = random.normal(), b = 0.8 * a + 0.6 * random.normal();
    rows.push_back({a, 7 + 100 * b});
  }
  auto const found = principal_components(rows);
  EXPECT_NEAR(found.explained[0], 0.9, 0.01);
  EXPECT_NEAR(found.modes[0][0], std::sqrt(0.5), 0.01);
  EXPECT_NEAR(found.modes[0][1], std::sqrt(0.5), 0.01);
}

}  // namespace
}  // namespace setsz
