// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/distance_law.hpp"

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

DistanceLaw::DistanceLaw(Cosmology const& cosmology, double redshift_max)
    : redshift_max_(redshift_max) {
  constexpr double wanted_step = 2e-3, hubble_ckpch = units::light_speed_kms / 100 * 1000;
  auto const slope = [&](double z) { return hubble_ckpch / cosmology.expansion(z); };
  auto const n = static_cast<std::size_t>(std::ceil(redshift_max / wanted_step)) + 1;
  step_ = wanted_step;
  double distance = 0;
  for (std::size_t i = 0; i <= n; ++i) {
    double const z = step_ * real(i);
    distance_.push_back(distance);
    slope_.push_back(slope(z));
    distance += boost::math::quadrature::gauss<double, 7>::integrate(slope, z, z + step_);
  }
}

double DistanceLaw::between(std::size_t i, double t) const {
  double const h00 = (1 + 2 * t) * (1 - t) * (1 - t), h10 = t * (1 - t) * (1 - t);
  double const h01 = t * t * (3 - 2 * t), h11 = t * t * (t - 1);
  return h00 * distance_[i] + h01 * distance_[i + 1] +
         step_ * (h10 * slope_[i] + h11 * slope_[i + 1]);
}

double DistanceLaw::distance_at(double redshift) const {
  double const at = redshift / step_;
  require(at >= 0 && at < real(distance_.size() - 1), ExitCode::internal, "redshift ", redshift,
          " lies outside the table");
  auto const i = static_cast<std::size_t>(at);
  return between(i, at - real(i));
}

double DistanceLaw::redshift_at(double distance) const {
  require(distance >= 0 && distance <= distance_.back(), ExitCode::internal, "distance ", distance,
          " ckpc/h lies outside the table");
  auto const above = std::upper_bound(distance_.begin() + 1, distance_.end() - 1, distance);
  auto const i = static_cast<std::size_t>(above - distance_.begin()) - 1;
  double t = (distance - distance_[i]) / (distance_[i + 1] - distance_[i]);
  for (int newton = 0; newton < 3; ++newton) {  // the cubic is almost a line
    double const slope = slope_[i] + t * (slope_[i + 1] - slope_[i]);
    t -= (between(i, t) - distance) / (step_ * slope);
  }
  return step_ * (real(i) + t);
}

}  // namespace setsz
