// SPDX-License-Identifier: BSD-3-Clause
// What a network does not see, or sees turned: rotations, mirrors, signs of axes, the order of
// particles.
#include <gtest/gtest.h>

#include "small_networks.hpp"

namespace setsz {
namespace {

using namespace testing;

Mat3 const reflection{{Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, -1}}};

TEST(Network, DoesNotChangeWhenEverythingIsRotated) {
  Random random(2, Purpose::test);
  for (auto const& modules : variants)
    for (int i = 0; i < 3; ++i) {
      auto const network = make(modules, static_cast<std::uint64_t>(i));
      auto const batch = random_batch(10 + static_cast<std::uint64_t>(i), 12, {30, 7, 0, 1});
      auto const r = uniform_rotation(random.uniform(), random.uniform(), random.uniform());
      auto const before = network.predict(batch), after = network.predict(rotated(batch, r));
      EXPECT_LT(relative_rms(before, after), 1e-5) << name_of(modules);
    }
}

TEST(Network, OfAMirroredClusterIsMirroredExactly) {
  auto const batch = random_batch(21, 40, {30, 7, 0, 1});
  auto const mirrored = transformed(batch, reflection, true);
  for (auto const kernel : {ParticleKernel::fused, ParticleKernel::reference})
    for (auto const& modules : variants) {
      auto network = make(modules, 5, PoolWeight::direction);
      network.use(kernel);
      EXPECT_EQ(network.predict(mirrored), network.predict(batch)) << name_of(modules);
      EXPECT_EQ(shift_of(network, mirrored), reflection * shift_of(network, batch));
      EXPECT_EQ(gradient_of(network, mirrored), gradient_of(network, batch)) << name_of(modules);
    }
}

TEST(Network, DoesNotChangeInAnyMirror) {
  Random random(4, Purpose::test);
  auto const batch = random_batch(22, 40, {30, 7, 0, 1});
  for (auto const& modules : variants) {
    auto const network = make(modules);
    auto const r = uniform_rotation(random.uniform(), random.uniform(), random.uniform());
    auto const mirrored = transformed(batch, reflection * r, true);
    EXPECT_LT(relative_rms(network.predict(batch), network.predict(mirrored)), 1e-5)
        << name_of(modules);
  }
}

TEST(Network, DoesNotSeeTheSignOfHeadlessVectors) {
  auto const batch = random_batch(23, 40, {30, 7, 0, 1});
  auto const columns = NetworkOptions{}.columns();
  for (std::size_t k = 0; k < columns.vectors.size(); ++k) {
    auto flipped = batch;
    flipped.cluster.vectors[k] = -flipped.cluster.vectors[k];
    for (auto const& modules : variants) {
      auto const network = make(modules);
      bool const sees_vectors = name_of(modules) != "gnfw" && name_of(modules) != "density";
      bool const is_equal = network.predict(flipped) == network.predict(batch);
      bool const has_sign = columns.vectors[k].parity == Parity::polar;
      EXPECT_EQ(is_equal, !has_sign || !sees_vectors)
          << columns.vectors[k].name << " " << name_of(modules);
    }
  }
}

TEST(Network, WithSignedContractionsTellsAMirrorImage) {
  auto const batch = random_batch(24, 40, {30, 7, 0, 1});
  auto const mirrored = transformed(batch, reflection, true);
  for (auto const contractions : {Contractions::with_sign, Contractions::absolute}) {
    auto const network =
        make({"gnfw", "origin", "local", "aggregator"}, 3, PoolWeight::position, contractions);
    EXPECT_GT(relative_rms(network.predict(batch), network.predict(mirrored)), 1e-3);
  }
}

/// The same cluster, whose targets alone are turned.
TargetBatch with_turned_targets(TargetBatch batch, Mat3 const& matrix, Vec3 const& centre) {
  for (auto& r : batch.position) r = matrix * (r - centre) + centre;
  return batch;
}

TEST(Network, OfRadiusAndScalarsIsSphericalAboutItsCentre) {
  Random random(6, Purpose::test);
  auto const batch = random_batch(26, 40, {0});
  auto const r = uniform_rotation(random.uniform(), random.uniform(), random.uniform());
  for (auto const& modules :
       {std::vector<std::string>{"aggregator"}, {"origin", "aggregator"}, {"gnfw", "aggregator"}}) {
    auto options = make(modules).options();
    auto const change = [&](Network const& network, Vec3 const& centre) {
      return relative_rms(network.predict(batch),
                          network.predict(with_turned_targets(batch, r, centre)));
    };
    EXPECT_GT(change(make(modules), shift_of(make(modules), batch)), 1e-2) << name_of(modules);
    options.get<Aggregator>().sees = TargetView::radius;
    Network const network(options, make(modules).standardisation(), {}, 3);
    EXPECT_LT(change(network, shift_of(network, batch)), 1e-5) << name_of(modules);
    if (has(modules, "origin")) {
      EXPECT_GT(change(network, {}), 1e-3);  // it has another centre
    }
  }
}

TEST(Network, VectorsOfTheClusterTurnWithIt) {
  Random random(8, Purpose::test);
  auto const batch = random_batch(31, 1, {0});
  auto const network = make({"gnfw", "cluster_vector", "aggregator"});
  auto const vector = [&](TargetBatch const& b, std::size_t i) {
    auto const v = network.cluster_state(b).at("cluster_vector");
    return Vec3{v[3 * i], v[3 * i + 1], v[3 * i + 2]};
  };
  auto const r = uniform_rotation(random.uniform(), random.uniform(), random.uniform());
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_GT(norm(vector(batch, i)), 1e-3);
    EXPECT_LT(norm(vector(rotated(batch, r), i) - r * vector(batch, i)), 1e-5);
  }
}

TEST(Network, AbsoluteContractionsAreThoseOfTheAggregator) {
  auto const batch = random_batch(25, 40, {0});
  auto turned = batch;  // J and all axes
  for (std::size_t k = 0; k < 8; ++k)
    if (k != 1) turned.cluster.vectors[k] = -turned.cluster.vectors[k];
  auto const changes = [&](std::vector<std::string> const& modules) {
    auto const network = make(modules, 3, PoolWeight::position, Contractions::absolute);
    return network.predict(turned) != network.predict(batch);
  };
  EXPECT_FALSE(changes({"gnfw", "aggregator"}));
  EXPECT_TRUE(changes({"gnfw", "origin"}));
}

TEST(Network, TheCentreTurnsWithTheCluster) {
  Random random(3, Purpose::test);
  auto const batch = random_batch(4, 1, {0});
  for (auto const pooling : {PoolWeight::position, PoolWeight::direction}) {
    auto const network = make({"gnfw", "origin"}, 3, pooling);
    Vec3 const before = shift_of(network, batch);
    EXPECT_GT(norm(before), 1e-3);
    EXPECT_LT(norm(before), 0.5);
    for (int i = 0; i < 5; ++i) {
      auto const r = uniform_rotation(random.uniform(), random.uniform(), random.uniform());
      Vec3 const after = shift_of(network, rotated(batch, r));
      EXPECT_LT(norm(after - r * before), 1e-5 * norm(before) + 1e-7);
    }
  }
}

TEST(Network, DirectionsAreThePositionsOfParticlesAtR200) {
  auto batch = random_batch(4, 1, {0});
  for (auto& p :
       batch.cluster_particles) {  // all on the sphere of R200: there both poolings are one
    auto const scale = single(batch.cluster.r200c / norm(Vec3{p.x, p.y, p.z}));
    p.x *= scale, p.y *= scale, p.z *= scale;
  }
  Vec3 const position = shift_of(make({"gnfw", "origin"}, 3), batch);
  Vec3 const direction = shift_of(make({"gnfw", "origin"}, 3, PoolWeight::direction), batch);
  EXPECT_LT(norm(position - direction), 1e-6);
}

TEST(Network, DoesNotSeeTheOrderOfParticles) {
  auto const batch = random_batch(5, 6, {25, 9});
  auto shuffled = batch;
  std::ranges::reverse(shuffled.cluster_particles);
  for (std::size_t t = 0; t < 6; ++t)
    std::reverse(shuffled.local.begin() + batch.first_particle[t],
                 shuffled.local.begin() + batch.first_particle[t + 1]);
  for (auto const& modules : variants) {
    auto const network = make(modules);
    EXPECT_LT(relative_rms(network.predict(batch), network.predict(shuffled)), 1e-5)
        << name_of(modules);
  }
}

}  // namespace
}  // namespace setsz
