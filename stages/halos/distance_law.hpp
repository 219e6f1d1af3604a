// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "pipeline/base/cosmology.hpp"

namespace setsz {

/// Comoving distance and redshift of the expansion, each from the other, tabulated: relative error
/// below 1e-9.
class DistanceLaw {
 public:
  /// \param redshift_max  the table reaches a little beyond
  DistanceLaw(Cosmology const& cosmology, double redshift_max);
  double redshift_max() const { return redshift_max_; }
  double distance_max() const { return distance_.back(); }
  /// [ckpc/h] \pre 0 <= redshift <= redshift_max
  double distance_at(double redshift) const;
  /// \pre 0 <= distance <= distance_max
  double redshift_at(double distance_ckpch) const;

 private:
  double between(std::size_t node, double t) const;

  double redshift_max_, step_;
  std::vector<double> distance_, slope_;  ///< and d chi/dz at z = i step
};

}  // namespace setsz
