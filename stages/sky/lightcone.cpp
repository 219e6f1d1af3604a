// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/lightcone.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

DistanceTable::DistanceTable(Cosmology const& cosmology, double redshift_max) {
  // dz/dchi = E(z) / (c/H0), integrated by the classical Runge-Kutta scheme.
  constexpr double hubble_distance_ckpch = units::light_speed_kms / 100 * 1000;
  constexpr double steps_per_hubble_distance = 2000;
  step_ = hubble_distance_ckpch / steps_per_hubble_distance;
  auto const slope = [&](double z) { return cosmology.expansion(z) / hubble_distance_ckpch; };
  double z = 0;
  // Two nodes beyond the end: the last place still has a next node.
  for (int beyond = 0; beyond<3; beyond += z> redshift_max ? 1 : 0) {
    redshift_.push_back(z);
    slope_.push_back(slope(z));
    double const k1 = slope(z), k2 = slope(z + step_ / 2 * k1), k3 = slope(z + step_ / 2 * k2),
                 k4 = slope(z + step_ * k3);
    z += step_ / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
  }
}

double DistanceTable::redshift_at(double comoving_ckpch) const {
  double const at = comoving_ckpch / step_;
  require(at >= 0 && at < real(redshift_.size() - 1), ExitCode::internal, "comoving distance ",
          comoving_ckpch, " ckpc/h lies outside the table");
  auto const i = static_cast<std::size_t>(at);
  double const t = at - real(i);
  // Cubic Hermite
  double const h00 = (1 + 2 * t) * (1 - t) * (1 - t), h10 = t * (1 - t) * (1 - t);
  double const h01 = t * t * (3 - 2 * t), h11 = t * t * (t - 1);
  return h00 * redshift_[i] + h01 * redshift_[i + 1] +
         step_ * (h10 * slope_[i] + h11 * slope_[i + 1]);
}

}  // namespace setsz
