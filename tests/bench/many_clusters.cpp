// SPDX-License-Identifier: BSD-3-Clause
// Processor seconds of what rank 0 does with all clusters: the flux fit and the skirt of the stage
// fit, the flux correction of train. Usage: bench_many_clusters [CLUSTERS]
#include <time.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/fit/gnfw_fit.hpp"
#include "stages/fit/skirt_fit.hpp"
#include "stages/train/flux_fit.hpp"

using namespace setsz;

namespace {

constexpr double h = 0.6774;
constexpr std::int64_t mass_bins = 3;

template <class Work>
void timed(char const* what, std::int64_t n, Work&& work) {
  auto const now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return real(time.tv_sec) + 1e-9 * real(time.tv_nsec);
  };
  double const start = now();
  work();
  std::printf("%-28s %8ld clusters %10.3f s\n", what, static_cast<long>(n), now() - start);
}

/// Masses above 3.6e13 Msun/h, steeply falling; profiles of one form, with scatter.
std::vector<FluxCluster> clusters(std::int64_t n) {
  GnfwParameters const truth{.A_P0 = 6, .a_P0 = 0.1, .A_xc = 0.5, .a_xc = -0.05, .core = 0.001};
  std::vector<FluxCluster> clusters;
  Random random(1, Purpose::test);
  for (std::int64_t i = 0; i < n; ++i) {
    double const mass = 3600 * std::pow(random.uniform() + 1e-7, -0.5);
    auto& one = clusters.emplace_back(FluxCluster{mass, std::pow(mass, 5.0 / 3)});
    auto const shape = gnfw_shape(truth, mass, h, 0);
    double const scatter = std::exp(0.2 * random.normal());
    for (std::size_t k = 0; k < one.within.size(); ++k)
      one.within[k] = scatter * (1 + 0.1 * real(k) / most_radii) *
                      gnfw_volume_integral(shape, score_radius_r200 * real(k + 1) / most_radii);
  }
  return clusters;
}

}  // namespace

int main(int argc, char** argv) {
  std::int64_t const n = argc > 1 ? std::atoll(argv[1]) : 1'000'000;
  auto const all = clusters(n);
  timed("fit: flux", n, [&] {
    auto const fit = fit_flux(all, most_radii, h, mass_bins, {.core = smallest_gnfw_core});
    std::printf("P0 %.15g, xc %.15g, beta %.15g, slopes %.15g %.15g %.15g; cost %.15g %s\n",
                fit.parameters.A_P0, fit.parameters.A_xc, fit.parameters.A_beta,
                fit.parameters.a_P0, fit.parameters.a_xc, fit.parameters.a_beta, fit.cost,
                fit.message.c_str());
  });
  std::vector<SkirtShells> shells;
  std::vector<FluxSample> samples;
  for (auto const& one : all) {
    auto& skirt = shells.emplace_back(SkirtShells{.mass = one.m200c_1e10msunh});
    for (std::size_t k = 0; k < SkirtShells::n; ++k) {
      skirt.pressure_sum[k] = std::pow(1.6 + 0.25 * real(k), -4);
      skirt.volume[k] = 1;
    }
    samples.push_back({.m200c = one.m200c_1e10msunh,
                       .y_pred = 0.9 * one.y_weight,
                       .y_outer = 0.5 * one.y_weight,
                       .y_gas = one.y_weight});
  }
  timed("fit: skirt", n, [&] { fit_skirt(shells, mass_bins); });
  timed("train: flux correction", n, [&] { fit_flux_correction(samples, mass_bins); });
}
