// SPDX-License-Identifier: BSD-3-Clause
#include "stages/mock/mock_halo.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "model/gnfw.hpp"
#include "pipeline/base/random.hpp"
#include "stages/mock/nfw.hpp"

namespace setsz {

namespace {

constexpr double max_offset = 0.35;   // [R200], see offset_share
constexpr double max_clump_gain = 3;  // a denser clump does not make more pressure
constexpr int n_clumps = 6;

Vec3 random_direction(Random& random) {
  double const z = 2 * random.uniform() - 1, angle = 2 * std::numbers::pi * random.uniform();
  double const rho = std::sqrt(1 - z * z);
  return {rho * std::cos(angle), rho * std::sin(angle), z};
}

Vec3 normal_vector(Random& random) {
  double const x = random.normal(), y = random.normal(), z = random.normal();
  return {x, y, z};
}

void draw_shape(MockHalo& halo, double triaxiality, Random& random) {
  double const u1 = random.uniform(), u2 = random.uniform(), u3 = random.uniform();
  halo.axes = uniform_rotation(u1, u2, u3);
  double const b = std::clamp(0.75 + 0.12 * random.normal(), 0.5, 1.0);
  double const c = std::clamp(b * (0.8 + 0.1 * random.normal()), 0.4, b);
  double const b_drawn = 1 - triaxiality * (1 - b), c_drawn = 1 - triaxiality * (1 - c);
  double const a = 1 / std::cbrt(b_drawn * c_drawn);
  halo.axis_lengths = {a, a * b_drawn, a * c_drawn};
}

void draw_offset(MockHalo& halo, double offset_rms, Random& random) {
  Vec3 const drawn = offset_rms / std::sqrt(3.0) * normal_vector(random);
  double const length = norm(drawn);
  double const shrink = length > max_offset ? max_offset / length : 1;
  halo.offset = halo.scales.r200c_ckpch * shrink * drawn;
  // A displaced core moves: partly along its displacement.
  Vec3 const along = unit(halo.offset) + 0.5 * normal_vector(random);
  halo.outer_drift = (halo.scales.v200_kms * shrink * length) * along;
}

void draw_clumps(MockHalo& halo, MockDepartures const& departures, double clump_mass_min,
                 Random& random) {
  NfwProfile const profile(halo.concentration);
  double const r200 = halo.scales.r200c_ckpch;
  double shares[n_clumps], total = 0;
  for (auto& share : shares) total += share = -std::log1p(-random.uniform());
  for (double const share : shares) {
    // All numbers are drawn for every clump, kept or not: one more does not shift the others.
    double const fraction = departures.substructure * share / total;
    double const x = 0.15 + 1.05 * random.uniform();
    Vec3 const direction = random_direction(random);
    Vec3 const velocity = 0.6 * halo.scales.v200_kms * normal_vector(random);
    if (fraction * halo.m200c < clump_mass_min || fraction <= 0) continue;
    double const width = std::max(0.08, 0.35 * std::cbrt(fraction));
    double const peak = fraction / std::pow(2 * std::numbers::pi * width * width, 1.5);
    double const gain = std::sqrt(1 + peak / profile.density(x)) - 1;
    halo.clumps.push_back({halo.offset + r200 * x * direction, velocity, fraction * halo.m200c,
                           width * r200,
                           departures.local_strength * std::min(gain, max_clump_gain)});
  }
}

void draw_patch(MockHalo& halo, double local_strength, Random& random) {
  double const x = 0.2 + 0.6 * random.uniform();
  Vec3 const direction = random_direction(random);
  double const gain = 0.6 * random.uniform();
  double const r200 = halo.scales.r200c_ckpch;
  if (local_strength > 0)
    halo.patches.push_back({halo.offset + r200 * x * direction, 0.3 * r200, local_strength * gain});
}

}  // namespace

double MockHalo::smooth_fraction() const {
  double in_clumps = 0;
  for (auto const& clump : clumps) in_clumps += clump.mass;
  return 1 - in_clumps / m200c;
}

double offset_share(double r_over_r200) {
  constexpr double core2 = 0.25 * 0.25;
  double const r2 = r_over_r200 * r_over_r200;
  return r2 / (r2 + core2);
}

MockHalo draw_halo(MockDepartures const& departures, Cosmology const& cosmology, double redshift,
                   double m200c, double clump_mass_min, std::int64_t id, std::uint64_t seed) {
  MockHalo halo;
  halo.id = id;
  halo.m200c = m200c;
  halo.scales = halo_scales(cosmology, redshift, m200c);
  Random random(seed, Purpose::mock_halo, static_cast<std::uint64_t>(id), 2);
  // Scatter of 0.13 dex about the mean relation, Duffy et al. (2008) section 3.
  halo.concentration = std::clamp(
      duffy_concentration(m200c, redshift) * std::pow(10, 0.13 * random.normal()), 2.0, 15.0);
  draw_shape(halo, departures.triaxiality, random);
  draw_offset(halo, departures.offset_rms, random);
  halo.spin = departures.spin * std::exp(0.5 * random.normal()) * random_direction(random);
  halo.transfer = departures.transfer_rms * random.normal();
  draw_patch(halo, departures.local_strength, random);
  draw_clumps(halo, departures, clump_mass_min, random);
  return halo;
}

}  // namespace setsz
