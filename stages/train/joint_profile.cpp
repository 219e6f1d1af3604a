// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/joint_profile.hpp"

#include <cmath>

#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

using Parameter = double GnfwParameters::*;

double mean_of(std::span<ProfileAt const> fits, Parameter parameter) {
  double sum = 0;
  for (auto const& fit : fits) sum += fit.parameters.*parameter;
  return sum / real(fits.size());
}

/// Amplitude and slope of the least-squares line of ln A over ln(1+z).
void fit_line(std::span<ProfileAt const> fits, Parameter amplitude, Parameter slope,
              GnfwParameters& joint) {
  auto const x = [](ProfileAt const& fit) { return std::log1p(fit.redshift); };
  auto const y = [&](ProfileAt const& fit) {
    return std::log(fit.parameters.*amplitude) + fit.parameters.*slope * x(fit);
  };
  double mean_x = 0, mean_y = 0, xx = 0, xy = 0;
  for (auto const& fit : fits) {
    mean_x += x(fit) / real(fits.size());
    mean_y += y(fit) / real(fits.size());
  }
  for (auto const& fit : fits) {
    xx += (x(fit) - mean_x) * (x(fit) - mean_x);
    xy += (x(fit) - mean_x) * (y(fit) - mean_y);
  }
  constexpr double same_redshift = 1e-12;
  joint.*slope = xx > same_redshift ? xy / xx : 0;
  joint.*amplitude = std::exp(mean_y - joint.*slope * mean_x);
}

}  // namespace

GnfwParameters joint_profile(std::span<ProfileAt const> fits) {
  if (fits.size() == 1) return fits.front().parameters;
  using P = GnfwParameters;
  GnfwParameters joint;
  fit_line(fits, &P::A_P0, &P::slope_P0, joint);
  fit_line(fits, &P::A_xc, &P::slope_xc, joint);
  fit_line(fits, &P::A_beta, &P::slope_beta, joint);
  for (auto const parameter : {&P::a_P0, &P::a_xc, &P::a_beta, &P::core})
    joint.*parameter = mean_of(fits, parameter);
  return joint;
}

}  // namespace setsz
