// SPDX-License-Identifier: BSD-3-Clause
#include "stages/moments/cluster_moments.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "model/moment_columns.hpp"
#include "model/target_batch.hpp"
#include "pipeline/base/number.hpp"
#include "stages/moments/gaussian_sums.hpp"
#include "stages/moments/potential.hpp"
#include "stages/moments/tracers.hpp"

namespace setsz {
namespace {

constexpr auto columns_per_scale = std::ssize(moment_kinds);

/// A weighted variance about the weighted mean is too small by the factor 1 - sum w^2/W^2 on
/// average: 1 - 1/n, where n = W^2/sum w^2 is the effective number of particles. Below n = 2 the
/// correction of n = 2 is kept: finite and continuous.
double unbiased(GaussianSum const& sum) {
  constexpr double least = 2;
  double const n = std::max(sum.weight * sum.weight / sum.weight2, least);
  return n / (n - 1);
}

/// Writes the columns of one scale of one target.
class ScaleColumns {
 public:
  ScaleColumns(MomentUnits const& units, double h, Vec3 const& cm) : h_(h), cm_(cm) {
    // (m/M200) W/((2 pi)^1.5 h^3) in units of M200/(4/3 pi R200^3)
    double const volume = std::pow(2 * std::numbers::pi, 1.5) * h * h * h;
    density_ = 4 * std::numbers::pi / 3 / (units.n200 * volume);
  }

  void write(GaussianSum const& sum, Vec3 const& centre, float* to) const {
    double const weight = sum.weight;
    if (weight == 0) return;  // all zero
    Vec3 const offset = (sum.position / weight - centre) / h_, velocity = sum.velocity / weight;
    double const bulk = norm2(velocity);
    double const variance = std::max(0.0, sum.velocity2 / weight - bulk) / 3;
    Vec3 const radial = unit(centre);
    for (double const value :
         {weight, density_ * weight, variance * unbiased(sum), bulk, norm(offset),
          dot(offset, radial), dot(offset, cm_), dot(velocity, radial), dot(velocity, cm_)})
      *to++ = single(value);
  }

 private:
  double h_, density_;
  Vec3 cm_;
};

}  // namespace

double MomentSettings::scale_factor(double n200) const {
  return std::max(1.0, std::cbrt(real(min_particles) / n200));
}

std::int64_t MomentSettings::particles_of(std::size_t scale) const {
  double const share = scales_r200.front() / scales_r200[scale];
  return std::max<std::int64_t>(1, std::llround(real(max_particles) * share));
}

std::vector<MomentColumn> moment_columns(MomentSettings const& settings) {
  struct Meaning {
    char const *unit, *description;
  };
  constexpr std::array<Meaning, moment_kinds.size()> meanings{{
      {"1", "W, the sum of exp(-d^2/2h^2) over particles"},
      {"M200/(4/3 pi R200^3)", "(m/M200) W/((2 pi)^1.5 h^3)"},
      {"V200^2", "variance of one component of the velocity"},
      {"V200^2", "squared mean velocity relative to the halo"},
      {"h", "length of the offset: mean position minus target"},
      {"h", "offset along the direction of the target"},
      {"h", "offset along the direction of the centre of mass"},
      {"V200", "mean velocity along the direction of the target"},
      {"V200", "mean velocity along the direction of the centre of mass"},
  }};
  std::vector<MomentColumn> columns;
  for (auto& name : moment_columns(std::ssize(settings.scales_r200))) {
    auto const& [unit, description] = meanings[columns.size() % meanings.size()];
    columns.push_back({std::move(name), unit, description});
  }
  columns.back().unit = "G M200/R200";
  columns.back().description = "-(m/M200) sum R200/sqrt(d^2 + softening^2)";
  return columns;
}

std::vector<float> cluster_moments(ClusterParticles const& particles, MomentUnits const& units,
                                   TargetRows const& targets, MomentSettings const& settings) {
  auto const all = tracers_within(particles, units.r200c, units.v200, cluster_sample_radius_r200);
  Vec3 const cm = unit(mean_position(all));
  double const factor = settings.scale_factor(units.n200);
  auto const n_scales = std::ssize(settings.scales_r200);
  std::int64_t const n_columns = n_scales * columns_per_scale + 1;
  std::vector<float> moments(targets.size() * n_columns, 0);
  Tracers some;
  for (std::int64_t scale = 0; scale < n_scales; ++scale) {
    double const h = factor * settings.scales_r200[scale];
    some = thinned(all, settings.particles_of(scale));
    GaussianSums const sums(targets, h, some);
    ScaleColumns const columns(units, h, cm);
    targets.each([&](TargetRows::Row const& row, std::int64_t target, Vec3 const& centre) {
      columns.write(sums.at(row, target), centre,
                    moments.data() + target * n_columns + scale * columns_per_scale);
    });
  }
  auto const phi = potential(targets, some, settings.softening_r200);
  for (std::int64_t target = 0; target < targets.size(); ++target)
    moments[target * n_columns + n_columns - 1] = single(phi[target] / units.n200);
  return moments;
}

double expected_targets(CubeLattice const& lattice) {
  double const of_edge = std::min(1.0, 2 * score_radius_r200 / lattice.edge_r200);
  // A sphere in its cube, or, if the lattice is smaller than that, the whole lattice at most.
  double const filled = of_edge < 1 ? std::numbers::pi / 6 : 1;
  return real(lattice.n_cells()) * filled * std::pow(of_edge, 3);
}

double moment_seconds(double n_particles, double scale_factor, CubeLattice const& lattice,
                      MomentSettings const& settings) {
  // Measured with bench_moments.
  constexpr double per_pair = 3e-9, per_pair_of_potential = 5e-10, per_target = 3e-7;
  double const voxels_per_volume = std::pow(lattice.voxel_r200(), -3);
  double const ball = 4 * std::numbers::pi / 3 * voxels_per_volume;
  double const targets = expected_targets(lattice);
  double seconds = targets * per_target, n_used = 0;
  for (std::size_t scale = 0; scale < settings.scales_r200.size(); ++scale) {
    double const reach = gaussian_cut * scale_factor * settings.scales_r200[scale];
    n_used = std::min(n_particles, real(settings.particles_of(scale)));
    seconds += n_used * std::min(ball * std::pow(reach, 3), targets) * per_pair;
  }
  return seconds + n_used * targets * per_pair_of_potential;
}

}  // namespace setsz
