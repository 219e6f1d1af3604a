// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <vector>

#include "stages/common/cube_lattice.hpp"

namespace setsz {

/// Power of P_e/P200 within score_radius_r200 (zero outside) in shells of |k| one fundamental mode
/// 2 pi/edge wide: shell b - 1 holds b - 1/2 <= |k| edge/(2 pi) < b + 1/2, b = 1 ... n/2.
///
/// P(k) = edge^3 <|p_k|^2> with p_k the mean of p exp(-ikx) over the cube; [R200^3]. The sum of
/// |p_k|^2 over all modes is the mean of p^2 over the cube.
struct CubeSpectra {
  std::vector<double> gas, predicted, benchmark;
  std::vector<double> residual;  ///< of predicted - gas
  std::vector<double> benchmark_residual;
  std::vector<double> crossed;  ///< predicted x gas
};
CubeSpectra cube_spectra(CubeLattice const& lattice, std::span<float const> gas,
                         std::span<float const> predicted, std::span<float const> benchmark);

/// From half of the Nyquist frequency up to it: power of the prediction over that of the gas. Below
/// 1 a prediction is too smooth.
double high_k_ratio(CubeSpectra const& spectra);

}  // namespace setsz
