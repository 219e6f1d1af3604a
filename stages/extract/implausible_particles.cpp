// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/implausible_particles.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "pipeline/base/text.hpp"
#include "stages/common/ratio_hint.hpp"

namespace setsz {

namespace {

/// Finders that list bound masses are within a few percent in the median. A mass in Msun for one in
/// Msun/h is 1.4 times too large; where the radius follows from it, 1.3 times its own sphere.
constexpr double most_mass_off = 0.2;
/// A single one may be a merger with twice its listed mass: so few have no median.
constexpr std::size_t few_clusters = 3;
constexpr double most_mass_off_of_few = 1.2;
/// Virialised haloes have 0.6 to 0.8. \source e.g. Evrard et al. (2008), eq. 5 and table 3
constexpr double usual_dispersion = 0.67, least_dispersion = 0.2, most_dispersion = 5;
/// Of a merger the core moves by up to about one dispersion; what moves by 3 to 4 is not bound.
constexpr double most_drift = 5;

/// The median of those that are known.
double median(std::span<ParticleFigures const> clusters, double ParticleFigures::*figure) {
  std::vector<double> values;
  for (auto const& cluster : clusters)
    if (!std::isnan(cluster.*figure)) values.push_back(cluster.*figure);
  if (values.empty()) return std::nan("");
  auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::string mass_hint(double ratio, double h) {
  // Where the radius follows from a mass that is 1/h too large, its sphere holds more, too: h^0.75.
  if (ratio < 1 && ratio > 0.9 * h)
    return " (masses of the catalogue 1/h too large: Msun in place of Msun/h?)";
  if (ratio > 1 && ratio < 1.1 / h)
    return " (masses of the catalogue too small by h, as if Msun/h were Msun?)";
  return ratio_hint(ratio, h, 0, 0.1);
}

std::string velocity_hint(double ratio) {
  if (ratio == 0) return "all velocities are the same: were they written?";
  struct Cause {
    double factor;
    std::string_view text;
  };
  constexpr Cause causes[]{{1e5, "1e5: cm/s in place of km/s?"},
                           {1e3, "1000: m/s in place of km/s?"},
                           {10, "10: does the header state another unit of velocity?"},
                           {0.1, "1/10: does the header state another unit of velocity?"},
                           {1e-3, "1/1000: is the unit of velocity that of the header?"},
                           {1e-5, "1e-5: is the unit of velocity that of the header?"},
                           {1 / 299792.458, "1/c: velocities in units of light?"}};
  for (auto const& [factor, text] : causes)
    if (std::abs(std::log(ratio / factor)) < 0.5) return concat("the ratio is about ", text);
  return "in which unit are they, and is it a snapshot of the same time?";
}

}  // namespace

std::string implausible_particles(std::span<ParticleFigures const> clusters, double h) {
  if (clusters.empty()) return {};
  double const mass = median(clusters, &ParticleFigures::mass);
  double const off = (clusters.size() < few_clusters ? most_mass_off_of_few : most_mass_off) +
                     4 * median(clusters, &ParticleFigures::mass_noise);
  if (!(mass < 1 + off && mass > 1 / (1 + off)))
    return concat(
        "the particles within R200 have ", mass,
        " times the mass in the halo catalogue (median of ", clusters.size(),
        " clusters, expected ", 1 / (1 + off), " to ", 1 + off, ")", mass_hint(mass, h),
        "; do halo catalogue and snapshot belong together (units, redshift, file names)?");
  double const dispersion = median(clusters, &ParticleFigures::dispersion);
  if (dispersion < least_dispersion || dispersion > most_dispersion)
    return concat("the velocities of the particles within R200 scatter by ", dispersion,
                  " V200 (1-D, median of ", clusters.size(), " clusters, expected about ",
                  usual_dispersion, ", at least ", least_dispersion, ", at most ", most_dispersion,
                  "); ", velocity_hint(dispersion / usual_dispersion));
  for (auto const& cluster : clusters)
    if (cluster.drift > most_drift)
      return concat("the halo catalogue's velocity of cluster ", cluster.id,
                    " differs from the mean velocity of its particles within R200 by ",
                    cluster.drift, " times their dispersion (at most ", most_drift,
                    " is possible); is its row damaged, or in another unit?");
  return {};
}

}  // namespace setsz
