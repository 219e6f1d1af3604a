// SPDX-License-Identifier: BSD-3-Clause
#include "stages/mock/dark_matter.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/base/number.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/random.hpp"
#include "stages/mock/measure.hpp"
#include "stages/mock/nfw.hpp"

namespace setsz {

namespace {

constexpr double background_dispersion_kms = 150;

Vec3 normal_vector(Random& random) {
  double const x = random.normal(), y = random.normal(), z = random.normal();
  return {x, y, z};
}

Vec3 direction(Random& random) {
  double const z = 2 * random.uniform() - 1, angle = 2 * std::numbers::pi * random.uniform();
  double const rho = std::sqrt(1 - z * z);
  return {rho * std::cos(angle), rho * std::sin(angle), z};
}

/// The body of the halo: an NFW profile, made triaxial, its outer parts shifted.
MockParticle smooth_particle(MockHalo const& halo, NfwProfile const& profile, double x,
                             Random& random) {
  double const r200 = halo.scales.r200c_ckpch, v200 = halo.scales.v200_kms;
  Vec3 const sphere = direction(random);
  Vec3 const stretched{x * halo.axis_lengths.x * sphere.x, x * halo.axis_lengths.y * sphere.y,
                       x * halo.axis_lengths.z * sphere.z};
  Vec3 const from_centre = r200 * (transpose(halo.axes) * stretched);
  double const share = offset_share(norm(from_centre) / r200);

  MockParticle particle;
  particle.position = from_centre + share * halo.offset;
  double heat = 1;
  for (auto const& patch : halo.patches)
    heat += patch.gain *
            std::exp(-norm2(particle.position - patch.position) / (2 * patch.width * patch.width));
  Vec3 const rotation =
      std::sqrt(profile.enclosed_mass(x) / x) * v200 * cross(halo.spin, unit(from_centre));
  particle.velocity = heat * profile.dispersion(x) * v200 * normal_vector(random) + rotation +
                      share * halo.outer_drift;
  return particle;
}

MockParticle clump_particle(MockHalo const& halo, Subclump const& clump, Random& random) {
  // Within its own gravity: sigma^2 about G m / width, a Gaussian ball's up to a factor near 1.
  double const sigma = halo.scales.v200_kms * std::sqrt(0.3 * clump.mass / halo.m200c *
                                                        halo.scales.r200c_ckpch / clump.width);
  MockParticle particle;
  particle.position = clump.position + clump.width * normal_vector(random);
  particle.velocity = clump.velocity + sigma * normal_vector(random);
  return particle;
}

}  // namespace

std::vector<MockParticle> halo_particles(MockUniverse const& universe, std::int64_t number) {
  auto const& halo = universe.halos[number];
  auto const n_total = universe.n_in_halo[number];
  Random random(universe.seed, Purpose::mock_particle, static_cast<std::uint64_t>(number));
  std::vector<std::int64_t> n_in_clump;
  std::int64_t n_smooth = n_total;
  for (auto const& clump : halo.clumps) {
    n_in_clump.push_back(std::llround(clump.mass / universe.particle_mass));
    n_smooth -= n_in_clump.back();
  }

  std::vector<MockParticle> particles;
  particles.reserve(n_total);
  NfwProfile const profile(halo.concentration);
  double const mass_in_extent = profile.enclosed_mass(universe.parameters.extent_r200);
  double x = 0;  // ascends: the last radius is a good guess for the next
  for (std::int64_t i = 0; i < n_smooth; ++i) {
    double const share = (real(i) + random.uniform()) / real(n_smooth);
    x = profile.radius_of(std::max(share, 1e-12) * mass_in_extent, x);
    particles.push_back(smooth_particle(halo, profile, x, random));
  }
  for (std::size_t c = 0; c < halo.clumps.size(); ++c)
    for (std::int64_t i = 0; i < n_in_clump[c]; ++i)
      particles.push_back(clump_particle(halo, halo.clumps[c], random));
  return particles;
}

std::vector<MockParticle> background_particles(MockUniverse const& universe, Range range) {
  std::vector<MockParticle> particles;
  particles.reserve(range.size());
  for (std::int64_t i = range.first; i < range.last; ++i) {
    Random random(universe.seed, Purpose::mock_background, static_cast<std::uint64_t>(i));
    Vec3 const place{random.uniform(), random.uniform(), random.uniform()};
    particles.push_back(
        {universe.box_ckpch * place, background_dispersion_kms * normal_vector(random)});
  }
  return particles;
}

std::vector<DarkMatterShare> plan_dark_matter_files(MockUniverse const& universe,
                                                    std::int64_t n_files) {
  auto const n_halos = std::ssize(universe.file_order);
  std::vector<DarkMatterShare> files;
  std::int64_t halo = 0, done_in_halos = 0, first_id = 1;
  std::int64_t const n_in_halos = universe.n_particles - universe.n_background;
  for (std::int64_t f = 0; f < n_files; ++f) {
    DarkMatterShare file{
        first_id,
        {halo, halo},
        even_range(universe.n_background, static_cast<int>(f), static_cast<int>(n_files)),
        0};
    bool const is_last = f + 1 == n_files;
    std::int64_t const goal = n_in_halos / n_files * (f + 1);
    std::int64_t const before = done_in_halos;
    while (halo < n_halos && (is_last || done_in_halos < goal))
      done_in_halos += universe.n_in_halo[universe.file_order[halo++]];
    file.halos.last = halo;
    file.n_particles = done_in_halos - before + file.background.size();
    first_id += file.n_particles;
    files.push_back(file);
  }
  return files;
}

DarkMatterContent content_of(MockUniverse const& universe, DarkMatterShare const& file) {
  PeriodicBox const box(universe.box_ckpch);
  DarkMatterContent content;
  content.particles.reserve(file.n_particles);
  for (std::int64_t i = file.halos.first; i < file.halos.last; ++i) {
    auto const number = universe.file_order[i];
    auto const& halo = universe.halos[number];
    auto const particles = halo_particles(universe, number);
    content.measured.push_back(measure_halo(universe, number, particles));
    for (auto const& particle : particles)
      content.particles.push_back(
          {box.wrap(halo.position + particle.position), halo.velocity + particle.velocity});
  }
  auto const background = background_particles(universe, file.background);
  content.particles.insert(content.particles.end(), background.begin(), background.end());
  return content;
}

}  // namespace setsz
