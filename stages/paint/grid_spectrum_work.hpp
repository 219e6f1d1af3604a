// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <complex>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "pipeline/base/number.hpp"
#include "stages/paint/grid_spectra.hpp"
#include "stages/paint/slab_grid.hpp"

namespace setsz {

/// Real-to-complex Fourier transforms of n^3 grids that lie in slabs of x planes over the ranks.
/// The slabs are FFTW's own: with many ranks the last ones may have no plane.
class GridFourier {
 public:
  GridFourier(Comm const& comm, std::int64_t n);

  /// This rank's planes, of the grid and of its transform.
  Range planes() const { return planes_; }
  /// What a rank holds for one transform [bytes].
  double bytes() const { return real(allocated_) * 16; }

  /// Collective. \param values (planes, n, n) of this rank
  /// \return sum over cells of f exp(-i k x), (planes, n, n/2 + 1) modes (kx, ky, kz >= 0)
  std::vector<std::complex<double>> transform(std::span<double const> values) const;

 private:
  Comm comm_;
  std::int64_t n_;
  Range planes_;
  std::int64_t allocated_ = 0;  ///< complex numbers
};

/// Collective. Sums go in the order of the planes; both fields from the same GridFourier.
GridSpectra grid_spectra(Comm const& comm, std::int64_t n, Range planes,
                         std::span<std::complex<double> const> first,
                         std::span<std::complex<double> const> second);

/// Collective: spectra of two grids of sums over cells, as of their densities.
/// \param truth  null: only the first spectrum means anything
GridSpectra density_spectra(Comm const& comm, GridFourier const& fourier, SlabGrid const& painted,
                            SlabGrid const* truth);

}  // namespace setsz
