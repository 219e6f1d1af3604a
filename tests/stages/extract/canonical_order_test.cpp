// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/canonical_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/extract/repeated_key.hpp"

namespace setsz {
namespace {

constexpr double radius = 100;

KeptParticle particle(std::uint64_t id) {
  Random random(5, Purpose::test, id);
  std::uint64_t const key = hash64(1, id);
  auto const coordinate = [&] { return single(radius * (2 * random.uniform() - 1)); };
  return {{static_cast<std::uint32_t>(key >> 32), static_cast<std::uint32_t>(key)},
          {coordinate(), coordinate(), coordinate()},
          {coordinate(), coordinate(), coordinate()},
          1};
}

ParticleBlocks in_blocks(std::vector<KeptParticle> const& particles, std::size_t block_size) {
  ParticleBlocks blocks;
  for (std::size_t i = 0; i < particles.size(); ++i) {
    if (i % block_size == 0) blocks.emplace_back();
    blocks.back().push_back(particles[i]);
  }
  return blocks;
}

bool same_bytes(std::vector<KeptParticle> const& a, std::vector<KeptParticle> const& b) {
  return a.size() == b.size() &&
         std::memcmp(a.data(), b.data(), a.size() * sizeof(KeptParticle)) == 0;
}

TEST(CanonicalOrder, SortsByCellThenByHash) {
  std::vector<KeptParticle> particles;
  for (std::uint64_t id = 0; id < 5000; ++id) particles.push_back(particle(id));
  auto const grid = CellGrid::for_cluster(5000, radius * 1.8, 60);
  auto const ordered = in_canonical_order(in_blocks(particles, 100), grid);

  ASSERT_EQ(ordered.particles.size(), particles.size());
  ASSERT_EQ(ordered.first_in_cell.size(), static_cast<std::size_t>(grid.n_cells()) + 1);
  EXPECT_EQ(ordered.first_in_cell.front(), 0);
  EXPECT_EQ(ordered.first_in_cell.back(), 5000);
  for (std::size_t cell = 0; cell + 1 < ordered.first_in_cell.size(); ++cell)
    for (auto i = ordered.first_in_cell[cell]; i < ordered.first_in_cell[cell + 1]; ++i) {
      auto const& p = ordered.particles[i];
      ASSERT_EQ(grid.cell_of(p.q[0], p.q[1], p.q[2]), static_cast<std::int64_t>(cell));
      if (i > ordered.first_in_cell[cell]) {
        ASSERT_LT(key_of(ordered.particles[static_cast<std::size_t>(i) - 1]), key_of(p));
      }
    }
}

TEST(CanonicalOrder, SortsCellsOfAnyNumberOfParticles) {
  for (std::int64_t const n : {2, 7, 8, 9, 24, 25, 40, 300, 20000}) {
    std::vector<KeptParticle> particles;
    for (std::int64_t id = 0; id < n; ++id) {
      particles.push_back(particle(static_cast<std::uint64_t>(id + 7 * n)));
      particles.back().q = {1, 1, 1};  // all in one cell
    }
    auto const ordered =
        in_canonical_order(in_blocks(particles, 64), CellGrid::for_cluster(n, radius, 60));
    std::ranges::sort(particles, {}, key_of);
    EXPECT_TRUE(same_bytes(ordered.particles, particles)) << n;
  }
}

TEST(CellGrid, CountsPositionsOutsideToTheCellsAtTheEdge) {
  CellGrid const grid{7, 3.5};
  Random random(9, Purpose::test);
  auto const along = [&](float x) {
    double const cell = std::floor((real(x) + grid.half_side()) / grid.cell_edge);
    return static_cast<std::int64_t>(std::clamp(cell, 0.0, 6.0));
  };
  for (int i = 0; i < 10000; ++i) {
    auto const x = i % 100 == 0 ? 1e30F * single(random.uniform() - 0.5)
                                : single(30 * random.uniform() - 15),
               y = single(24.5 * random.uniform() - 12.25),
               z = single(-12.25 + 3.5 * static_cast<double>(i % 9 - 1));
    ASSERT_EQ(grid.cell_of(x, y, z), (along(x) * 7 + along(y)) * 7 + along(z)) << x << " " << y;
  }
}

TEST(CanonicalOrder, SortsKeysThatShareTheirLeadingHalf) {
  std::vector<KeptParticle> particles;
  for (std::uint32_t i = 0; i < 200; ++i) {
    particles.push_back(particle(i));
    particles.back().key = {i % 3, 1000 - i};
    particles.back().q = {1, 1, 1};  // all in one cell
  }
  auto const grid = CellGrid::for_cluster(200, radius, 60);
  auto const ordered = in_canonical_order(in_blocks(particles, 64), grid);
  ASSERT_EQ(ordered.particles.size(), particles.size());
  for (std::size_t i = 1; i < ordered.particles.size(); ++i)
    EXPECT_LT(key_of(ordered.particles[i - 1]), key_of(ordered.particles[i])) << i;
}

TEST(CanonicalOrder, DoesNotDependOnTheOrderOfArrival) {
  std::vector<KeptParticle> particles;
  for (std::uint64_t id = 0; id < 3000; ++id) particles.push_back(particle(id));
  auto const grid = CellGrid::for_cluster(3000, radius * 1.8, 60);
  auto const expected = in_canonical_order(in_blocks(particles, 4096), grid);
  std::reverse(particles.begin(), particles.end());
  std::rotate(particles.begin(), particles.begin() + 1234, particles.end());
  auto const other = in_canonical_order(in_blocks(particles, 7), grid);
  EXPECT_TRUE(same_bytes(expected.particles, other.particles));
  EXPECT_EQ(expected.first_in_cell, other.first_in_cell);
}

TEST(CanonicalOrder, MakesEveryPrefixOfACellAFairSample) {
  // With many seeds, each of the particles of a cell comes first about equally often.
  constexpr std::uint64_t n = 10, seeds = 20000;
  std::vector<double> first(n, 0);
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    std::uint64_t best = 0;
    for (std::uint64_t id = 1; id < n; ++id)
      if (hash64(seed, id) < hash64(seed, best)) best = id;
    first[best] += 1;
  }
  double chi2 = 0, expected = real(seeds) / n;
  for (double const count : first) chi2 += (count - expected) * (count - expected) / expected;
  EXPECT_LT(chi2, 27.9);  // 0.1% for 9 degrees of freedom
}

TEST(CanonicalOrder, RefusesTwoParticlesOfOneIdAtOnePlace) {
  std::vector<KeptParticle> particles{particle(1), particle(2), particle(3), particle(2)};
  try {
    in_canonical_order(in_blocks(particles, 2), CellGrid::for_cluster(4, radius * 1.8, 60));
    FAIL() << "accepted";
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::bad_data);
    EXPECT_NE(std::string(error.what()).find("same ParticleID"), std::string::npos);
  }
}

TEST(CanonicalOrder, OfNoParticlesIsEmpty) {
  auto const ordered = in_canonical_order({}, CellGrid::for_cluster(0, radius, 60));
  EXPECT_TRUE(ordered.particles.empty());
  EXPECT_EQ(ordered.first_in_cell, (std::vector<std::int64_t>{0, 0}));
}

TEST(ClusterBins, KeepEveryParticleOfEveryCluster) {
  ClusterBins bins(3);
  std::int64_t const n = 2 * ClusterBins::block_size + 5;
  for (std::int64_t i = 0; i < n; ++i) bins.add({i % 2 == 0 ? 0 : 2, particle(std::uint64_t(i))});
  EXPECT_EQ(bins.count(0) + bins.count(2), n);
  EXPECT_EQ(bins.count(1), 0);
  std::size_t seen = 0;
  for (auto const& block : bins.take(0))
    for (auto const& p : block) EXPECT_EQ(key_of(p), hash64(1, 2 * seen++));
  EXPECT_EQ(static_cast<std::int64_t>(seen), (n + 1) / 2);
  EXPECT_EQ(bins.count(0), 0);
}

TEST(RepeatedKey, IsFoundWhereverItsParticlesLie) {
  for (std::uint64_t const n : {2U, 3U, 63U, 64U, 1000U, 200000U}) {
    std::vector<KeptParticle> particles;
    for (std::uint64_t id = 0; id < n; ++id) particles.push_back(particle(id));
    EXPECT_FALSE(repeated_key(particles).has_value()) << n;
    for (std::uint64_t const at : {std::uint64_t{0}, (n - 1) / 2, n - 2}) {
      auto twins = particles;
      twins[n - 1].key = twins[at].key;
      EXPECT_EQ(repeated_key(twins), key_of(twins[at])) << n << " " << at;
    }
  }
  EXPECT_FALSE(repeated_key({}).has_value());
}

}  // namespace
}  // namespace setsz
