// SPDX-License-Identifier: BSD-3-Clause
#include "stages/mock/gas_field.hpp"

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <numbers>
#include <numeric>

#include "pipeline/base/number.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

namespace {

constexpr int n_radial = 1024;                  // steps of the table of radial pressure
constexpr double gas_core = 0.15;               // of the gas density [R200]
constexpr double floor_energy = 100;            // internal energy far from haloes [(km/s)^2]
constexpr double transfer_radius2 = 0.6 * 0.6;  // where the exchange changes sign [R200^2]

/// +1 in the centre, -1 far outside.
double transfer_shape(double r_over_r200) {
  double const q = r_over_r200 * r_over_r200 / transfer_radius2;
  return (1 - q) / (1 + q);
}

/// The factor that makes the exchange leave the sum of P V within 2 R200 as it is.
double transfer_normalisation(GnfwShape const& shape, double transfer) {
  if (transfer == 0) return 1;
  auto const content = [&](double strength) {
    auto const integrand = [&](double x) {
      return x * x * gnfw(shape, x) * std::exp(strength * transfer_shape(x));
    };
    return boost::math::quadrature::gauss<double, 30>::integrate(integrand, 0.0, 2.0);
  };
  return content(0) / content(transfer);
}

/// exp(-d^2 / 2 w^2), 0 beyond 5 w.
double bump(Vec3 const& from_centre, double width) {
  double const q = norm2(from_centre) / (2 * width * width);
  return q < 12.5 ? std::exp(-q) : 0;
}

}  // namespace

GasField::GasField(MockUniverse const& universe) : universe_(universe) {
  double mass_in_halos = 0;
  for (auto const& halo : universe.halos) {
    NfwProfile const profile(halo.concentration);
    auto const shape =
        gnfw_shape(GnfwParameters{}, halo.m200c, universe.cosmology.h, universe.redshift);
    double const reach =
        std::max(pressure_reach, universe.parameters.extent_r200) * halo.scales.r200c_ckpch +
        norm(halo.offset);
    halos_.push_back({profile, shape, transfer_normalisation(shape, halo.transfer), reach, {}});
    for (int i = 0; i <= n_radial; ++i) {
      double const root = i * std::sqrt(pressure_reach) / n_radial;
      halos_.back().radial_pressure.push_back(gnfw(shape, root * root) *
                                              transfer(std::ssize(halos_) - 1, root * root));
    }
    mass_in_halos += halo.m200c * profile.enclosed_mass(universe.parameters.extent_r200);
  }
  double const box = universe.box_ckpch;
  double const in_halos = mass_in_halos / (universe.mean_density() * box * box * box);
  background_density_ =
      universe.cosmology.baryon_fraction() * universe.mean_density() * std::max(0.05, 1 - in_halos);
}

std::vector<std::int32_t> GasField::all_halos() const {
  std::vector<std::int32_t> numbers(halos_.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

std::vector<std::int32_t> GasField::halos_near(Vec3 const& centre, double radius,
                                               std::span<std::int32_t const> candidates) const {
  PeriodicBox const box(universe_.box_ckpch);
  std::vector<std::int32_t> near;
  for (auto const number : candidates) {
    std::size_t const i = number;
    double const reach = halos_[i].reach + radius;
    if (norm2(box.offset(universe_.halos[i].position, centre)) < reach * reach)
      near.push_back(number);
  }
  return near;
}

double GasField::transfer(std::int64_t number, double r_over_r200) const {
  std::size_t const i = number;
  return halos_[i].transfer_norm *
         std::exp(universe_.halos[i].transfer * transfer_shape(r_over_r200));
}

double GasField::radial_pressure(HaloGas const& gas, double x) {
  double const place = std::sqrt(x / pressure_reach) * n_radial;
  auto const i = std::min(static_cast<std::size_t>(place), std::size_t{n_radial - 1});
  double const f = place - real(i);
  return (1 - f) * gas.radial_pressure[i] + f * gas.radial_pressure[i + 1];
}

double GasField::pressure_of(MockHalo const& halo, HaloGas const& gas,
                             Vec3 const& from_catalog) const {
  double const r200 = halo.scales.r200c_ckpch;
  Vec3 const from_centre = from_catalog - halo.offset;
  double const x = norm(from_centre) / r200;
  if (x >= pressure_reach) return 0;
  double pressure = halo.scales.p200_code * radial_pressure(gas, x);
  double const strength = universe_.parameters.departures.local_strength;
  if (strength == 0) return pressure;

  Vec3 const along = halo.axes * from_centre;
  auto const& length = halo.axis_lengths;
  double const stretched =
      norm({along.x / length.x, along.y / length.y, along.z / length.z}) / r200;
  constexpr double core = 0.05;  // keeps the ratio of densities finite
  double const density_ratio = gas.profile.density(std::sqrt(stretched * stretched + core * core)) /
                               gas.profile.density(std::sqrt(x * x + core * core));
  pressure *= strength == 1 ? std::sqrt(density_ratio) : std::pow(density_ratio, strength / 2);
  double gain = 1;
  for (auto const& clump : halo.clumps)
    gain += clump.pressure_gain * bump(from_catalog - clump.position, 1.5 * clump.width);
  for (auto const& patch : halo.patches) {
    double const heat = 1 + patch.gain * bump(from_catalog - patch.position, patch.width);
    gain *= heat * heat;
  }
  return pressure * gain;
}

GasState GasField::at(Vec3 const& point, std::span<std::int32_t const> candidates) const {
  PeriodicBox const box(universe_.box_ckpch);
  double const baryon_fraction = universe_.cosmology.baryon_fraction();
  GasState state{background_density_, 0};
  for (auto const number : candidates) {
    std::size_t const i = number;
    auto const& halo = universe_.halos[i];
    Vec3 const from_catalog = box.offset(halo.position, point);
    double const r200 = halo.scales.r200c_ckpch;
    double const x = norm(from_catalog - halo.offset) / r200;
    if (x < universe_.parameters.extent_r200)
      state.density += baryon_fraction * halo.m200c / (r200 * r200 * r200) *
                       halos_[i].profile.density(std::sqrt(x * x + gas_core * gas_core));
    state.electron_pressure += pressure_of(halo, halos_[i], from_catalog);
  }
  state.electron_pressure += units::electron_pressure_fraction_ionised * (units::gas_gamma - 1) *
                             background_density_ * floor_energy;
  return state;
}

}  // namespace setsz
