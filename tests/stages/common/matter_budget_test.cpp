// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/matter_budget.hpp"

#include <gtest/gtest.h>

#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

constexpr double box = 40000, h = 0.6774, omega_m = 0.3089, omega_b = 0.0486;
/// 27.75 (1e10 Msun/h) / (Mpc/h)^3 times (40 Mpc/h)^3.
constexpr double critical = 27.7536627 * 64000;

SnapshotHeader header(std::int64_t n) {
  SnapshotHeader header;
  header.box_ckpch = box;
  header.cosmology = {omega_m, 1 - omega_m, omega_b, h};
  header.n_particles[1] = n;
  return header;
}

std::string verdict(double share, ParticleKind kind = ParticleKind::dark_matter,
                    SnapshotHeader of = header(20000), double tolerance = 0.05) {
  double const omega = kind == ParticleKind::gas ? omega_b : omega_m;
  return test::error_of([&] {
    require_matter({of.cosmology, tolerance}, of, kind, share * omega * critical, 0, "snap.hdf5",
                   "MassTable");
  });
}

TEST(MatterBudget, AcceptsMatterWithinFivePercentAndGasBelowTheBaryons) {
  for (double const share : {1.0, 0.96, 1.04}) EXPECT_EQ(verdict(share)[0], 'n') << share;
  for (double const share : {1.0, 0.6, 1.04})
    EXPECT_EQ(verdict(share, ParticleKind::gas)[0], 'n') << share;
  EXPECT_EQ(verdict(17, ParticleKind::dark_matter, header(20000), 1)[0], 'n') << "switched off";
}

TEST(MatterBudget, NamesTheCauseOfAWrongDensity) {
  struct Cause {
    double share;
    ParticleKind kind;
    char const* words;
  };
  auto const dm = ParticleKind::dark_matter, gas = ParticleKind::gas;
  for (auto const& [share, kind, words] :
       {Cause{1 - omega_b / omega_m, dm, "dark matter of a hydrodynamic run"},
        Cause{1 / h, dm, "about 1/h"}, Cause{h, dm, "about h"}, Cause{0.125, dm, "1/2^3"},
        Cause{1e10, gas, "1e10"}, Cause{1e-9, dm, "1/1000^3"}, Cause{0.3, gas, "0.5 to 1.05"},
        Cause{omega_m / omega_b, gas, "all matter in place of the gas"}}) {
    auto const text = verdict(share, kind);
    EXPECT_TRUE(test::contains(text, "65 the mean density")) << text;
    EXPECT_TRUE(test::contains(text, words));
  }
}

TEST(MatterBudget, NamesParticlesThatAreNotRead) {
  auto zoom = header(20000);
  zoom.n_particles[2] = 1000;
  zoom.mass_table[2] = 0.4 * omega_m * critical / 1000;
  auto const text = verdict(1, ParticleKind::dark_matter, zoom);
  EXPECT_TRUE(test::contains(text, "there are also 1000 particles of type 2 (0.4 of the matter)"));
  zoom.mass_table[2] = 0.01 * omega_m * critical / 1000;
  EXPECT_EQ(verdict(1, ParticleKind::dark_matter, zoom)[0], 'n');
  EXPECT_EQ(other_types(zoom, zoom.cosmology), "1000 particles of type 2 (0.01 of the matter)");
  EXPECT_EQ(other_types(header(1), zoom.cosmology), "");
}

}  // namespace
}  // namespace setsz
