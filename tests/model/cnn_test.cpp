// SPDX-License-Identifier: BSD-3-Clause
#include "model/modules/cnn.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "model/network.hpp"
#include "pipeline/base/cube_symmetry.hpp"
#include "random_batch.hpp"

namespace setsz {
namespace {

constexpr std::int64_t n = 16;

Network make(bool augment, std::uint64_t seed = 3, double head_scale = 0.3) {
  auto options = testing::small_network({"gnfw", "cnn"});
  options.head_scale = head_scale;
  auto& cnn = options.get<Cnn>();
  cnn.cells = n, cnn.levels = 2, cnn.width = 3, cnn.augment = augment;
  Standardisation standardisation;
  standardisation.quantities["cnn_log_density"] = {2, 1.5};
  return Network(options, standardisation, {}, seed);
}

/// Targets within the grid, and a density without any symmetry.
TargetBatch batch_with_density(std::uint64_t seed) {
  auto batch = testing::random_batch(seed, 12, {0});
  Random random(seed, Purpose::test, 8);
  for (std::int64_t i = 0; i < n * n * n; ++i)
    batch.cluster.density.push_back(single(std::exp(random.normal() + 2)));
  return batch;
}

std::int64_t cell(std::int64_t i, std::int64_t j, std::int64_t k) { return (i * n + j) * n + k; }
Vec3 centre(std::int64_t i, std::int64_t j, std::int64_t k) {
  auto const along = [](std::int64_t c) {
    return density_edge_r200 * ((real(c) + 0.5) / real(n) - 0.5);
  };
  return {along(i), along(j), along(k)};
}

TEST(CubeSymmetry, AreTheFortyEightOrthogonalMapsOfTheAxes) {
  std::set<std::vector<std::int64_t>> different;
  for (std::uint64_t number = 0; number < 48; ++number) {
    auto const symmetry = CubeSymmetry::number(number);
    EXPECT_EQ(std::set<std::int64_t>(symmetry.axis.begin(), symmetry.axis.end()),
              (std::set<std::int64_t>{0, 1, 2}));
    std::vector<std::int64_t> map;
    for (std::size_t i = 0; i < 3; ++i)
      map.push_back(2 * symmetry.axis[i] + (symmetry.sign[i] < 0 ? 1 : 0));
    different.insert(map);
  }
  EXPECT_EQ(different.size(), 48U);
  EXPECT_EQ(CubeSymmetry::number(0).axis[1], 1);
  EXPECT_EQ(CubeSymmetry::number(0).sign[2], 1);
}

TEST(Cnn, ReadsItsCorrectionsWhereTheTargetsAre) {
  // Three different coordinates, far apart: each exchange or mirror of axes is another place.
  std::int64_t const i = 2, j = 8, k = 13;
  auto batch = testing::random_batch(1, 0, {0});
  for (Vec3 const& r : {centre(i, j, k), centre(k, j, i), centre(j, i, k), centre(i, k, j),
                        centre(n - 1 - i, j, k), centre(i, j, n - 1 - k)})
    batch.position.push_back(r);
  std::vector<double> changes(batch.position.size(), 0);
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    auto network = make(false, seed, 0.02);
    for (auto const& info : network.layout().tensors())
      if (info.name == "cnn.head.bias") network.parameters()[info.first + 1] = 1;  // no ReLU cuts
    batch.cluster.density.assign(n * n * n, 20);
    auto const before = network.predict(batch);
    batch.cluster.density[cell(i, j, k)] = 2000;
    auto const after = network.predict(batch);
    for (std::size_t t = 0; t < changes.size(); ++t)
      changes[t] += std::abs(real(after[t]) - real(before[t]));
  }
  for (std::size_t t = 1; t < changes.size(); ++t) EXPECT_LT(changes[t], changes[0] / 3) << t;
}

TEST(Cnn, InTrainingTurnsDensityAndTargetsByTheSameSymmetry) {
  auto network = make(true);
  std::set<double> losses;
  for (std::uint64_t epoch = 0; epoch < 12; ++epoch) {
    auto batch = batch_with_density(2);
    batch.epoch = epoch;
    double const loss = network.accumulate_gradient(batch, 1, std::nullopt);
    losses.insert(loss);
    // The same by hand: a turned cluster, to the network as it predicts.
    auto const symmetry =
        CubeSymmetry::number(hash64(epoch, static_cast<std::uint64_t>(batch.cluster_row)) % 48);
    auto turned = batch;
    auto const sign = [&](std::size_t axis) { return symmetry.sign[axis] < 0 ? -1.0 : 1.0; };
    auto const image = [&](Vec3 const& r) {
      return Vec3{sign(0) * r[std::size_t(symmetry.axis[0])],
                  sign(1) * r[std::size_t(symmetry.axis[1])],
                  sign(2) * r[std::size_t(symmetry.axis[2])]};
    };
    for (auto& r : turned.position) r = image(r);
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t j = 0; j < n; ++j)
        for (std::int64_t k = 0; k < n; ++k) {
          Vec3 const r = image(centre(i, j, k));
          auto const along = [](double x) { return std::lround((x / 5 + 0.5) * n - 0.5); };
          turned.cluster.density[cell(along(r.x), along(r.y), along(r.z))] =
              batch.cluster.density[cell(i, j, k)];
        }
    EXPECT_NEAR(squared_error(turned, network.predict(turned)) / loss, 1, 1e-5) << epoch;
  }
  EXPECT_GT(losses.size(), 8U);  // or nothing was turned
}

TEST(Cnn, HasTheGradientOfItsLoss) {
  auto network = make(false, 4, 1);
  auto const batch = batch_with_density(5);
  network.accumulate_gradient(batch, 1, std::nullopt);
  std::vector<float> const gradient(network.gradient().begin(), network.gradient().end());
  auto const loss_at = [&](std::size_t i, double x) {
    float const before = network.parameters()[i];
    network.parameters()[i] = single(x);
    double const loss = squared_error(batch, network.predict(batch));
    network.parameters()[i] = before;
    return loss;
  };
  for (auto const& info : network.layout().tensors()) {
    // The parameter of each tensor with the largest derivative stands out of float32's rounding.
    std::int64_t largest = info.first;
    for (std::int64_t i = info.first; i < info.first + info.size(); ++i)
      if (std::abs(gradient[i]) > std::abs(gradient[largest])) largest = i;
    auto const i = static_cast<std::size_t>(largest);
    double const x = real(network.parameters()[i]), step = 2e-3 * std::max(std::abs(x), 0.1);
    double const difference = (loss_at(i, x + step) - loss_at(i, x - step)) / (2 * step);
    EXPECT_NEAR(difference / real(gradient[i]), 1, 0.05) << info.name;
  }
}

TEST(Cnn, RefusesGridsThatCannotBeHalvedAndASecondPlaceForCorrections) {
  auto options = testing::small_network({"gnfw", "cnn"});
  options.get<Cnn>().cells = 30;
  EXPECT_THROW(options.validate(), Error);
  EXPECT_THROW(testing::small_network({"gnfw", "cnn", "aggregator"}).validate(), Error);
  EXPECT_NO_THROW(testing::small_network({"gnfw", "origin", "cnn"}).validate());
}

}  // namespace
}  // namespace setsz
