// SPDX-License-Identifier: BSD-3-Clause
#include "stages/evaluate/cube_spectra.hpp"

#include <fftw3.h>

#include <cmath>
#include <complex>
#include <memory>

#include "pipeline/base/error.hpp"

namespace setsz {
namespace {

using Modes = std::vector<std::complex<double>>;

struct Free {
  void operator()(void* memory) const { fftw_free(memory); }
  void operator()(fftw_plan plan) const { fftw_destroy_plan(plan); }
};

/// Fourier transform of a cube that is zero outside the score radius: (n, n, n/2 + 1), a mean over
/// the cells.
Modes transform(CubeLattice const& lattice, std::span<float const> cube) {
  auto const n = static_cast<int>(lattice.n);
  auto const n_modes = static_cast<std::size_t>(lattice.n * lattice.n * (lattice.n / 2 + 1));
  std::unique_ptr<double[], Free> const values(fftw_alloc_real(lattice.n_cells()));
  std::unique_ptr<fftw_complex[], Free> const modes(fftw_alloc_complex(n_modes));
  // ESTIMATE: the plan, and with it the rounding, must not depend on timings.
  std::unique_ptr<std::remove_pointer_t<fftw_plan>, Free> const plan(
      fftw_plan_dft_r2c_3d(n, n, n, values.get(), modes.get(), FFTW_ESTIMATE));
  require(plan != nullptr, ExitCode::internal, "FFTW has no plan for ", n, "^3 cells");
  std::fill_n(values.get(), lattice.n_cells(), 0.0);
  lattice.each_within(score_radius_r200,
                      [&](std::size_t voxel, std::size_t) { values[voxel] = real(cube[voxel]); });
  fftw_execute(plan.get());
  Modes result(n_modes);
  double const cells = real(lattice.n_cells());
  for (std::size_t i = 0; i < n_modes; ++i) result[i] = {modes[i][0] / cells, modes[i][1] / cells};
  return result;
}

/// Calls visit(shell, mode, weight) for every mode within the Nyquist frequency but the mean;
/// weight counts the conjugates that a transform of real numbers leaves out.
template <class Visit>
void each_mode(std::int64_t n, Visit const& visit) {
  auto const frequency = [&](std::int64_t i) { return real(i <= n / 2 ? i : i - n); };
  std::size_t mode = 0;
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t l = 0; l <= n / 2; ++l, ++mode) {
        double const k = std::hypot(frequency(i), frequency(j), real(l));
        auto const shell = std::lround(k);
        if (shell == 0 || shell > n / 2) continue;
        visit(static_cast<std::size_t>(shell - 1), mode, l == 0 || 2 * l == n ? 1.0 : 2.0);
      }
}

}  // namespace

CubeSpectra cube_spectra(CubeLattice const& lattice, std::span<float const> gas,
                         std::span<float const> predicted, std::span<float const> benchmark) {
  auto const g = transform(lattice, gas), p = transform(lattice, predicted),
             b = transform(lattice, benchmark);
  auto const n_shells = static_cast<std::size_t>(lattice.n / 2);
  CubeSpectra spectra;
  std::vector<double> weights(n_shells, 0);
  auto const all = {&spectra.gas,      &spectra.predicted,          &spectra.benchmark,
                    &spectra.residual, &spectra.benchmark_residual, &spectra.crossed};
  for (auto* values : all) values->assign(n_shells, 0);
  each_mode(lattice.n, [&](std::size_t shell, std::size_t m, double weight) {
    weights[shell] += weight;
    spectra.gas[shell] += weight * std::norm(g[m]);
    spectra.predicted[shell] += weight * std::norm(p[m]);
    spectra.benchmark[shell] += weight * std::norm(b[m]);
    spectra.residual[shell] += weight * std::norm(p[m] - g[m]);
    spectra.benchmark_residual[shell] += weight * std::norm(b[m] - g[m]);
    spectra.crossed[shell] += weight * (p[m] * std::conj(g[m])).real();
  });
  double const volume = std::pow(lattice.edge_r200, 3);
  for (auto* values : all)
    for (std::size_t shell = 0; shell < n_shells; ++shell)
      (*values)[shell] *= volume / weights[shell];
  return spectra;
}

double high_k_ratio(CubeSpectra const& spectra) {
  double predicted = 0, gas = 0;
  for (std::size_t shell = spectra.gas.size() / 2; shell < spectra.gas.size(); ++shell) {
    predicted += spectra.predicted[shell];
    gas += spectra.gas[shell];
  }
  return predicted / gas;
}

}  // namespace setsz
