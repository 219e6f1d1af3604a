// SPDX-License-Identifier: BSD-3-Clause
// Particles that cannot be those of the clusters: units of velocities and masses, odd rows.
#include "stages/extract/implausible_particles.hpp"

#include <gtest/gtest.h>

#include "stages/common/particle_store.hpp"
#include "workplace.hpp"

namespace setsz {
namespace {

using test::contains;
using test::SmallUniverse;
using test::Workplace;

constexpr double h = 0.6774;

/// Three good clusters, changed.
std::string with(void (*change)(ParticleFigures&)) {
  std::vector<ParticleFigures> clusters{
      {7, 1.02, 0, 0.7, 0.3}, {8, 0.9, 0, 0.6, 1.2}, {9, 1.0, 0, 0.65, std::nan("")}};
  for (auto& cluster : clusters) change(cluster);
  return implausible_particles(clusters, h);
}

TEST(ImplausibleParticles, AreThoseOfWrongUnits) {
  EXPECT_EQ(with([](ParticleFigures&) {}), "");
  EXPECT_EQ(implausible_particles({}, h), "");
  EXPECT_TRUE(
      contains(with([](ParticleFigures& c) { c.mass *= 0.75; }), "Msun in place of Msun/h"));
  EXPECT_TRUE(contains(with([](ParticleFigures& c) { c.mass *= 1.35; }), "too small by h"));
  EXPECT_TRUE(contains(with([](ParticleFigures& c) { c.mass *= 1e-10; }), "1e10 Msun/h in place"));
  EXPECT_TRUE(contains(with([](ParticleFigures& c) { c.mass = 0; }), "have 0 times the mass"));
  EXPECT_TRUE(contains(with([](ParticleFigures& c) { c.dispersion = 0; }), "were they written?"));
  EXPECT_TRUE(
      contains(with([](ParticleFigures& c) { c.dispersion /= 10; }), "1/10: does the header"));
  EXPECT_TRUE(
      contains(with([](ParticleFigures& c) { c.dispersion *= 1e5; }), "cm/s in place of km/s"));
  EXPECT_TRUE(contains(with([](ParticleFigures& c) { c.dispersion /= 3e5; }), "units of light"));
}

TEST(ImplausibleParticles, AreNotThoseOfOddClustersOrNoise) {
  auto const odd = [](ParticleFigures& c) {
    if (c.id == 8) c.mass = 0.1, c.dispersion = 30;
  };
  EXPECT_EQ(with(odd), "");
  EXPECT_EQ(with([](ParticleFigures& c) { c.mass *= 1.5, c.mass_noise = 0.1; }), "");
  EXPECT_EQ(with([](ParticleFigures& c) { c.dispersion = std::nan(""); }), "");
  EXPECT_EQ(with([](ParticleFigures& c) { c.drift = 3; }), "");
  // Two have no median: one may be a merger.
  EXPECT_EQ(implausible_particles(
                std::vector<ParticleFigures>{{1, 1.0, 0, 0.7, 0}, {2, 1.9, 0, 0.7, 0}}, h),
            "");
  auto const text = with([](ParticleFigures& c) {
    if (c.id == 8) c.drift = 12;
  });
  EXPECT_TRUE(contains(text, "velocity of cluster 8 differs"));
}

class WrongParticles : public testing::Test {
 protected:
  /// Of a universe whose clusters have the mass of their particles.
  std::string refusal(void (*spoil)(SmallUniverse&), std::string const& what = "refuse") {
    Workplace workplace(comm_);
    SmallUniverse universe;
    workplace.hold(universe);
    ParticleStore const store(workplace.run(comm_, "a"));
    for (std::int64_t c = 0; c < universe.table.size(); ++c)
      universe.table.clusters.edit()[c].m200c *= store.mass_within_r200(c);
    spoil(universe);
    workplace.hold(universe);
    return test::error_of(
        [&] { workplace.run(comm_, "b", 4000, {"extract.implausible_particles=" + what}); });
  }
  Comm const comm_ = Comm::world();
};

TEST_F(WrongParticles, AreRefusedAtTheEndOfTheStage) {
  EXPECT_EQ(refusal([](SmallUniverse&) {}), "no error");
  EXPECT_TRUE(contains(refusal([](SmallUniverse& u) {
                         for (auto& v : u.particles.velocity) v = {};
                       }),
                       "65 the velocities of the particles within R200 scatter by 0 V200"));
  EXPECT_TRUE(contains(refusal([](SmallUniverse& u) {
                         for (auto& cluster : u.table.clusters.edit()) cluster.m200c /= h;
                       }),
                       "65 the particles within R200 have 0.67"));
  auto const one = [](SmallUniverse& u) { u.table.clusters.edit()[3].velocity = {9000, 0, 0}; };
  EXPECT_TRUE(contains(refusal(one), "65 the halo catalogue's velocity of cluster 103 differs"));
  EXPECT_EQ(refusal(one, "warn"), "no error");
}

}  // namespace
}  // namespace setsz
