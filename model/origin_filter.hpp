// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <vector>

#include "pipeline/base/vec3.hpp"

namespace setsz {

/// A cluster whose best centre is known.
struct CentreSample {
  std::vector<Vec3> shells;  ///< ClusterInput::shells
  Vec3 centre;               ///< where the profile fits the gas best [R200]
};

/// Coefficients c of the linear estimate of the centre, sum_b c_b shells_b, by ridge regression.
///
/// It turns and mirrors with the cluster. Which shells it takes (those of all matter, those without
/// most of its clumps, or both: each family costs noise) and the strength of the ridge are those
/// that predict best the centres of clusters left out one by one; coefficients of other shells are
/// zero, and all of them with too few clusters to tell, or if nothing predicts better than no shift
/// at all.
std::vector<double> fit_origin_filter(std::span<CentreSample const> samples);

/// The estimate [R200]. \pre as many coefficients as shells
Vec3 filtered_centre(std::span<double const> coefficients, std::span<Vec3 const> shells);

}  // namespace setsz
