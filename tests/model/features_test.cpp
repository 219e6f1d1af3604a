// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "random_batch.hpp"

namespace setsz {
namespace {

using testing::random_batch;

auto const n_vectors = static_cast<std::size_t>(cluster_columns().n_vectors());
auto const n_origin_features = static_cast<std::size_t>(Origin::n_features(cluster_columns()));
auto const n_local_features = static_cast<std::size_t>(Local::n_features(cluster_columns()));

Standardisation some_standardisation() {
  Standardisation s;
  for (std::int64_t i = 0; i < cluster_columns().n_scalars(); ++i)
    s.scalars.push_back({0.1 * real(i), 2});
  s.quantities["origin_radius"] = {0.9, 0.4}, s.quantities["origin_speed"] = {1.1, 0.6};
  s.quantities["local_radius"] = {0.7, 0.2}, s.quantities["local_speed"] = {0.8, 0.3};
  return s;
}

void local_features(ClusterInput const& cluster, Standardisation const& standardisation,
                    LocalContraction contraction, Vec3 const& target, double radius,
                    std::span<Particle const> particles, std::span<float> features) {
  LocalFeatures(cluster, standardisation, contraction, radius)(target, particles, features);
}

// The features as the paper writes them, in double.
std::vector<double> slow_origin_row(ClusterInput const& c, Standardisation const& s,
                                    Particle const& p) {
  std::vector<double> row{s.quantity("origin_radius")(norm(position(p)) / c.r200c),
                          s.quantity("origin_speed")(norm(velocity(p)) / c.v200)};
  for (auto const& e : c.vectors) row.push_back(std::sqrt(3.0) * dot(unit(position(p)), e));
  for (auto const& e : c.vectors) row.push_back(std::sqrt(3.0) * dot(unit(velocity(p)), e));
  for (std::size_t i = 0; i < c.scalars.size(); ++i) row.push_back(s.scalars[i](c.scalars[i]));
  return row;
}

std::vector<double> slow_local_row(ClusterInput const& c, Standardisation const& s,
                                   Vec3 const& target, double radius, Vec3 const& bulk,
                                   Particle const& p) {
  Vec3 const x = position(p) - target, v = velocity(p) - bulk;
  std::vector<double> row{s.quantity("local_radius")(norm(x) / radius)};
  for (auto const& e : c.vectors) row.push_back(std::sqrt(3.0) * dot(unit(x), e));
  row.push_back(s.quantity("local_speed")(norm(v) / c.v200));
  for (auto const& e : c.vectors) row.push_back(std::sqrt(3.0) * dot(unit(v), e));
  row.push_back(std::sqrt(3.0) * dot(unit(x), unit(v)));
  return row;
}

TEST(Features, OriginRowsAreThoseOfThePaper) {
  auto batch = random_batch(1, 1, {1}, 50);
  batch.cluster_particles[3] = {};  // the unit vectors of zero are zero
  auto const s = some_standardisation();
  std::vector<float> rows(batch.cluster_particles.size() * n_origin_features);
  origin_features(batch.cluster, s, batch.cluster_particles, rows);
  for (std::size_t i = 0; i < batch.cluster_particles.size(); ++i) {
    auto const expected = slow_origin_row(batch.cluster, s, batch.cluster_particles[i]);
    ASSERT_EQ(expected.size(), n_origin_features);
    for (std::size_t j = 0; j < expected.size(); ++j)
      EXPECT_NEAR(rows[i * n_origin_features + j], expected[j], 2e-6) << i << " " << j;
  }
}

TEST(Features, LocalRowsAreThoseOfThePaper) {
  auto const batch = random_batch(2, 1, {40});
  auto const s = some_standardisation();
  Vec3 const target = batch.cluster.r200c * batch.position[0];
  Vec3 bulk;
  for (auto const& p : batch.local) bulk += velocity(p) / 40.0;
  std::vector<float> rows(batch.local.size() * n_local_features);
  local_features(batch.cluster, s, LocalContraction::unit, target, 310, batch.local, rows);
  for (std::size_t i = 0; i < batch.local.size(); ++i) {
    auto const expected = slow_local_row(batch.cluster, s, target, 310, bulk, batch.local[i]);
    ASSERT_EQ(expected.size(), n_local_features);
    for (std::size_t j = 0; j < expected.size(); ++j)
      EXPECT_NEAR(rows[i * n_local_features + j], expected[j], 1e-5) << i << " " << j;
  }
}

TEST(Features, ASingleLocalParticleHasNoVelocityDirection) {
  auto const batch = random_batch(3, 1, {1});
  std::vector<float> row(n_local_features);
  local_features(batch.cluster, some_standardisation(), LocalContraction::unit, {}, 310,
                 batch.local, row);
  for (std::size_t k = 0; k < n_vectors; ++k) EXPECT_EQ(row[2 + n_vectors + k], 0);
  EXPECT_EQ(row[2 + 2 * n_vectors], 0);
}

TEST(Features, ContractionsOfRandomDirectionsHaveUnitVariance) {
  auto const batch = random_batch(4, 1, {20000});
  std::vector<float> rows(batch.local.size() * n_local_features);
  Vec3 const target = batch.cluster.r200c * batch.position[0];
  local_features(batch.cluster, {}, LocalContraction::unit, target, 310, batch.local, rows);
  Moments moments;
  for (std::size_t i = 0; i < batch.local.size(); ++i) moments.add(rows[i * n_local_features + 1]);
  EXPECT_NEAR(moments.affine().mean, 0, 0.03);
  EXPECT_NEAR(moments.affine().deviation, 1, 0.03);
}

TEST(Features, MomentsStandardiseAndAConstantKeepsItsScale) {
  Moments moments;
  for (double const x : {1.0, 2.0, 3.0, 6.0}) moments.add(x);
  EXPECT_DOUBLE_EQ(moments.affine().mean, 3);
  EXPECT_DOUBLE_EQ(moments.affine().deviation, std::sqrt(3.5));
  Moments constant;
  constant.add(5), constant.add(5);
  EXPECT_EQ(constant.affine(), (Affine{5, 1}));
  EXPECT_DOUBLE_EQ(log_count(0), std::log(0.9));
}

TEST(Features, StandardisationSurvivesJson) {
  auto const s = some_standardisation();
  EXPECT_EQ(nlohmann::json(s).get<Standardisation>(), s);
  auto options = testing::small_network({"gnfw", "local"});
  options.get<Local>().radius.unit = SphereRadius::Unit::r200;
  EXPECT_EQ(nlohmann::json(options).get<NetworkOptions>(), options);
}

TEST(Features, ABatchTravelsAsBytes) {
  auto const batch = random_batch(5, 3, {2, 0, 4});
  std::vector<std::byte> message;
  pack(batch, message);
  pack(batch, message);
  std::size_t cursor = 0;
  unpack(message, cursor);
  auto const copy = unpack(message, cursor);
  EXPECT_EQ(cursor, message.size());
  EXPECT_EQ(copy.position, batch.position);
  EXPECT_EQ(copy.first_particle, batch.first_particle);
  EXPECT_EQ(copy.cluster.scalars, batch.cluster.scalars);
  ASSERT_EQ(copy.local.size(), batch.local.size());
  EXPECT_EQ(copy.local.back().vz, batch.local.back().vz);
}

}  // namespace
}  // namespace setsz
