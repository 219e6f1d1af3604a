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

/// Coefficients c of a linear estimate, sum_b c_b shells_b, by ridge regression: its bounded_centre
/// is near the centres.
///
/// It turns and mirrors with the cluster. Which shells it takes (those of all matter, those without
/// most of its clumps, or both: each family costs noise) and the strength of the ridge are those
/// that predict best the centres of clusters left out one by one; coefficients of other shells are
/// zero, and all of them with too few clusters to tell, or if nothing predicts better than no shift
/// at all.
std::vector<double> fit_origin_filter(std::span<CentreSample const> samples);

/// The estimate before its length is bounded [R200]. \pre as many coefficients as shells
Vec3 filtered_centre(std::span<double const> coefficients, std::span<Vec3 const> shells);

/// The bound of origin: the same direction, closer than R200/2, x tanh(2 |x|)/(2 |x|) [R200].
Vec3 bounded_centre(Vec3 const& estimate);
/// What is bounded to a centre [R200]; of one beyond 0.45 R200, what is bounded to 0.45.
Vec3 before_bound(Vec3 const& centre);

}  // namespace setsz
