// SPDX-License-Identifier: BSD-3-Clause
// [extract] particle_mass.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "pipeline/base/number.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/particle_store.hpp"
#include "workplace.hpp"

namespace setsz {
namespace {

using test::SmallUniverse;
using test::Workplace;
using Overrides = std::vector<std::string>;

Overrides const four_times{"extract.particle_mass=1.6e11"};  // keeps a quarter

/// Leaves the particles that `keep(hash of the id, row)` chooses.
template <class Keep>
void reduce(DarkMatterFile& particles, Keep&& keep) {
  DarkMatterFile some;
  for (std::size_t i = 0; i < particles.id.size(); ++i) {
    if (!keep(hash64(1, particles.id[i]), i)) continue;
    some.position.push_back(particles.position[i]);
    some.velocity.push_back(particles.velocity[i]);
    some.id.push_back(particles.id[i]);
  }
  particles = some;
}

/// Gives every cluster of the catalogue the mass that its particles have within R200.
void agree(SmallUniverse& universe, ParticleStore const& store) {
  for (std::size_t c = 0; c < universe.table.clusters.size(); ++c)
    universe.table.clusters.edit()[c].m200c *= store.mass_within_r200(static_cast<std::int64_t>(c));
}

void expect_same_particles(ParticleStore const& a, ParticleStore const& b) {
  ASSERT_EQ(a.n_clusters(), b.n_clusters());
  for (std::int64_t c = 0; c < a.n_clusters(); ++c) {
    auto const of_a = a.load(c), of_b = b.load(c);
    EXPECT_GT(of_a.x.size(), 100U);
    EXPECT_EQ(of_a.x, of_b.x);
    EXPECT_EQ(of_a.vz, of_b.vz);
    EXPECT_EQ(of_a.first_in_cell, of_b.first_in_cell);
    EXPECT_EQ(a.scalars(c), b.scalars(c));
    EXPECT_EQ(a.vectors(c), b.vectors(c));
    EXPECT_EQ(a.shells(c), b.shells(c));
    EXPECT_EQ(a.mass_within_r200(c), b.mass_within_r200(c));
    EXPECT_EQ(a.particle_mass(c), b.particle_mass(c));
  }
}

TEST(ThinnedExtract, IsThatOfASnapshotWithFewerAndHeavierParticles) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  SmallUniverse universe;
  workplace.hold(universe);
  ParticleStore const thinned(workplace.run(comm, "a", 4000, four_times));
  EXPECT_EQ(thinned.particle_mass(), 16);

  // A quarter of all keys begin with two bits 0.
  reduce(universe.particles, [](std::uint64_t key, std::size_t) { return key >> 62 == 0; });
  universe.particles.mass.assign(universe.particles.id.size(), 16);
  workplace.hold(universe);
  ParticleStore const coarse(workplace.run(comm, "b"));
  expect_same_particles(thinned, coarse);
}

TEST(ThinnedExtract, ThinsParticlesOfDifferentMasses) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  SmallUniverse universe;
  auto const mass_of_row = [](std::size_t i) { return i % 3 == 0 ? 4. : 8.; };
  for (std::size_t i = 0; i < universe.particles.id.size(); ++i)
    universe.particles.mass.push_back(mass_of_row(i));
  workplace.hold(universe);
  ParticleStore const thinned(workplace.run(comm, "a", 4000, four_times));
  EXPECT_EQ(thinned.particle_mass(), 16);

  reduce(universe.particles, [&](std::uint64_t key, std::size_t i) {
    return mass_of_row(i) == 4 ? key >> 62 == 0 : key >> 63 == 0;
  });
  universe.particles.mass.assign(universe.particles.id.size(), 16);
  workplace.hold(universe);
  expect_same_particles(thinned, ParticleStore(workplace.run(comm, "b")));
}

TEST(ThinnedExtract, KeepsNumberAndMassWithinSamplingNoise) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  workplace.hold(SmallUniverse());
  ParticleStore const all(workplace.run(comm, "all"));
  for (double const mass : {5., 10., 40.}) {
    ParticleStore const some(
        workplace.run(comm, "some", 4000, {concat("extract.particle_mass=", mass * 1e10)}));
    double const p = SmallUniverse::particle_mass / mass;
    auto const five_sigma = [&](double n) { return 5 * std::sqrt(n * p * (1 - p)); };
    for (std::int64_t c = 0; c < all.n_clusters(); ++c) {
      auto const n = real(all.count(c));
      EXPECT_NEAR(real(some.count(c)), p * n, five_sigma(n)) << c;
      EXPECT_NEAR(real(some.count(c)) * some.particle_mass(c), n * all.particle_mass(c),
                  mass * five_sigma(n));
      // The whole chain, in units of the catalogue's mass: mass within R200.
      double const m200 = std::exp(all.scalars(c)[0]);
      double const n200 = all.mass_within_r200(c) * m200 / SmallUniverse::particle_mass;
      EXPECT_NEAR(some.mass_within_r200(c), all.mass_within_r200(c),
                  mass * five_sigma(n200) / m200);
    }
    EXPECT_EQ(workplace.notes.at("particles"), some.count());
    EXPECT_EQ(workplace.notes.at("particles_before_thinning"), all.count());
    EXPECT_DOUBLE_EQ(workplace.notes.at("particle_mass_msunh"), mass * 1e10);
  }
}

TEST(ThinnedExtract, LeavesEveryBitAtTheMassOfTheSimulation) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  workplace.hold(SmallUniverse());
  auto const expected = h5_content_hash(workplace.run(comm, "a"));
  for (auto const* mass : {"4e10", "4.0001e10", "3.9999e10"})
    EXPECT_EQ(
        h5_content_hash(workplace.run(comm, "b", 4000, {concat("extract.particle_mass=", mass)})),
        expected)
        << mass;
  EXPECT_NE(h5_content_hash(workplace.run(comm, "c", 4000, {"extract.particle_mass=4.1e10"})),
            expected);
}

TEST(ThinnedExtract, DoesNotDependOnRanksSlicesMemoryFilesOrRowOrder) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  SmallUniverse universe;
  workplace.hold(universe, 3);
  auto const expected = h5_content_hash(workplace.run(comm, "a", 4000, four_times));
  auto const before = workplace.notes.at("particles_before_thinning");
  EXPECT_EQ(h5_content_hash(workplace.run(comm, "b", 777, four_times)), expected);
  auto options = workplace.options(4000);
  options.memory_mb = 1;
  EXPECT_EQ(h5_content_hash(workplace.run(comm, "c", options, four_times)), expected);
  if (comm.is_root()) {
    EXPECT_EQ(h5_content_hash(workplace.run(Comm::self(), "d", 4000, four_times)), expected);
    EXPECT_EQ(workplace.notes.at("particles_before_thinning"), before);
  }
  comm.barrier();
  universe.shuffle();
  workplace.hold(universe, 5);
  EXPECT_EQ(h5_content_hash(workplace.run(comm, "e", 4000, four_times)), expected);
  EXPECT_NE(h5_content_hash(
                workplace.run(comm, "f", 4000, {"extract.particle_mass=1.6e11", "run.seed=2"})),
            expected);
}

TEST(ThinnedExtract, CountsOnFromACheckpoint) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  workplace.hold(SmallUniverse());
  auto const expected = h5_content_hash(workplace.run(comm, "whole", 1000, four_times));
  auto const before = workplace.notes.at("particles_before_thinning");
  ASSERT_TRUE(workplace.run_until(comm, "twice", 2, 1, four_times));
  ASSERT_TRUE(workplace.run_until(comm, "twice", 3, 0, four_times));
  EXPECT_EQ(h5_content_hash(workplace.run(comm, "twice", 500, four_times)), expected);
  EXPECT_EQ(workplace.notes.at("particles_before_thinning"), before);
  ASSERT_TRUE(workplace.run_until(comm, "fewer", 4, 0, four_times));
  if (!comm.is_root()) return;
  EXPECT_EQ(h5_content_hash(workplace.run(Comm::self(), "fewer", 1000, four_times)), expected);
  EXPECT_EQ(workplace.notes.at("particles_before_thinning"), before);
}

TEST(ThinnedExtract, TakesNoNoiseForAnotherMass) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  SmallUniverse universe;
  workplace.hold(universe);
  agree(universe, ParticleStore(workplace.run(comm, "a")));
  workplace.hold(universe.table);
  Overrides with{"extract.mass_agreement=0.01", "extract.particle_mass=4e12"};  // 1 of 100
  ParticleStore const noisy(workplace.run(comm, "b", 4000, with));
  EXPECT_EQ(workplace.notes.at("clusters_with_another_mass"), 0);
  double worst = 0;
  for (std::int64_t c = 0; c < noisy.n_clusters(); ++c)
    worst = std::max(worst, std::abs(noisy.mass_within_r200(c) - 1));
  EXPECT_GT(worst, 0.05) << "there is noise that 1% would not allow";

  universe.table.clusters.edit()[2].m200c *= 2;
  workplace.hold(universe.table);
  with.back() = "extract.particle_mass=1.6e11";
  ParticleStore const store(workplace.run(comm, "c", 4000, with));
  for (std::int64_t c = 0; c < store.n_clusters(); ++c) EXPECT_EQ(store.mass_disagrees(c), c == 2);
}

TEST(ThinnedExtract, RefusesAMassBelowThatOfTheSimulation) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  SmallUniverse universe(6000);
  workplace.hold(universe);
  Overrides const below{"extract.particle_mass=3.5e10"};
  auto const expect_refusal = [](std::string const& text) {
    EXPECT_TRUE(text.starts_with("78 ")) << text;
    EXPECT_TRUE(test::contains(text, "particle_mass = 3.5e+10 Msun/h"));
    EXPECT_TRUE(test::contains(text, " 4e+10 Msun/h"));
  };
  expect_refusal(test::error_of([&] { workplace.preflight(comm, below); }));
  expect_refusal(test::error_of([&] { workplace.run(comm, "a", 4000, below); }));
  // A header without a mass cannot tell; the particles do.
  universe.particles.mass.assign(universe.particles.id.size(), 4);
  workplace.hold(universe);
  EXPECT_NO_THROW(workplace.preflight(comm, below));
  expect_refusal(test::error_of([&] { workplace.run(comm, "b", 4000, below); }));
}

TEST(ThinnedExtract, SaysThatAClusterKeepsNoParticle) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  workplace.hold(SmallUniverse(600));
  auto const text =
      test::error_of([&] { workplace.run(comm, "a", 4000, {"extract.particle_mass=1e14"}); });
  EXPECT_TRUE(text.starts_with("78 ")) << text;
  EXPECT_TRUE(test::contains(text, "keeps no particle"));
}

TEST(ThinnedExtract, IsExpectedToHoldFewerParticles) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  workplace.hold(SmallUniverse());
  EXPECT_NEAR(workplace.estimate(1, four_times).output_bytes / workplace.estimate(1).output_bytes,
              0.25, 1e-9);
  EXPECT_LT(workplace.estimate(1, four_times).memory_bytes, workplace.estimate(1).memory_bytes);

  auto const mass = [&](Outlook const& outlook) {
    return expected_dark_matter(outlook, workplace.instance()).header.mass_table[1];
  };
  EXPECT_EQ(mass(workplace.preflight(comm)), 4);
  EXPECT_EQ(mass(workplace.preflight(comm, four_times)), 16);
  Outlook const nothing_told(workplace.options());
  EXPECT_EQ(mass(nothing_told), 4);
  workplace.run(comm, "extract/z0", 4000, four_times);
  EXPECT_EQ(mass(nothing_told), 16) << "of the product on the disk";
}

}  // namespace
}  // namespace setsz
