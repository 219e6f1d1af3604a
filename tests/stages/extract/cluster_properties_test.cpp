// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/cluster_properties.hpp"

#include <gtest/gtest.h>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

constexpr double mass = 0.5;

Cluster test_cluster() {
  Cluster cluster;
  cluster.id = 42;
  cluster.m200c = 300;
  cluster.r200c = 500;
  cluster.v200 = 700;
  cluster.xoff_ckpch = 35;
  cluster.voff_kms = 49;
  cluster.angular_momentum = {1e6, -2e6, 3e6};
  return cluster;
}

KeptParticle at(Vec3 const& q, Vec3 const& v) {
  auto const stored = [](Vec3 const& a) {
    return std::array{single(a.x), single(a.y), single(a.z)};
  };
  return {{0, 0}, stored(q), stored(v), single(mass)};
}

/// A triaxial, spinning, off-centre cloud that reaches past 2.5 R200 = 1250.
std::vector<KeptParticle> cloud(Mat3 const& rotation) {
  std::vector<KeptParticle> particles;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    Random random(3, Purpose::test, i);
    Vec3 const q{600 * random.normal() + 40, 400 * random.normal() - 20, 250 * random.normal()};
    Vec3 const v{300 * random.normal() - 0.3 * q.y, 500 * random.normal() + 0.3 * q.x,
                 800 * random.normal() + 60};
    particles.push_back(at(rotation * q, rotation * v));
  }
  return particles;
}

/// J, CM and the eigenvectors; rows of tensors do not turn with the cluster.
std::size_t const n_turning = published_columns().vectors.size();

Mat3 const identity{{Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}}};

TEST(ClusterProperties, OfAFewParticlesAreThoseComputedByHand) {
  // A cross of unequal arms along the axes; moments of inertia and velocities by hand.
  Cluster const cluster = test_cluster();
  std::vector<KeptParticle> const particles{
      at({100, 0, 0}, {0, 70, 0}),   at({-100, 0, 0}, {0, -70, 0}), at({0, 200, 0}, {-140, 0, 0}),
      at({0, -200, 0}, {140, 0, 0}), at({0, 0, 600}, {0, 0, 280}),  at({0, 0, -540}, {0, 0, -280}),
      at({0, 0, 1250}, {9, 9, 9}),   at({2000, 0, 0}, {1, 1, 1})};  // the last two lie outside
  auto const p = cluster_properties(particles, cluster, 1250, 0.8, mass);
  auto const& s = p.scalars;
  EXPECT_DOUBLE_EQ(s[0], std::log(300.));
  EXPECT_DOUBLE_EQ(s[1], 35. / 500);
  EXPECT_DOUBLE_EQ(s[2], 49. / 700);
  EXPECT_NEAR(s[3], 60. / 6 / 500, 1e-15);
  EXPECT_NEAR(s[4], std::sqrt(14.) * 1e6 / (0.8 * 500 * 700 * 300), 1e-15);
  double const unit_x = mass / (500. * 500 * 300), unit_v = mass / (700. * 700 * 300);
  double const x2 = 2e4, y2 = 8e4, z2 = 600. * 600 + 540. * 540;  // sums of squares
  EXPECT_NEAR(s[5], (x2 + y2) * unit_x, 1e-15);                   // about z
  EXPECT_NEAR(s[6], (x2 + z2) * unit_x, 1e-15);                   // about y
  EXPECT_NEAR(s[7], (y2 + z2) * unit_x, 1e-15);                   // about x
  double const vx2 = 2 * 140. * 140, vy2 = 2 * 70. * 70, vz2 = 2 * 280. * 280;
  EXPECT_NEAR(s[8], (vx2 + vy2) * unit_v, 1e-15);
  EXPECT_NEAR(s[9], (vy2 + vz2) * unit_v, 1e-15);
  EXPECT_NEAR(s[10], (vx2 + vz2) * unit_v, 1e-15);
  auto const& e = p.vectors;
  double const length = std::sqrt(14.);
  EXPECT_NEAR(norm(e[0] - Vec3{1 / length, -2 / length, 3 / length}), 0, 1e-15);
  EXPECT_EQ(e[1], (Vec3{0, 0, 1}));
  EXPECT_NEAR(norm(e[2] - Vec3{0, 0, 1}), 0, 1e-15);   // least moment: about the long axis
  EXPECT_NEAR(norm(e[3] - Vec3{0, -1, 0}), 0, 1e-15);  // flipped towards J
  EXPECT_NEAR(norm(e[4] - Vec3{1, 0, 0}), 0, 1e-15);
  EXPECT_NEAR(norm(e[5] - Vec3{0, 0, 1}), 0, 1e-15);
  EXPECT_NEAR(norm(e[6] - Vec3{1, 0, 0}), 0, 1e-15);
  EXPECT_NEAR(norm(e[7] - Vec3{0, -1, 0}), 0, 1e-15);
  for (std::size_t const first : {8U, 11U}) {  // rows of diagonal tensors, towards J
    EXPECT_NEAR(norm(e[first] - Vec3{1, 0, 0}), 0, 1e-15);
    EXPECT_NEAR(norm(e[first + 1] - Vec3{0, -1, 0}), 0, 1e-15);
    EXPECT_NEAR(norm(e[first + 2] - Vec3{0, 0, 1}), 0, 1e-15);
  }
  EXPECT_EQ(cluster_columns().vectors[11].name, "velocity_tensor_row_1");
  EXPECT_DOUBLE_EQ(p.mass_within_r200, 4 * mass / 300);
  EXPECT_DOUBLE_EQ(p.particle_mass, mass);
  // The profiles follow: see cluster_profile_test.cpp.
  auto const& names = cluster_columns().scalars;
  EXPECT_EQ(std::ssize(names), std::ssize(s));
  EXPECT_DOUBLE_EQ(s[cluster_columns().scalar("mass_0.3")], 2 * mass / 300);
  EXPECT_DOUBLE_EQ(s[cluster_columns().scalar("mass_1")], 4 * mass / 300);
  EXPECT_DOUBLE_EQ(s[cluster_columns().scalar("mass_2.5")], 6 * mass / 300);
  EXPECT_DOUBLE_EQ(s[cluster_columns().scalar("dispersion_0.2")],
                   s[cluster_columns().scalar("dispersion_0.5")]);
  EXPECT_DOUBLE_EQ(s[cluster_columns().scalar("dispersion_0.5")],
                   (vx2 + vy2) / 3 / 3 / (700. * 700));
  EXPECT_EQ(s.back(), std::log(0.8));
  EXPECT_FALSE(p.computed_momentum || p.computed_xoff || p.computed_voff);
}

TEST(ClusterProperties, RotateWithTheCluster) {
  for (bool const from_particles : {false, true}) {
    Cluster cluster = test_cluster();
    if (from_particles) {
      cluster.angular_momentum = {};
      cluster.xoff_ckpch = cluster.voff_kms = -1;
    }
    auto const before = cluster_properties(cloud(identity), cluster, 1250, 0.8, mass);
    for (std::uint64_t i = 0; i < 10; ++i) {
      Random random(9, Purpose::test, i);
      Mat3 const rotation = uniform_rotation(random.uniform(), random.uniform(), random.uniform());
      Cluster rotated = cluster;
      rotated.angular_momentum = rotation * cluster.angular_momentum;
      auto const after = cluster_properties(cloud(rotation), rotated, 1250, 0.8, mass);
      // Positions are rounded to float32 after the rotation; particles at the edge may cross it.
      for (std::size_t k = 0; k < n_cluster_scalars; ++k)
        EXPECT_NEAR(after.scalars[k], before.scalars[k], 2e-6 * std::abs(before.scalars[k]) + 1e-9)
            << "scalar " << k;
      for (std::size_t k = 0; k < n_turning; ++k)
        EXPECT_NEAR(norm(after.vectors[k] - rotation * before.vectors[k]), 0, 1e-5)
            << "vector " << k;
    }
  }
}

/// What a mirror makes of a cluster: positions and velocities are reflected; the angular momentum
/// is their cross product, so it changes its sign besides.
TEST(ClusterProperties, TransformByTheirParityInAMirror) {
  for (bool const from_particles : {false, true}) {
    Cluster cluster = test_cluster();
    if (from_particles) {
      cluster.angular_momentum = {};
      cluster.xoff_ckpch = cluster.voff_kms = -1;
    }
    auto const before = cluster_properties(cloud(identity), cluster, 1250, 0.8, mass);
    Random random(9, Purpose::test);
    Mat3 const rotation = uniform_rotation(random.uniform(), random.uniform(), random.uniform());
    for (Mat3 const& turn : {identity, rotation}) {
      Mat3 const mirror = Mat3{{Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, -1}}} * turn;
      Cluster mirrored = cluster;
      mirrored.angular_momentum = -(mirror * cluster.angular_momentum);
      auto const after = cluster_properties(cloud(mirror), mirrored, 1250, 0.8, mass);
      for (std::size_t k = 0; k < n_cluster_scalars; ++k)
        EXPECT_NEAR(after.scalars[k], before.scalars[k], 2e-6 * std::abs(before.scalars[k]) + 1e-9)
            << cluster_columns().scalars[k];
      for (std::size_t k = 0; k < n_turning; ++k) {
        auto const& [name, parity] = cluster_columns().vectors[k];
        Vec3 expected = mirror * before.vectors[k];
        if (parity == Parity::axial) expected = -expected;
        double const difference = norm(after.vectors[k] - expected);
        bool const has_sign = parity != Parity::headless;
        EXPECT_NEAR(has_sign ? difference : std::min(difference, 2 - difference), 0, 1e-5) << name;
      }
      for (std::size_t b = 0; b < n_cluster_shells; ++b)
        EXPECT_NEAR(norm(after.shells[b] - mirror * before.shells[b]), 0, 2e-3 * mass) << b;
    }
  }
}

TEST(ClusterProperties, TheCentreOfMassKeepsItsSignWhateverTheAngularMomentum) {
  Cluster cluster = test_cluster();
  auto const before = cluster_properties(cloud(identity), cluster, 1250, 1, mass);
  cluster.angular_momentum = -cluster.angular_momentum;
  auto const after = cluster_properties(cloud(identity), cluster, 1250, 1, mass);
  EXPECT_EQ(after.vectors[0], -before.vectors[0]);
  EXPECT_EQ(after.vectors[1], before.vectors[1]);
  EXPECT_GT(before.vectors[1].x, 0);  // where the cloud lies
}

TEST(ClusterProperties, AreUnitVectorsWithAxesAlongTheAngularMomentum) {
  auto const p = cluster_properties(cloud(identity), test_cluster(), 1250, 1, mass);
  for (auto const& e : p.vectors) EXPECT_NEAR(norm(e), 1, 1e-14);
  for (std::size_t k = 2; k < n_cluster_vectors; ++k) EXPECT_GE(dot(p.vectors[k], p.vectors[0]), 0);
  for (std::size_t first : {2U, 5U})
    for (std::size_t k = 0; k < 3; ++k) {
      EXPECT_NEAR(dot(p.vectors[first + k], p.vectors[first + (k + 1) % 3]), 0, 1e-12);
      if (k > 0) {
        EXPECT_GE(p.scalars[first + 3 + k], p.scalars[first + 2 + k]);
      }
    }
}

// The defect of the published vectors: however the cluster is turned, they stay near the axes of
// the box.
TEST(ClusterProperties, RowsOfTheTensorAreThoseOfSumsByHandAndDoNotTurn) {
  auto const particles = cloud(identity);
  auto const p = cluster_properties(particles, test_cluster(), 1250, 1, mass);
  Vec3 row;  // the second of sum (x^2 1 - x x^T)
  for (auto const& particle : particles) {
    Vec3 const x = particle.position();
    if (norm(x) >= 1250) continue;
    row += Vec3{-x.y * x.x, norm2(x) - x.y * x.y, -x.y * x.z};
  }
  EXPECT_NEAR(std::abs(dot(unit(row), p.vectors[9])), 1, 1e-12);
  Random random(9, Purpose::test);
  Mat3 const rotation = uniform_rotation(random.uniform(), random.uniform(), random.uniform());
  auto const turned = cluster_properties(cloud(rotation), test_cluster(), 1250, 1, mass);
  for (std::size_t k = n_turning; k < n_cluster_vectors; ++k)
    EXPECT_LT(std::abs(dot(turned.vectors[k], rotation * p.vectors[k])), 0.99) << k;
}

TEST(ClusterProperties, ComeFromTheParticlesWithinR200WhereTheCatalogueHasNone) {
  Cluster cluster = test_cluster();
  cluster.angular_momentum = {};
  cluster.xoff_ckpch = cluster.voff_kms = -1;
  std::vector<KeptParticle> const particles{at({100, 0, 0}, {0, 70, 0}),
                                            at({300, 0, 0}, {0, 10, 0}),
                                            at({600, 0, 0}, {0, 1000, 0})};  // outside R200
  auto const p = cluster_properties(particles, cluster, 1250, 0.5, mass);
  EXPECT_TRUE(p.computed_momentum && p.computed_xoff && p.computed_voff);
  EXPECT_DOUBLE_EQ(p.scalars[1], 200. / 500);
  EXPECT_DOUBLE_EQ(p.scalars[2], 40. / 700);
  double const momentum = mass * 0.5 * (100 * 70 + 300 * 10);
  EXPECT_DOUBLE_EQ(p.scalars[4], momentum / (0.5 * 500 * 700 * 300));
  EXPECT_EQ(p.vectors[0], (Vec3{0, 0, 1}));
}

TEST(ClusterProperties, WeighParticlesByTheirOwnMassIfTheyDiffer) {
  auto particles = cloud(identity);
  for (std::size_t i = 0; i < particles.size(); ++i) particles[i].mass = i % 2 == 0 ? 1.0F : 0.25F;
  std::vector<KeptParticle> multiplied;  // the same with particles of equal mass
  for (std::size_t i = 0; i < particles.size(); ++i)
    for (int copies = i % 2 == 0 ? 4 : 1; copies > 0; --copies) multiplied.push_back(particles[i]);
  auto const own = cluster_properties(particles, test_cluster(), 1250, 1, 0);
  auto const equal = cluster_properties(multiplied, test_cluster(), 1250, 1, 0.25);
  for (std::size_t k = 0; k < n_cluster_scalars; ++k) {
    // Copies are no independent particles: the unbiased dispersion takes them for some.
    if (cluster_columns().scalars[k].starts_with("dispersion_")) continue;
    EXPECT_NEAR(own.scalars[k], equal.scalars[k], 1e-12 * std::abs(equal.scalars[k]))
        << cluster_columns().scalars[k];
  }
}

TEST(ClusterProperties, RefuseAClusterWithoutParticles) {
  try {
    cluster_properties({}, test_cluster(), 1250, 1, mass);
    FAIL() << "accepted";
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::bad_data);
    EXPECT_NE(std::string(error.what()).find("cluster 42"), std::string::npos);
  }
}

}  // namespace
}  // namespace setsz
