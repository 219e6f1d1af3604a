// SPDX-License-Identifier: BSD-3-Clause
// A catalogue that has no velocities, or not all of them.
#include <gtest/gtest.h>

#include "io/snapshot.hpp"
#include "stages/common/particle_store.hpp"
#include "stages/extract/extract_stage.hpp"
#include "workplace.hpp"

namespace setsz {
namespace {

using test::SmallUniverse;
using test::Workplace;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr Vec3 no_velocity{unknown, unknown, unknown};

/// A universe whose particles move with their place, so that each cluster has another mean.
SmallUniverse moving_universe() {
  SmallUniverse universe;
  for (std::size_t i = 0; i < universe.particles.id.size(); ++i)
    universe.particles.velocity[i] += 0.1 * universe.particles.position[i] - Vec3{300, 0, 900};
  return universe;
}

/// The mean velocity of the snapshot's particles within R200, by a plain loop over all of them.
Vec3 mean_velocity(DarkMatterRows const& rows, Cluster const& cluster) {
  PeriodicBox const box(SmallUniverse::edge);
  Vec3 sum;
  std::int64_t n = 0;
  for (std::size_t i = 0; i < rows.id.size(); ++i) {
    if (norm(box.offset(cluster.position, rows.position[i])) >= cluster.r200c) continue;
    sum += rows.velocity[i];
    ++n;
  }
  return sum / static_cast<double>(n);
}

TEST(ExtractStage, ComputesVelocitiesThatTheCatalogueLacks) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  auto universe = moving_universe();
  workplace.hold(universe);
  auto const given = universe.table.clusters.front().velocity;
  for (std::size_t c = 1; c < universe.table.clusters.size(); ++c)
    universe.table.clusters.edit()[c].velocity = no_velocity;
  workplace.hold(universe.table);
  auto const product = workplace.run(comm, "without");
  EXPECT_EQ(workplace.notes.at("velocities_from_particles"), 5);

  Snapshot const snapshot(find_snapshot_files(workplace / "snap"), Snapshot::Kind::dark_matter);
  auto const rows = snapshot.read_dark_matter({0, snapshot.n_rows()});
  auto const velocities = H5File::open(product).read_all<double>("/clusters/velocity");
  auto known = universe.table;
  for (std::size_t c = 0; c < known.clusters.size(); ++c) {
    auto& cluster = known.clusters.edit()[c];
    auto const expected = c == 0 ? given : mean_velocity(rows, cluster);
    Vec3 const found{velocities[3 * c], velocities[3 * c + 1], velocities[3 * c + 2]};
    EXPECT_GT(norm(found - given), c == 0 ? -1 : 100);
    EXPECT_LT(norm(found - expected), 1e-3) << cluster.id;  // particles are kept in float32
    cluster.velocity = found;
  }
  // As if the catalogue had listed these velocities.
  ParticleStore const without(product);
  workplace.hold(known);
  ParticleStore const with(workplace.run(comm, "with"));
  for (std::int64_t c = 0; c < with.n_clusters(); ++c) {
    auto const a = without.load(c), b = with.load(c);
    ASSERT_EQ(a.x, b.x);
    ASSERT_EQ(a.vx.size(), b.vx.size());
    for (std::size_t i = 0; i < a.vx.size(); ++i) {
      ASSERT_NEAR(a.vx[i], b.vx[i], 5e-4);
      ASSERT_NEAR(a.vz[i], b.vz[i], 5e-4);
    }
    for (std::size_t k = 0; k < with.scalars(c).size(); ++k)
      EXPECT_NEAR(without.scalars(c)[k], with.scalars(c)[k], 1e-5) << k;
  }
}

TEST(ExtractStage, ComputesTheSameVelocitiesOnAnyNumberOfRanks) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  auto universe = moving_universe();
  for (auto& cluster : universe.table.clusters.edit()) cluster.velocity = no_velocity;
  workplace.hold(universe);
  auto const expected = h5_content_hash(workplace.run(comm, "all"));
  if (comm.is_root()) {
    EXPECT_EQ(h5_content_hash(workplace.run(Comm::self(), "alone")), expected);
  }
}

}  // namespace
}  // namespace setsz
