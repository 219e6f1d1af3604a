// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "pipeline/base/cosmology.hpp"

namespace setsz {

/// Redshift as a function of comoving distance, tabulated: cubic between nodes, relative error of
/// 1 + z below 1e-9.
class DistanceTable {
 public:
  /// \param redshift_max  the table reaches a little beyond
  DistanceTable(Cosmology const& cosmology, double redshift_max);
  double redshift_at(double comoving_ckpch) const;

 private:
  double step_;
  std::vector<double> redshift_, slope_;  ///< z and dz/dchi at i step
};

/// A range of comoving distances from the observer [ckpc/h].
struct DistanceShell {
  double min, max;
  bool contains(double distance) const { return distance >= min && distance < max; }
};

}  // namespace setsz
