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

ClusterColumns const columns = published_columns();
std::vector const all_contractions{Contractions::parity, Contractions::with_sign,
                                   Contractions::absolute};

NetworkOptions network_with(Contractions contractions) {
  NetworkOptions options;
  options.contractions = contractions;
  return options;
}

Standardisation some_standardisation() {
  Standardisation s;
  for (std::int64_t i = 0; i < columns.n_scalars(); ++i) s.scalars.push_back({0.1 * real(i), 2});
  s.quantities["origin_radius"] = {0.9, 0.4}, s.quantities["origin_speed"] = {1.1, 0.6};
  s.quantities["local_radius"] = {0.7, 0.2}, s.quantities["local_speed"] = {0.8, 0.3};
  return s;
}

/// What the contraction of u with each vector brings, as docs/stages/train.md writes it.
std::vector<double> slow_contractions(ClusterInput const& c, Contractions contractions,
                                      Vec3 const& u) {
  std::vector<double> features;
  for (std::size_t k = 0; k < c.vectors.size(); ++k) {
    double const cosine = dot(u, c.vectors[k]);
    bool const is_signed =
        contractions != Contractions::parity || columns.vectors[k].parity == Parity::polar;
    double const square = norm2(u) > 0 ? (3 * cosine * cosine - 1) * std::sqrt(5.0) / 2 : 0;
    features.push_back(is_signed ? std::sqrt(3.0) * cosine : square);
  }
  return features;
}

std::vector<double> slow_products(ClusterInput const& c, Contractions contractions, Vec3 const& u,
                                  Vec3 const& w) {
  std::vector<double> features;
  for (std::size_t k = 0; k < c.vectors.size(); ++k)
    if (contractions == Contractions::parity && columns.vectors[k].parity != Parity::polar)
      features.push_back(3 * dot(u, c.vectors[k]) * dot(w, c.vectors[k]));
  return features;
}

void append(std::vector<double>& row, std::vector<double> const& more) {
  row.insert(row.end(), more.begin(), more.end());
}

// The features as the paper writes them, in double.
std::vector<double> slow_origin_row(ClusterInput const& c, Standardisation const& s,
                                    Contractions contractions, Particle const& p) {
  Vec3 const q = unit(position(p)), v = unit(velocity(p));
  std::vector<double> row{s.quantity("origin_radius")(norm(position(p)) / c.r200c),
                          s.quantity("origin_speed")(norm(velocity(p)) / c.v200)};
  append(row, slow_contractions(c, contractions, q));
  append(row, slow_contractions(c, contractions, v));
  append(row, slow_products(c, contractions, q, v));
  for (std::size_t i = 0; i < c.scalars.size(); ++i) row.push_back(s.scalars[i](c.scalars[i]));
  return row;
}

std::vector<double> slow_local_row(ClusterInput const& c, Standardisation const& s,
                                   Contractions contractions, Vec3 const& target, double radius,
                                   Vec3 const& bulk, Particle const& p) {
  Vec3 const x = position(p) - target, v = velocity(p) - bulk;
  std::vector<double> row{s.quantity("local_radius")(norm(x) / radius)};
  append(row, slow_contractions(c, contractions, unit(x)));
  row.push_back(s.quantity("local_speed")(norm(v) / c.v200));
  append(row, slow_contractions(c, contractions, unit(v)));
  row.push_back(std::sqrt(3.0) * dot(unit(x), unit(v)));
  append(row, slow_products(c, contractions, unit(x), unit(v)));
  append(row, slow_products(c, contractions, unit(x), unit(target)));
  return row;
}

void expect_rows(std::vector<float> const& rows, std::size_t i,
                 std::vector<double> const& expected) {
  for (std::size_t j = 0; j < expected.size(); ++j)
    EXPECT_NEAR(rows[i * expected.size() + j], expected[j], 1e-5) << i << " " << j;
}

TEST(Features, OriginRowsAreThoseOfThePaper) {
  auto batch = random_batch(1, 1, {1}, 50);
  auto& particles = batch.cluster_particles;
  particles[3] = {};  // the unit vectors of zero are zero
  auto const s = some_standardisation();
  for (auto const contractions : all_contractions) {
    auto const n = static_cast<std::size_t>(n_cluster_features(network_with(contractions)));
    std::vector<float> rows(particles.size() * n);
    cluster_features(batch.cluster, {"origin", network_with(contractions), s}, particles, rows);
    for (std::size_t i = 0; i < particles.size(); ++i) {
      auto const expected = slow_origin_row(batch.cluster, s, contractions, particles[i]);
      ASSERT_EQ(expected.size(), n);
      expect_rows(rows, i, expected);
    }
  }
}

TEST(Features, LocalRowsAreThoseOfThePaper) {
  auto const batch = random_batch(2, 1, {40});
  auto const s = some_standardisation();
  Vec3 bulk;
  for (auto const& p : batch.local) bulk += velocity(p) / 40.0;
  EXPECT_LT(norm(mean_velocity(batch.local) - bulk), 1e-9);
  EXPECT_EQ(mean_velocity({}), Vec3{});
  for (Vec3 const& target : {batch.cluster.r200c * batch.position[0], Vec3{}})
    for (auto const contractions : all_contractions) {
      auto const network = network_with(contractions);
      auto const form = network.get<Local>().form(network);
      auto const n = static_cast<std::size_t>(form.n_features());
      std::vector<float> rows(batch.local.size() * n);
      LocalFeatures(batch.cluster, s, form, 310)(target, bulk, batch.local, rows);
      for (std::size_t i = 0; i < batch.local.size(); ++i) {
        auto const expected =
            slow_local_row(batch.cluster, s, contractions, target, 310, bulk, batch.local[i]);
        ASSERT_EQ(expected.size(), n);
        expect_rows(rows, i, expected);
      }
    }
}

TEST(Features, ASingleLocalParticleHasNoVelocityDirection) {
  auto const batch = random_batch(3, 1, {1});
  for (auto const contractions : all_contractions) {
    auto const network = network_with(contractions);
    auto const form = network.get<Local>().form(network);
    std::vector<float> row(form.n_features());
    LocalFeatures(batch.cluster, some_standardisation(), form, 310)({}, mean_velocity(batch.local),
                                                                    batch.local, row);
    auto const n = columns.vectors.size();
    for (std::size_t k = 2 + n; k < 2 + 2 * n + 1 + form.rule.squared.size(); ++k)
      EXPECT_EQ(row[k], 0) << k;
  }
}

TEST(Features, TheDensityOfASphereDoesNotDependOnTheMassOfAParticle) {
  ClusterInput cluster;
  cluster.particle_mass = 4, cluster.mean_density = 1e-8;
  double const volume = 4 * std::acos(-1.0) / 3 * 27e6;
  EXPECT_NEAR(log_density(cluster, 60, 300), std::log(60 * 4 / volume / 1e-8), 1e-12);
  EXPECT_NEAR(log_density(cluster, 0, 300), std::log(0.9 * 4 / volume / 1e-8), 1e-12);
  auto heavier = cluster;
  heavier.particle_mass = 12;
  EXPECT_NEAR(log_density(heavier, 20, 300), log_density(cluster, 60, 300), 1e-12);
}

TEST(Features, ContractionsOfRandomDirectionsHaveUnitVariance) {
  auto const batch = random_batch(4, 1, {20000});
  NetworkOptions const network;
  auto const form = network.get<Local>().form(network);
  auto const n = static_cast<std::size_t>(form.n_features()), n_vectors = columns.vectors.size();
  std::vector<float> rows(batch.local.size() * n);
  Vec3 const target = batch.cluster.r200c * batch.position[0];
  LocalFeatures(batch.cluster, {}, form, 310)(target, mean_velocity(batch.local), batch.local,
                                              rows);
  for (std::size_t k = 1; k < 3 + 2 * n_vectors + form.rule.squared.size(); ++k) {
    if (k == 1 + n_vectors) continue;  // the speed
    Moments moments;
    for (std::size_t i = 0; i < batch.local.size(); ++i) moments.add(rows[i * n + k]);
    EXPECT_NEAR(moments.affine().mean, 0, 0.03) << k;
    EXPECT_NEAR(moments.affine().deviation, 1, 0.03) << k;
  }
}

TEST(Features, MomentsStandardiseAndAConstantKeepsItsScale) {
  Moments moments;
  for (double const x : {1.0, 2.0, 3.0, 6.0}) moments.add(x);
  EXPECT_DOUBLE_EQ(moments.affine().mean, 3);
  EXPECT_DOUBLE_EQ(moments.affine().deviation, std::sqrt(3.5));
  Moments constant;
  constant.add(5), constant.add(5);
  EXPECT_EQ(constant.affine(), (Affine{5, 1}));
}

TEST(Features, StandardisationSurvivesJson) {
  auto const s = some_standardisation();
  EXPECT_EQ(nlohmann::json(s).get<Standardisation>(), s);
  auto options = testing::small_network({"gnfw", "local"});
  options.get<Local>().radius.unit = SphereRadius::Unit::r200;
  options.inputs = {.scalars = {"profile", "xoff"}, .vectors = {}, .drop = {"mass_1"}};
  options.contractions = Contractions::absolute;
  EXPECT_EQ(nlohmann::json(options).get<NetworkOptions>(), options);
}

TEST(Features, ABatchTravelsAsBytes) {
  auto batch = random_batch(5, 3, {2, 0, 4});
  batch.cluster.density = {1, 0.5, 7};
  std::vector<std::byte> message;
  pack(batch, message);
  pack(batch, message);
  std::size_t cursor = 0;
  unpack(message, cursor);
  auto const copy = unpack(message, cursor);
  EXPECT_EQ(cursor, message.size());
  EXPECT_EQ(copy.position, batch.position);
  EXPECT_EQ(copy.first_particle, batch.first_particle);
  EXPECT_EQ(copy.sphere_velocity, batch.sphere_velocity);
  EXPECT_EQ(copy.cluster.scalars, batch.cluster.scalars);
  EXPECT_EQ(copy.cluster.vectors, batch.cluster.vectors);
  EXPECT_EQ(copy.cluster.shells, batch.cluster.shells);
  EXPECT_EQ(copy.cluster.density, batch.cluster.density);
  EXPECT_EQ(copy.cluster.particle_mass, batch.cluster.particle_mass);
  EXPECT_EQ(copy.cluster.mean_density, batch.cluster.mean_density);
  ASSERT_EQ(copy.local.size(), batch.local.size());
  EXPECT_EQ(copy.local.back().vz, batch.local.back().vz);
}

}  // namespace
}  // namespace setsz
