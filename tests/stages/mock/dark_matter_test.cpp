// SPDX-License-Identifier: BSD-3-Clause
#include "stages/mock/dark_matter.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/units.hpp"
#include "stages/mock/mass_function.hpp"
#include "stages/mock/measure.hpp"
#include "stages/mock/nfw.hpp"
#include "tests/fixtures/mock_parameters.hpp"

namespace setsz {
namespace {

MockParameters small_box() {
  MockParameters parameters;
  parameters.box_mpch = 40;
  parameters.particle_mass_msunh = 1e10;
  parameters.mass_min_msunh = 2e13;
  return parameters;
}

TEST(MassFunction, CountsAreThoseOfTinker2008) {
  // Tinker et al. (2008), 200c, z = 0, integrated over a box of 75 Mpc/h: 160 haloes above 1e13 and
  // 22.7 above 5e13 Msun/h. The fit keeps 7%.
  double const volume = 75.0 * 75 * 75;
  EXPECT_NEAR(halo_number_density(1e13, 1e16, 0) * volume, 160, 0.07 * 160);
  EXPECT_NEAR(halo_number_density(5e13, 1e16, 0) * volume, 22.7, 0.07 * 22.7);
  EXPECT_NEAR(halo_number_density(1e13, 1e16, 0.5) * volume, 130, 0.1 * 130);
}

TEST(MassFunction, SampledMassesDescendAndFollowTheCumulativeDistribution) {
  auto const masses = sample_masses(300, 1e13, 1e15, 0, 7);
  ASSERT_EQ(masses.size(), 300U);
  double const all = halo_number_density(1e13, 1e15, 0);
  for (std::size_t k = 0; k < masses.size(); ++k) {
    if (k > 0) {
      EXPECT_LE(masses[k], masses[k - 1]);
    }
    double const rank = 300 * halo_number_density(masses[k], 1e15, 0) / all;
    EXPECT_NEAR(rank, real(k) + 0.5, 0.52);
  }
}

TEST(Nfw, RadiusOfMassInvertsEnclosedMass) {
  NfwProfile const profile(6);
  EXPECT_NEAR(profile.enclosed_mass(1), 1, 1e-14);
  for (double const x : {1e-4, 1e-2, 0.1, 0.5, 1.0, 2.5, 20.0})
    EXPECT_NEAR(profile.radius_of(profile.enclosed_mass(x)) / x, 1, 1e-8) << x;
}

TEST(Nfw, DensityIsTheDerivativeOfMass) {
  NfwProfile const profile(4);
  for (double const x : {0.01, 0.3, 1.0, 2.0}) {
    double const step = 1e-5 * x;
    double const slope =
        (profile.enclosed_mass(x + step) - profile.enclosed_mass(x - step)) / (2 * step);
    EXPECT_NEAR(slope / (4 * std::numbers::pi * x * x * profile.density(x)), 1, 1e-6);
  }
}

TEST(Nfw, DispersionSolvesTheJeansEquation) {
  // Against a slow quadrature of integral_x^inf rho M/s^2 ds in steps of ln s.
  NfwProfile const profile(5);
  for (double const x : {0.002, 0.05, 0.3, 1.0, 2.5}) {
    constexpr int n_steps = 20000;
    double const step = std::log(1e4 / x) / n_steps;
    double integral = 0;
    for (int i = 0; i < n_steps; ++i) {
      double const s = x * std::exp((i + 0.5) * step);
      integral += step * profile.density(s) * profile.enclosed_mass(s) / s;
    }
    double const wanted = std::sqrt(integral / profile.density(x));
    EXPECT_NEAR(profile.dispersion(x) / wanted, 1, 1e-3) << x;
  }
}

TEST(Nfw, RadiusAtOverdensityHoldsThatMeanDensity) {
  NfwProfile const profile(5);
  EXPECT_NEAR(profile.radius_at(200), 1, 1e-9);
  double const x = profile.radius_at(500);
  EXPECT_NEAR(profile.enclosed_mass(x) / (x * x * x), 2.5, 1e-9);
}

TEST(MockUniverse, ParticlesHoldTheMeanDensityExactly) {
  auto const universe = make_universe(small_box(), Cosmology{}, 0.5, 3);
  double const total = real(universe.n_particles) * universe.particle_mass;
  double const wanted =
      universe.cosmology.omega_m * units::rho_crit_0 * std::pow(universe.box_ckpch, 3);
  EXPECT_NEAR(total / wanted, 1, 1e-14);
  std::int64_t planned = 0, made = 0;
  for (auto const& file : plan_dark_matter_files(universe, 3)) {
    EXPECT_EQ(file.first_id, planned + 1);
    planned += file.n_particles;
    auto const particles = content_of(universe, file).particles;
    made += std::ssize(particles);
    for (auto const& particle : particles)
      for (std::size_t k = 0; k < 3; ++k) {
        ASSERT_GE(particle.position[k], 0);
        ASSERT_LT(particle.position[k], universe.box_ckpch);
      }
  }
  EXPECT_EQ(planned, universe.n_particles);
  EXPECT_EQ(made, universe.n_particles);
}

TEST(MockUniverse, CentresKeepTheirDistanceAndSomePairsOverlap) {
  auto parameters = small_box();
  parameters.mass_min_msunh = 5e12;
  parameters.pair_fraction = 0.3;
  auto const universe = make_universe(parameters, Cosmology{}, 0, 5);
  PeriodicBox const box(universe.box_ckpch);
  ASSERT_GT(universe.halos.size(), 40U);
  std::int64_t n_overlapping = 0;
  for (std::size_t i = 0; i < universe.halos.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      auto const &a = universe.halos[i], &b = universe.halos[j];
      double const distance = norm(box.offset(a.position, b.position));
      double const sum = a.scales.r200c_ckpch + b.scales.r200c_ckpch;
      EXPECT_GE(distance, sum);
      n_overlapping += distance < 2 * sum;
    }
  EXPECT_GE(n_overlapping, 8);
}

TEST(MockUniverse, RefusesMoreHaloesThanFit) {
  auto parameters = small_box();
  parameters.abundance = 100;
  try {
    make_universe(parameters, Cosmology{}, 0, 1);
    FAIL() << "no error";
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::config);
    EXPECT_NE(std::string(error.what()).find("mock.abundance"), std::string::npos);
  }
}

TEST(HaloParticles, EnclosedMassIsTheNfwProfile) {
  auto const universe = make_universe(test::without_departures(small_box()), Cosmology{}, 0, 3);
  auto const& halo = universe.halos.front();
  NfwProfile const profile(halo.concentration);
  auto const particles = halo_particles(universe, 0);
  for (double const x : {0.1, 0.3, 1.0, 2.0}) {
    double mass = 0;
    for (auto const& particle : particles)
      if (norm(particle.position) < x * halo.scales.r200c_ckpch) mass += universe.particle_mass;
    EXPECT_NEAR(mass / (halo.m200c * profile.enclosed_mass(x)), 1, 0.03) << x;
  }
}

TEST(HaloParticles, DispersionIsThatOfTheJeansEquation) {
  auto const universe = make_universe(test::without_departures(small_box()), Cosmology{}, 0, 3);
  auto const& halo = universe.halos.front();
  NfwProfile const profile(halo.concentration);
  double sum = 0, wanted = 0;
  std::int64_t n = 0;
  for (auto const& particle : halo_particles(universe, 0)) {
    double const x = norm(particle.position) / halo.scales.r200c_ckpch;
    if (x > 1) continue;
    sum += norm2(particle.velocity) / 3;
    wanted += std::pow(halo.scales.v200_kms * profile.dispersion(x), 2);
    ++n;
  }
  ASSERT_GT(n, 5000);
  EXPECT_NEAR(std::sqrt(sum / wanted), 1, 0.02);
  // Virial theorem, order of magnitude: a three-dimensional dispersion near V200.
  EXPECT_NEAR(std::sqrt(3 * sum / real(n)) / halo.scales.v200_kms, 1.1, 0.15);
}

TEST(HaloParticles, OuterParticlesAreCentredOnThePlantedOffset) {
  auto parameters = small_box();
  parameters.departures.substructure = 0;  // clumps pull the mean elsewhere
  auto const universe = make_universe(parameters, Cosmology{}, 0, 3);
  double error2 = 0, offset2 = 0;
  int n_halos = 0;
  for (std::size_t i = 0; i < universe.halos.size(); ++i) {
    auto const& halo = universe.halos[i];
    auto const particles = halo_particles(universe, static_cast<std::int64_t>(i));
    Vec3 sum;
    double share = 0;
    for (auto const& particle : particles) {
      sum += particle.position;
      share += offset_share(norm(particle.position) / halo.scales.r200c_ckpch);
    }
    Vec3 const found = sum / share;
    error2 += norm2(found - halo.offset) / std::pow(halo.scales.r200c_ckpch, 2);
    offset2 += norm2(halo.offset) / std::pow(halo.scales.r200c_ckpch, 2);
    ++n_halos;
  }
  ASSERT_GE(n_halos, 5);
  EXPECT_NEAR(std::sqrt(offset2 / n_halos), parameters.departures.offset_rms, 0.06);
  EXPECT_LT(std::sqrt(error2 / offset2), 0.3);
}

TEST(HaloParticles, RotationGivesAngularMomentumAlongTheSpin) {
  auto parameters = test::without_departures(small_box());
  parameters.departures.spin = 0.3;
  auto const universe = make_universe(parameters, Cosmology{}, 0, 3);
  auto const found = measure_halo(universe, 0, halo_particles(universe, 0));
  EXPECT_GT(dot(unit(found.angular_momentum), unit(universe.halos.front().spin)), 0.95);
}

TEST(HaloParticles, SubstructureAndShapeCanBeSeen) {
  auto parameters = small_box();
  parameters.departures.offset_rms = 0;
  parameters.departures.substructure = 0.2;
  auto const universe = make_universe(parameters, Cosmology{}, 0, 3);
  auto const& halo = universe.halos.front();
  ASSERT_FALSE(halo.clumps.empty());
  auto const particles = halo_particles(universe, 0);
  auto const& clump = halo.clumps.front();
  std::int64_t n_near = 0;
  for (auto const& particle : particles)
    n_near += norm(particle.position - clump.position) < 2 * clump.width;
  // A Gaussian ball holds 0.739 of its mass within two widths.
  EXPECT_GT(real(n_near), 0.7 * clump.mass / universe.particle_mass);
  Mat3 tensor;
  for (auto const& particle : particles)
    for (std::size_t i = 0; i < 3; ++i) tensor.row[i] += particle.position[i] * particle.position;
  auto const eigen = symmetric_eigen(tensor);
  EXPECT_LT(eigen.values.x / eigen.values.z, 0.85);
}

TEST(HaloParticles, AreAFunctionOfSeedAndHaloAlone) {
  auto const first = make_universe(small_box(), Cosmology{}, 0, 3);
  auto const again = make_universe(small_box(), Cosmology{}, 0, 3);
  auto const other = make_universe(small_box(), Cosmology{}, 0, 4);
  auto const a = halo_particles(first, 2), b = halo_particles(again, 2);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_EQ(a[i].position, b[i].position);
  EXPECT_FALSE(first.halos[2].position == other.halos[2].position);
}

}  // namespace
}  // namespace setsz
