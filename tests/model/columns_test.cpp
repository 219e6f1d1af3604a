// SPDX-License-Identifier: BSD-3-Clause
#include "model/columns.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/particle_features.hpp"
#include "model/pool_weight.hpp"
#include "pipeline/base/error.hpp"
#include "random_batch.hpp"

namespace setsz {
namespace {

TEST(Columns, AreElevenScalarsAndEightVectorsOfKnownParity) {
  auto const& columns = cluster_columns();
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

TEST(VectorContractions, AreThoseOfAnyNumberOfVectors) {
  Random random(1, Purpose::test);
  for (std::size_t n : {0, 1, 3, 8, 13}) {
    std::vector<Vec3> vectors;
    for (std::size_t k = 0; k < n; ++k) vectors.push_back(unit(testing::random_vector(random, 1)));
    VectorContractions const contract(vectors);
    ASSERT_EQ(contract.n(), std::ssize(vectors));
    Vec3 const u = unit(testing::random_vector(random, 1));
    std::vector<float> result(n + 1, 7);
    contract(single(u.x), single(u.y), single(u.z), result.data());
    for (std::size_t k = 0; k < n; ++k)
      EXPECT_NEAR(result[k], std::sqrt(3.0) * dot(u, vectors[k]), 1e-6);
    EXPECT_EQ(result[n], 7);  // nothing behind the last
  }
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
