// SPDX-License-Identifier: BSD-3-Clause
// Masses that are wrong where the check before work, which reads a sample, does not look.
#include <gtest/gtest.h>

#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "tests/fixtures/snapshot_writer.hpp"
#include "workplace.hpp"

namespace setsz {
namespace {

using test::SmallUniverse;
using test::Workplace;

/// Of 2048 particles the sample takes 1024.
constexpr std::int64_t n_particles = 64 * 2048;
bool is_sampled(std::size_t row) { return row % 2048 < 1024; }

/// A box with the mean density of its matter; particles out of the sample have `factor` times their
/// mass.
SmallUniverse universe_with(double factor) {
  SmallUniverse universe(n_particles);
  auto const& cosmology = universe.table.cosmology;
  double const mass =
      cosmology.omega_m * units::rho_crit_0 * std::pow(SmallUniverse::edge, 3) / real(n_particles);
  for (std::size_t i = 0; i < universe.particles.id.size(); ++i)
    universe.particles.mass.push_back(is_sampled(i) ? mass : factor * mass);
  return universe;
}

std::vector<std::string> const strict{"cosmology.matter_tolerance=0.05",
                                      "extract.implausible_particles=refuse"};

class StreamedBudget : public testing::Test {
 protected:
  Comm const comm_ = Comm::world();
  Workplace workplace_{comm_};

  std::string refusal(int stop_after = 0) {
    return test::error_of([&] {
      if (stop_after > 0) {
        EXPECT_TRUE(workplace_.run_until(comm_, "a", stop_after, 0, strict));
      }
      workplace_.run(comm_, "a", 4000, strict);
    });
  }
};

TEST_F(StreamedBudget, RefusesMassesThatTheSampleDidNotSee) {
  workplace_.hold(universe_with(Cosmology{}.h));
  workplace_.preflight(comm_, strict);  // nothing is wrong with its header and its sample
  auto const text = refusal();
  EXPECT_TRUE(test::contains(text, "65 the mean density of the particles of type 1 in '"));
  EXPECT_TRUE(test::contains(text, "which is 0.8387"));
  EXPECT_TRUE(test::contains(text, "the sum of all 131072 particles as they were read"));
  EXPECT_FALSE(std::filesystem::exists(workplace_ / "a/particles.h5"));
  EXPECT_EQ(comm_.broadcast(text, 0), text);
}

TEST_F(StreamedBudget, CountsWhatWasReadBeforeAStop) {
  workplace_.hold(universe_with(1e3));
  EXPECT_TRUE(test::contains(refusal(3), "which is 500."));
}

TEST_F(StreamedBudget, AcceptsTheRightMasses) {
  workplace_.hold(universe_with(1));
  // The toy has heavier clusters than matter: it ends behind the check of the whole box.
  EXPECT_TRUE(test::contains(refusal(3), "the mass in the halo catalogue (median"));
}

TEST_F(StreamedBudget, RefusesMassesBesideAnotherMassTable) {
  auto universe = universe_with(1);
  workplace_.hold(universe);
  double const right = universe.particles.mass[0], h = Cosmology{}.h;
  std::vector<std::string> files{workplace_ / "snap/snap.0.hdf5", workplace_ / "snap/snap.1.hdf5",
                                 workplace_ / "snap/snap.2.hdf5"};
  auto const set_mass_table = [&](double mass) {
    if (comm_.is_root())
      for (auto const& file : files)
        test::H5Edit(file).set_attribute("Header", "MassTable",
                                         std::vector<double>{0, mass, 0, 0, 0, 0});
    comm_.barrier();
  };
  set_mass_table(right);
  workplace_.preflight(comm_, strict);
  set_mass_table(right / h);
  auto const text = test::error_of([&] { workplace_.preflight(comm_, strict); });
  EXPECT_TRUE(test::contains(text, "65 '"));
  EXPECT_TRUE(test::contains(text, "PartType1/Masses has masses of "));
  EXPECT_TRUE(test::contains(text, "on average, 0.6774"));
}

}  // namespace
}  // namespace setsz
