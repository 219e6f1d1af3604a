// SPDX-License-Identifier: BSD-3-Clause
// Time of the moments of one cluster with an NFW profile, by scale and together, in CPU seconds;
// and how many times as long a plain loop over the particles within reach of each target would
// take. Usage: bench_moments [particles [voxels a side [max_particles]]]
#include <time.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numbers>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/moments/cluster_moments.hpp"
#include "stages/moments/gaussian_sums.hpp"
#include "stages/moments/potential.hpp"

using namespace setsz;

namespace {

constexpr double r200 = 1000, v200 = 1000, concentration = 5, outer = 2.5;

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return real(now.tv_sec) + 1e-9 * real(now.tv_nsec);
}

double enclosed(double x) { return std::log1p(x) - x / (1 + x); }

double nfw_radius(double fraction) {
  double low = 0, high = outer * concentration;
  for (int i = 0; i < 50; ++i) {
    double const middle = 0.5 * (low + high);
    (enclosed(middle) < fraction * enclosed(outer * concentration) ? low : high) = middle;
  }
  return low / concentration;
}

ClusterParticles nfw_cluster(std::int64_t n) {
  ClusterParticles particles;
  for (std::int64_t i = 0; i < n; ++i) {
    Random random(1, Purpose::test, static_cast<std::uint64_t>(i));
    double const r = r200 * nfw_radius(random.uniform());
    Vec3 const q = r * unit({random.normal(), random.normal(), random.normal()});
    particles.x.push_back(single(q.x)), particles.vx.push_back(single(500 * random.normal()));
    particles.y.push_back(single(q.y)), particles.vy.push_back(single(500 * random.normal()));
    particles.z.push_back(single(q.z)), particles.vz.push_back(single(500 * random.normal()));
  }
  return sorted_into_cells(particles, CellGrid::for_cluster(n, outer * r200, 310));
}

/// Expected time of sums over the particles within reach of a target, which are known beforehand,
/// at all targets: measured at some.
double plain_seconds(TargetRows const& targets, double h, Tracers const& t) {
  constexpr std::int64_t every = 97;
  double seconds = 0, sum = 0;
  std::int64_t n_targets = 0;
  targets.each([&](TargetRows::Row const&, std::int64_t target, Vec3 const& centre) {
    if (target % every != 0) return;
    ++n_targets;
    std::vector<std::int64_t> near;
    for (std::int64_t i = 0; i < t.size(); ++i)
      if (norm(Vec3{t.x[i], t.y[i], t.z[i]} - centre) <= gaussian_cut * h) near.push_back(i);
    double const start = thread_seconds();
    GaussianSum total;
    for (auto const i : near) {
      Vec3 const q{t.x[i], t.y[i], t.z[i]}, v{t.vx[i], t.vy[i], t.vz[i]};
      double const w = t.weight * std::exp(-norm2(q - centre) / (2 * h * h));
      total.weight += w;
      total.weight2 += w * w;
      total.position += w * q;
      total.velocity += w * v;
      total.velocity2 += w * norm2(v);
    }
    seconds += thread_seconds() - start;
    sum += total.weight + total.weight2 + total.velocity2 + norm(total.position + total.velocity);
  });
  if (std::isnan(sum)) std::puts("not a number");  // the sums are needed
  return seconds * real(targets.size()) / real(n_targets);
}

template <class Work>
double seconds_of(Work const& work) {
  double const start = thread_seconds();
  work();
  return thread_seconds() - start;
}

}  // namespace

int main(int argc, char** argv) {
  std::int64_t const n = argc > 1 ? std::atoll(argv[1]) : 3000;
  std::int64_t const n_voxels = argc > 2 ? std::atoll(argv[2]) : 32;
  MomentSettings settings;
  if (argc > 3) settings.max_particles = std::atoll(argv[3]);
  auto const particles = nfw_cluster(n);
  CubeLattice const lattice{n_voxels, 5};
  TargetRows const targets(lattice);
  double const n200 = real(n) * enclosed(concentration) / enclosed(outer * concentration);
  auto const all = tracers_within(particles, r200, v200, outer);
  for (std::size_t scale = 0; scale < settings.scales_r200.size(); ++scale) {
    auto const some = thinned(all, settings.particles_of(scale));
    double const h = settings.scales_r200[scale];
    double const seconds = seconds_of([&] { GaussianSums const sums(targets, h, some); });
    std::printf("scale %.2f R200, %8ld particles: %8.4f s, a plain loop %5.1f times as long\n", h,
                static_cast<long>(some.size()), seconds, plain_seconds(targets, h, some) / seconds);
    if (scale + 1 == settings.scales_r200.size())
      std::printf("potential,        %8ld particles: %8.4f s\n", static_cast<long>(some.size()),
                  seconds_of([&] { potential(targets, some, settings.softening_r200); }));
  }
  std::printf("%ld particles, %ld targets: %.4f s, planned %.4f s\n", static_cast<long>(n),
              static_cast<long>(targets.size()), seconds_of([&] {
                cluster_moments(particles, {r200, v200, n200}, targets, settings);
              }),
              moment_seconds(real(n), settings.scale_factor(n200), lattice, settings));
}
