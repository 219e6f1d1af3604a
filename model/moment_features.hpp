// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/target_batch.hpp"
#include "pipeline/base/range.hpp"

namespace setsz {

/// The numbers that a network sees of the moments at a target: logarithms of densities and
/// dispersions, offsets and bulk velocities at several scales; the potential; and the distance from
/// the catalogue's centre.
struct MomentFeatures {
  std::int64_t n_scales = 4;        ///< of [moments] scales, from the smallest on
  std::vector<std::string> drop{};  ///< kinds that are left out

  /// Those that every scale has, then those that have none.
  static std::vector<std::string> kinds();
  bool sees(std::string_view kind) const;
  /// "density_1", ..., "radius".
  std::vector<std::string> names() const;
  /// Rows of names().size() numbers, one row a target; before standardisation.
  std::vector<double> operator()(TargetBatch const& batch, Range targets) const;
};

}  // namespace setsz
