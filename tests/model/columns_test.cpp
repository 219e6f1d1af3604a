// SPDX-License-Identifier: BSD-3-Clause
#include "model/columns.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "model/particle_features.hpp"
#include "model/pool_weight.hpp"
#include "pipeline/base/error.hpp"
#include "random_batch.hpp"

namespace setsz {
namespace {

TEST(Columns, PublishedAreElevenScalarsAndEightVectorsOfKnownParity) {
  auto const& columns = published_columns();
  EXPECT_EQ(columns.n_scalars(), 11);
  EXPECT_EQ(columns.n_vectors(), 8);
  EXPECT_EQ(columns.scalar("ln_m200"), 0U);
  EXPECT_EQ(columns.scalar("xoff"), 1U);
  int polar = 0, axial = 0;
  for (auto const& [name, parity] : columns.vectors) {
    polar += parity == Parity::polar;
    axial += parity == Parity::axial;
    EXPECT_EQ(parity == Parity::polar, name == "centre_of_mass");
    EXPECT_EQ(parity == Parity::axial, name == "angular_momentum");
  }
  EXPECT_EQ(polar, 1);
  EXPECT_EQ(axial, 1);
}

TEST(Columns, OfTheProfileAreNamedByTheirRadii) {
  std::vector<std::string> const expected{
      "mass_0.1",       "mass_0.2",     "mass_0.3",    "mass_0.5", "mass_0.7",
      "mass_1",         "mass_1.5",     "mass_2",      "mass_2.5", "dispersion_0.2",
      "dispersion_0.5", "dispersion_1", "dispersion_2"};
  EXPECT_EQ(profile_columns(), expected);
  EXPECT_EQ(cluster_columns().n_scalars(), 25);
  EXPECT_EQ(cluster_columns().scalars.back(), "ln_a");
  auto names = cluster_columns().scalars;
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

TEST(Columns, NameTheNearestWhereOneIsMissing) {
  try {
    cluster_columns().scalar("x_off");
    FAIL();
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::config);
    EXPECT_NE(std::string(error.what()).find("nearest: 'xoff'"), std::string::npos);
  }
}

TEST(Columns, SurviveJson) {
  nlohmann::json const json = cluster_columns();
  EXPECT_EQ(json.get<ClusterColumns>(), cluster_columns());
}

ClusterColumns columns_of(std::vector<Parity> const& parities) {
  ClusterColumns columns;
  for (auto const parity : parities) columns.vectors.push_back({"e", parity});
  return columns;
}

TEST(VectorContractions, AreThoseOfAnyNumberOfVectors) {
  Random random(1, Purpose::test);
  for (std::size_t n : {0, 1, 3, 8, 13}) {
    std::vector<Vec3> vectors;
    for (std::size_t k = 0; k < n; ++k) vectors.push_back(unit(testing::random_vector(random, 1)));
    ContractionRule const rule(columns_of(std::vector(n, Parity::headless)),
                               Contractions::with_sign);
    VectorContractions const contractions(vectors, rule);
    ASSERT_EQ(contractions.n(), std::ssize(vectors));
    EXPECT_EQ(contractions.n_products(), 0);
    Vec3 const u = unit(testing::random_vector(random, 1));
    std::vector<float> result(n + 1, 7);
    contractions.contract(single(u.x), single(u.y), single(u.z), result.data());
    contractions.square(1, result.data());
    for (std::size_t k = 0; k < n; ++k)
      EXPECT_NEAR(result[k], std::sqrt(3.0) * dot(u, vectors[k]), 1e-6);
    EXPECT_EQ(result[n], 7);  // nothing behind the last
  }
}

TEST(VectorContractions, OfRandomDirectionsHaveZeroMeanAndUnitVariance) {
  std::vector const parities{Parity::axial, Parity::polar, Parity::headless};
  std::vector<Vec3> const vectors{{0, 0.6, 0.8}, {1, 0, 0}, {0, 0, 1}};
  ContractionRule const rule(columns_of(parities), Contractions::parity);
  VectorContractions const contractions(vectors, rule);
  ASSERT_EQ(contractions.n_products(), 2);
  std::array<Moments, 5> moments;
  for (std::uint64_t i = 0; i < 40000; ++i) {
    Random random(2, Purpose::test, i);
    std::array<float, 3> a, b;
    std::array<float, 2> products;
    for (auto* out : {&a, &b}) {
      Vec3 const u = unit(testing::random_vector(random, 1));
      contractions.contract(single(u.x), single(u.y), single(u.z), out->data());
    }
    contractions.multiply(a.data(), b.data(), products.data());
    contractions.square(1, a.data());
    for (std::size_t k = 0; k < 3; ++k) moments[k].add(a[k]);
    for (std::size_t k = 0; k < 2; ++k) moments[3 + k].add(products[k]);
  }
  for (auto const& m : moments) {
    EXPECT_NEAR(m.affine().mean, 0, 0.02);
    EXPECT_NEAR(m.affine().deviation, 1, 0.02);
  }
}

TEST(VectorContractions, OfZeroVectorsAreZero) {
  std::vector const parities{Parity::axial, Parity::polar, Parity::headless};
  std::vector<Vec3> const vectors{{0, 0, 0}, {1, 0, 0}, {0, 0, 1}};
  ContractionRule const rule(columns_of(parities), Contractions::parity);
  VectorContractions const contractions(vectors, rule);
  std::array<float, 3> out;
  contractions.contract(0, 0.6F, 0.8F, out.data());
  contractions.square(1, out.data());
  EXPECT_EQ(out[0], 0);
  EXPECT_NEAR(out[2], (3 * 0.64 - 1) * std::sqrt(5.0) / 2, 1e-6);
  contractions.contract(0, 0, 0, out.data());
  contractions.square(0, out.data());
  for (float const feature : out) EXPECT_EQ(feature, 0);
}

TEST(PoolWeights, AreTheVectorsOfTheParticlesOverTheirNumber) {
  auto batch = testing::random_batch(1, 1, {0}, 40);
  auto& particles = batch.cluster_particles;
  particles[3].x = particles[3].y = particles[3].z = 0;  // it has no direction
  auto const& cluster = batch.cluster;
  EXPECT_TRUE(pool_weights(PoolWeight::one, cluster, particles).empty());
  for (auto const kind : {PoolWeight::position, PoolWeight::direction, PoolWeight::velocity}) {
    auto const weights = pool_weights(kind, cluster, particles);
    ASSERT_EQ(weights.size(), 3 * particles.size());
    for (std::size_t i = 0; i < particles.size(); ++i) {
      Vec3 const q = position(particles[i]), v = velocity(particles[i]);
      Vec3 const expected = kind == PoolWeight::position    ? q / cluster.r200c
                            : kind == PoolWeight::direction ? unit(q)
                                                            : v / cluster.v200;
      for (std::size_t d = 0; d < 3; ++d)
        EXPECT_NEAR(weights[3 * i + d], expected[d] / 40, 1e-6 * (1 + norm(expected)));
    }
  }
}

}  // namespace
}  // namespace setsz
