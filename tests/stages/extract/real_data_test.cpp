// SPDX-License-Identifier: BSD-3-Clause
// The extraction on a real gravity-only run, against what the halo finder says.
#include <gtest/gtest.h>

#include <algorithm>

#include "io/halo_catalog.hpp"
#include "stages/common/particle_store.hpp"
#include "workplace.hpp"

namespace setsz {
namespace {

struct RealSnapshot {
  char const* number;
  double redshift;
};

class RealData : public testing::TestWithParam<RealSnapshot> {
 protected:
  inline static std::string const box = SETSZ_SHARED_DATA "/box50_a";
  void SetUp() override {
    if (!std::filesystem::exists(box)) GTEST_SKIP() << "no " << box;
  }
  std::vector<std::string> strict() const {
    return {"snapshot.z0.dark_matter=" + particles(), "extract.implausible_particles=refuse"};
  }
  std::string particles() const { return box + "/dmo/snapdir_" + GetParam().number; }

  ClusterTable clusters(Comm const& comm, double mass_min) const {
    auto const catalog = read_halo_catalog(
        comm, {box + "/rockstar/snap_" + GetParam().number + "/out_0_allcols_pid.list"},
        {MassDefinition::m200c, mass_min});
    ClusterTable table;
    table.box_ckpch = 50000;
    table.redshift = GetParam().redshift;
    table.a = 1 / (1 + table.redshift);
    table.mass_definition = "200c";
    for (auto const& halo : comm.all_gather_v(catalog.halos)) {
      if (halo.parent_id != -1) continue;
      auto const scales = halo_scales(table.cosmology, table.redshift, halo.mass);
      table.clusters.edit().push_back({halo.id, halo.position, halo.velocity, halo.mass,
                                       scales.r200c_ckpch, scales.v200_kms, scales.p200_code,
                                       halo.xoff_ckpch, halo.voff_kms, halo.angular_momentum});
    }
    std::ranges::sort(table.clusters.edit(),
                      [](Cluster const& a, Cluster const& b) { return a.m200c > b.m200c; });
    table.split.assign(table.clusters.size(), Split::training);
    return table;
  }
};
INSTANTIATE_TEST_SUITE_P(Box50, RealData,
                         testing::Values(RealSnapshot{"099", 0}, RealSnapshot{"067", 0.5}),
                         [](auto const& test) { return std::string("snap") + test.param.number; });

TEST_P(RealData, MassesWithinR200AreThoseOfTheHaloFinder) {
  auto const comm = Comm::world();
  test::Workplace workplace(comm);
  auto const table = clusters(comm, 2000);
  workplace.hold(table);
  auto const product = workplace.run(comm, "a", 50000, strict());
  ParticleStore const store(product);
  ASSERT_EQ(store.n_clusters(), table.size());
  ASSERT_GE(table.size(), 5);
  for (std::int64_t c = 0; c < 5; ++c) {
    auto const& cluster = table.clusters[c];
    auto const cloud = store.load(c);
    double mass = 0;
    for (std::size_t i = 0; i < cloud.x.size(); ++i)
      if (norm2({cloud.x[i], cloud.y[i], cloud.z[i]}) < cluster.r200c * cluster.r200c)
        mass += store.particle_mass();
    EXPECT_NEAR(mass / cluster.m200c, 1, c == 0 ? 0.02 : 0.05) << "halo " << cluster.id;
  }
}

TEST_P(RealData, PropertiesFromParticlesAgreeWithTheHaloFinder) {
  // What setsz computes where a catalogue lacks it, against a catalogue that has it. Rockstar sums
  // over bound particles and finds its centre from the innermost ones: agreement is not exact.
  auto const comm = Comm::world();
  test::Workplace workplace(comm);
  auto table = clusters(comm, 2000);
  auto const catalogue = table;
  for (auto& cluster : table.clusters.edit()) {
    cluster.angular_momentum = {};
    cluster.xoff_ckpch = cluster.voff_kms = -1;
  }
  workplace.hold(table);
  auto const product = workplace.run(comm, "a", 50000, strict());
  ParticleStore const store(product);
  std::vector<double> cosine, momentum, xoff, voff;
  for (std::int64_t c = 0; c < store.n_clusters(); ++c) {
    auto const& halo = catalogue.clusters[c];
    auto const& s = store.scalars(c);
    double const unit_of_j = table.a * halo.r200c * halo.v200 * halo.m200c;
    cosine.push_back(dot(store.vectors(c)[0], unit(halo.angular_momentum)));
    momentum.push_back(s[4] * unit_of_j / norm(halo.angular_momentum));
    xoff.push_back(s[1] * halo.r200c / halo.xoff_ckpch);
    voff.push_back(s[2] * halo.v200 / halo.voff_kms);
  }
  auto const median = [](std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  };
  EXPECT_GT(median(cosine), 0.95);
  EXPECT_NEAR(median(momentum), 1, 0.25);
  EXPECT_NEAR(median(xoff), 1, 0.25);
  EXPECT_NEAR(median(voff), 1, 0.4);
}

}  // namespace
}  // namespace setsz
