// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/halo_model.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "stages/halos/panels.hpp"

namespace setsz {
namespace {

double sinc(double x) { return x < 1e-4 ? 1 - x * x / 6 : std::sin(x) / x; }

/// Of the full sky, per redshift [(Mpc/h)^3].
double volume_per_redshift(Cosmology const& cosmology, double redshift) {
  double const distance = cosmology.comoving_distance(redshift) / 1000;
  constexpr double hubble_mpch = units::light_speed_kms / 100;
  return 4 * std::numbers::pi * distance * distance * hubble_mpch / cosmology.expansion(redshift);
}

}  // namespace

HaloModel::HaloModel(Cosmology const& cosmology, LinearPower const& power, Limits const& limits,
                     std::function<double(double, double, double)> const& profile,
                     ConcentrationRelation relation)
    : cosmology_(cosmology), power_(power), limits_(limits) {
  // Profiles peak at their centres: x = cut t^2.
  std::vector<double> x_weights;
  for (auto const [t, weight] : panels(0, 1, 60)) {
    x_.push_back(limits.cut_r200c * t * t);
    x_weights.push_back(weight * 2 * limits.cut_r200c * t);
  }
  auto const masses = panels(std::log(limits.m200m_min), std::log(limits.m200m_max), 12);
  n_masses_ = masses.size();
  for (auto const [ln_z, z_weight] :
       panels(std::log(limits.redshift_min), std::log(limits.redshift_max), 12)) {
    double const z = std::exp(ln_z), a = 1 / (1 + z);
    double const volume = volume_per_redshift(cosmology, z) * z * z_weight;
    double const distance = cosmology.comoving_distance(z);
    for (auto const [ln_mass, mass_weight] : masses) {
      double const m200m = std::exp(ln_mass);
      auto const abundance = tinker(cosmology, power, z, m200m);
      double const c = concentration(relation, MassDefinition::m200m, cosmology, z, m200m);
      double const m200c =
          converted({m200m, c}, MassDefinition::m200m, MassDefinition::m200c, cosmology, z).mass;
      auto const scales = halo_scales(cosmology, z, m200c);
      Node node{abundance.per_ln_mass * mass_weight * volume,
                volume,
                z,
                distance / 1000,
                abundance.bias,
                scales.r200c_ckpch / distance,
                units::compton_y(scales.p200_code, a, cosmology.h) *
                    std::pow(scales.r200c_ckpch, 3) / (distance * distance),
                {}};
      for (std::size_t i = 0; i < x_.size(); ++i)
        node.pressure.push_back(4 * std::numbers::pi * x_[i] * x_[i] * x_weights[i] *
                                profile(m200c, z, x_[i]));
      nodes_.push_back(std::move(node));
    }
  }
}

double HaloModel::transform(Node const& node, double l) const {
  double sum = 0;
  for (std::size_t i = 0; i < x_.size(); ++i)
    sum += node.pressure[i] * sinc(l * node.angle * x_[i]);
  return node.unit * sum;
}

double HaloModel::n_halos() const {
  double sum = 0;
  for (auto const& node : nodes_) sum += node.n;
  return sum;
}

double HaloModel::mean_y() const {
  double sum = 0;
  for (auto const& node : nodes_) sum += node.n * transform(node, 0);
  return sum / (4 * std::numbers::pi);
}

double HaloModel::mean_y_variance() const {
  double sum = 0;
  for (auto const& node : nodes_)
    sum += node.n * std::pow(transform(node, 0) / (4 * std::numbers::pi), 2);
  return sum;
}

HaloModel::Spectra HaloModel::spectra(std::span<double const> l) const {
  constexpr double sky = 4 * std::numbers::pi;
  Spectra all{std::vector<double>(l.size()), std::vector<double>(l.size()),
              std::vector<double>(l.size() * l.size())};
  std::vector<double> squares(l.size()), clustered(l.size());
  for (std::size_t first = 0; first < nodes_.size(); first += n_masses_) {
    std::fill(clustered.begin(), clustered.end(), 0.0);
    for (std::size_t i = first; i < first + n_masses_; ++i) {
      auto const& node = nodes_[i];
      for (std::size_t k = 0; k < l.size(); ++k) {
        double const y = transform(node, l[k]);
        squares[k] = y * y;
        all.one_halo[k] += node.n * y * y / sky;
        clustered[k] += node.n / node.volume * node.bias * y;
      }
      for (std::size_t k = 0; k < l.size(); ++k)
        for (std::size_t m = 0; m < l.size(); ++m)
          all.connected[k * l.size() + m] += node.n * squares[k] * squares[m] / (sky * sky);
    }
    auto const& shell = nodes_[first];
    for (std::size_t k = 0; k < l.size(); ++k)
      all.two_halo[k] += shell.volume / sky * clustered[k] * clustered[k] *
                         power_.power(l[k] / shell.distance_mpch, shell.redshift);
  }
  return all;
}

double HaloModel::density(double m200m, double redshift) const {
  return tinker(cosmology_, power_, redshift, m200m).per_ln_mass *
         volume_per_redshift(cosmology_, redshift);
}

}  // namespace setsz
