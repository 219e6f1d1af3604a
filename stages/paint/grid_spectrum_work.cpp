// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/grid_spectrum_work.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/ordered_sum.hpp"

#include <fftw3-mpi.h>

#include <algorithm>
#include <cmath>

namespace setsz {
namespace {

void initialise_fftw() {
  static bool const once = [] {
    fftw_mpi_init();
    return true;
  }();
  (void)once;
}

struct FftwFree {
  void operator()(double* buffer) const { fftw_free(buffer); }
};

}  // namespace

GridFourier::GridFourier(Comm const& comm, std::int64_t n) : comm_(comm), n_(n) {
  initialise_fftw();
  std::ptrdiff_t count = 0, first = 0;
  allocated_ = fftw_mpi_local_size_3d(n, n, n / 2 + 1, comm.raw(), &count, &first);
  planes_ = {first, first + count};
  if (count == 0) planes_ = {n, n};  // idle: FFTW says 0, but planes lie in rank order
}

std::vector<std::complex<double>> GridFourier::transform(std::span<double const> values) const {
  auto const n = static_cast<std::size_t>(n_), padded = 2 * (n / 2 + 1);
  std::unique_ptr<double, FftwFree> const buffer(
      fftw_alloc_real(2 * static_cast<std::size_t>(std::max<std::int64_t>(allocated_, 1))));
  auto* const modes = reinterpret_cast<fftw_complex*>(buffer.get());
  // ESTIMATE: the plan, and with it the rounding, must not depend on timings.
  fftw_plan const plan =
      fftw_mpi_plan_dft_r2c_3d(n_, n_, n_, buffer.get(), modes, comm_.raw(), FFTW_ESTIMATE);
  collectively(comm_, "transform", [&] {
    require(plan != nullptr, ExitCode::internal, "FFTW has no plan for ", n_, "^3 cells");
  });
  auto const n_rows = static_cast<std::size_t>(planes_.size()) * n;
  for (std::size_t row = 0; row < n_rows; ++row)
    std::copy_n(values.data() + row * n, n, buffer.get() + row * padded);
  fftw_execute(plan);
  fftw_destroy_plan(plan);
  std::vector<std::complex<double>> result(n_rows * (n / 2 + 1));
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = {modes[i][0], modes[i][1]};
  return result;
}

GridSpectra grid_spectra(Comm const& comm, std::int64_t n, Range planes,
                         std::span<std::complex<double> const> first,
                         std::span<std::complex<double> const> second) {
  auto const n_shells = static_cast<std::size_t>(n / 2), n_sums = 4 * (n_shells + 1);
  std::vector<std::int64_t> modes(n_shells + 1, 0);
  std::vector<double> of_planes(n_sums * static_cast<std::size_t>(planes.size()), 0.0);
  auto const signed_mode = [&](std::int64_t i) { return i <= n / 2 ? i : i - n; };
  std::size_t at = 0;
  for (std::int64_t i = planes.first; i < planes.last; ++i) {
    auto* const sums = of_planes.data() + n_sums * static_cast<std::size_t>(i - planes.first);
    for (std::int64_t j = 0; j < n; ++j) {
      for (std::int64_t l = 0; l <= n / 2; ++l, ++at) {
        auto const square = [](std::int64_t m) { return real(m * m); };
        double const k = std::sqrt(square(signed_mode(i)) + square(signed_mode(j)) + square(l));
        auto const shell = static_cast<std::size_t>(std::lround(k));
        if (shell == 0 || shell > n_shells) continue;
        // Modes with kz < 0 are the conjugates of those with kz > 0; n/2 is its own.
        std::int64_t const copies = l == 0 || 2 * l == n ? 1 : 2;
        auto const weight = real(copies);
        modes[shell] += copies;
        double* const sum = sums + 4 * shell;
        sum[0] += weight * k;
        sum[1] += weight * std::norm(first[at]);
        sum[2] += weight * std::norm(second[at]);
        sum[3] += weight * (first[at] * std::conj(second[at])).real();
      }
    }
  }
  auto const sums = ordered_sum(comm, of_planes, static_cast<std::int64_t>(n_sums));
  comm.all_sum(modes);
  GridSpectra spectra;
  for (std::size_t shell = 1; shell <= n_shells; ++shell) {
    auto const count = real(modes[shell]);
    double const* const sum = sums.data() + 4 * shell;
    spectra.modes.push_back(modes[shell]);
    spectra.k.push_back(sum[0] / count);
    spectra.first.push_back(sum[1] / count);
    spectra.second.push_back(sum[2] / count);
    spectra.crossed.push_back(sum[3] / count);
  }
  return spectra;
}

GridSpectra density_spectra(Comm const& comm, GridFourier const& fourier, SlabGrid const& painted,
                            SlabGrid const* truth) {
  auto const modes = fourier.transform(painted.values());
  auto const true_modes = truth ? fourier.transform(truth->values()) : modes;
  auto spectra = grid_spectra(comm, painted.n(), fourier.planes(), modes, true_modes);
  double const per_volume2 = std::pow(painted.cell_volume(), -2);
  for (auto* values : {&spectra.first, &spectra.second, &spectra.crossed})
    for (double& value : *values) value *= per_volume2;
  return spectra;
}

}  // namespace setsz
