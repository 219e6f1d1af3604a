// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "model/cluster_input.hpp"
#include "model/columns.hpp"

namespace setsz {

/// Noise on cluster scalars and vectors in training, against overfitting.
///
/// A scalar moves by N r Delta, r ~ N(0, 1), Delta the distance to the next larger (r > 0) or
/// smaller (r < 0) value among the training clusters; equal values are skipped, the largest and the
/// smallest take the distance on their other side. ln a has none.
/// \source Thiele et al. (2022), equation 6
class ScalarNoise {
 public:
  struct Strength {
    double scalars = 10;          ///< N
    double log_mass = 5;          ///< N of ln M200, which sets the overall scale
    double vector_angle_deg = 0;  ///< standard deviation of the rotation of each unit vector
  };

  /// \param training  the scalars of all training clusters, in any order
  ScalarNoise(ClusterColumns const& columns, std::vector<std::vector<double>> const& training,
              Strength strength);

  /// A pure function of (seed, epoch, cluster).
  void apply(ClusterInput& cluster, std::uint64_t seed, std::uint64_t epoch,
             std::int64_t cluster_row) const;
  /// Distances to the next smaller and next larger training value.
  std::pair<double, double> gaps(std::size_t scalar, double value) const;

 private:
  struct Column {
    std::vector<double> sorted;  ///< distinct values, ascending
    double strength = 0;
  };
  std::vector<Column> columns_;
  double vector_angle_deg_;
};

}  // namespace setsz
