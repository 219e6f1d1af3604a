// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/profile_section.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

void ProfileSection::declare(OptionList& options) {
  options.add("P0", p0,
              {.help = "amplitude A, mass slope a and redshift slope s of P0 = A (M200c / 1e14 "
                       "Msun)^a (1 + z)^s; missing slopes are 0. All defaults: Battaglia et al. "
                       "(2012), AGN feedback"});
  options.add("xc", xc, {.unit = "R", .help = "the same of the scale radius"});
  options.add("beta", beta,
              {.help = "the same of the outer exponent; that of Arnaud et al. (2010) is (beta - "
                       "gamma)/alpha here"});
  options.add("alpha", alpha, {.help = "how sharply the slope changes", .min = 0.1, .max = 10});
  options.add("gamma", gamma, {.help = "inner exponent, negative", .min = -1.5, .max = 1});
  options.add("core", core,
              {.unit = "R200",
               .help = "added to the radius: the centre is finite",
               .min = published_gnfw_core,
               .max = largest_gnfw_core});
  options.add("overdensity", overdensity,
              {{"200c", Overdensity::c200}, {"500c", Overdensity::c500}},
              {.help = "of the radius R and of the unit of pressure, D/2 G M rho_crit f_b / R"});
  options.add(
      "pressure", pressure, {{"thermal", Gas::thermal}, {"electron", Gas::electron}},
      {.help = "what the numbers stand for; the thermal one is multiplied with (2 + 2 X)/(3 "
               "+ 5 X) = 0.5177, X = 0.76"});
}

void ProfileSection::validate() const {
  for (auto const& [name, numbers] : {std::pair{"P0", &p0}, {"xc", &xc}, {"beta", &beta}})
    require(!numbers->empty() && numbers->size() <= 3 && numbers->front() > 0, ExitCode::config,
            name,
            " wants 1 to 3 numbers: a positive amplitude, its mass slope, its redshift slope");
}

GnfwShape ProfileSection::shape(Cosmology const& cosmology, double redshift,
                                double m200c_1e10msunh) const {
  auto const at = [](std::vector<double> const& numbers, std::size_t i) {
    return i < numbers.size() ? numbers[i] : 0;
  };
  GnfwParameters const parameters{.A_P0 = at(p0, 0),
                                  .a_P0 = at(p0, 1),
                                  .A_xc = at(xc, 0),
                                  .a_xc = at(xc, 1),
                                  .A_beta = at(beta, 0),
                                  .a_beta = at(beta, 1),
                                  .slope_P0 = at(p0, 2),
                                  .slope_xc = at(xc, 2),
                                  .slope_beta = at(beta, 2),
                                  .core = core};
  auto shape = gnfw_shape(parameters, m200c_1e10msunh, cosmology.h, redshift);
  shape.alpha = alpha;
  shape.gamma = gamma;
  if (pressure == Gas::thermal) shape.p0 *= units::electron_pressure_fraction_ionised;
  if (overdensity == Overdensity::c200) return shape;
  // As in battaglia2012(agn_500): M500 = 2.5 M200 (R500/R200)^3 of an NFW halo.
  double const radius = r500_over_r200(duffy_concentration(m200c_1e10msunh, redshift));
  shape.xc *= radius;
  shape.p0 *= 2.5 * 2.5 * radius * radius;
  return shape;
}

std::optional<ProfileSection> take_profile_numbers(StageRecord& record,
                                                   Configuration const& configuration,
                                                   std::string const& profile) {
  std::string const section = "profile." + profile;
  if (!configuration.has(section)) return {};
  return record.take<ProfileSection>(configuration, section);
}

}  // namespace setsz
