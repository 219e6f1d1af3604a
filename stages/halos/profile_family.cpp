// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/profile_family.hpp"

#include <algorithm>
#include <array>
#include <boost/math/quadrature/gauss.hpp>
#include <cassert>
#include <cmath>
#include <numbers>

#include "pipeline/base/dispatch.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

using boost::math::quadrature::gauss;

namespace {

/// Between rows tables are cubic in ln M: the error, 3/128 step^4 f''''/f, is some 1e-5 where
/// the GNFW profile steepens fastest, at 1e11 Msun/h.
constexpr double ln_mass_step = 0.1;

/// Means over the discs within the nodes, of a projection that is linear between them, scaled to
/// the known integral.
std::vector<double> disc_means(std::vector<double> const& projected, double x_cut, double total) {
  std::vector<double> means(projected.size());
  double const step = x_cut / ProfileFamily::n_nodes;
  double integral = 0;
  means[0] = projected[0];
  for (std::size_t i = 1; i < projected.size(); ++i) {
    double const b = step * real(i - 1), low = projected[i - 1], high = projected[i];
    integral += 2 * std::numbers::pi * step * (b * (low + high) / 2 + step * (low / 6 + high / 3));
    means[i] = integral / (std::numbers::pi * (b + step) * (b + step));
  }
  for (double& mean : means) mean *= total / integral;
  return means;
}

// Once for every halo of the sky.
SETSZ_DISPATCH
void add_four(std::array<double, 4> const& w, double const* __restrict a,
              double const* __restrict b, double const* __restrict c, double const* __restrict d,
              int n, double* __restrict out) {
  for (int i = 0; i < n; ++i) out[i] = w[0] * a[i] + w[1] * b[i] + w[2] * c[i] + w[3] * d[i];
}

/// Values 0, stride, ..., n_nodes, and the one beyond.
std::vector<double> every(int stride, std::vector<double> const& table) {
  std::vector<double> few;
  for (std::size_t i = 0; i <= ProfileFamily::n_nodes; i += static_cast<std::size_t>(stride))
    few.push_back(table[i]);
  few.push_back(table.back());
  return few;
}

}  // namespace

ProfileFamily::ProfileFamily(std::function<double(double, double)> const& profile, double mass_min,
                             double mass_max, double x_cut)
    : x_cut_(x_cut), ln_mass_min_(std::log(mass_min)) {
  require(mass_min > 0 && mass_max >= mass_min && x_cut > 0, ExitCode::internal,
          "profile family from mass ", mass_min, " to ", mass_max, ", cut ", x_cut);
  // The interval of mass_max, and one row beyond the range on each side.
  auto const n_rows =
      4 + static_cast<std::size_t>((std::log(mass_max) - ln_mass_min_) / ln_mass_step);
  double const step = x_cut / n_nodes;
  for (std::size_t r = 0; r < n_rows; ++r) {
    double const mass = std::exp(ln_mass_min_ + ln_mass_step * (real(r) - 1));
    Row row;
    for (auto* table : {&row.projected, &row.mean_projected, &row.pressure, &row.enclosed})
      table->assign(table_size, 0);
    double enclosed = 0;
    for (std::size_t i = 0; i < n_nodes; ++i) {
      double const x = step * real(i);
      row.pressure[i] = profile(mass, x);
      // Half the chord, with l = chord t^2: the nodes crowd where the profile peaks.
      double const chord = std::sqrt(x_cut * x_cut - x * x);
      auto const line = [&](double t) {
        double const l = chord * t * t;
        return 2 * t * profile(mass, std::sqrt(x * x + l * l));
      };
      row.projected[i] = 2 * chord * gauss<double, 24>::integrate(line, 0.0, 1.0);
      row.enclosed[i] = enclosed;
      auto const shell = [&](double radius) {
        return 4 * std::numbers::pi * radius * radius * profile(mass, radius);
      };
      enclosed += gauss<double, 4>::integrate(shell, x, x + step);
    }
    row.enclosed[n_nodes] = row.enclosed[n_nodes + 1] = enclosed;
    row.mean_projected = disc_means(row.projected, x_cut, enclosed);
    for (std::size_t i = 0; i < n_nodes; ++i) {
      double const x = (real(i) + 0.5) / n_nodes;
      double term = row.enclosed[i + 1] - row.enclosed[i];
      for (double& moment : row.moments) {
        moment += term;
        term *= x * x;
      }
    }
    row.projected_2 = every(2, row.projected);
    row.projected_4 = every(4, row.projected);
    row.mean_projected_2 = every(2, row.mean_projected);
    row.mean_projected_4 = every(4, row.mean_projected);
    rows_.push_back(std::move(row));
  }
}

ProfileFamily::Place ProfileFamily::place_of(double mass) const {
  double const at = (std::log(mass) - ln_mass_min_) / ln_mass_step;
  require(at > -1e-6 && at < real(rows_.size() - 3) + 1e-6, ExitCode::internal, "mass ", mass,
          " lies outside the tabulated profiles");
  auto const row = std::min(static_cast<std::size_t>(std::max(at, 0.0)), rows_.size() - 4);
  double const t = at - real(row);
  return {row,
          {-t * (t - 1) * (t - 2) / 6, (t + 1) * (t - 1) * (t - 2) / 2, -(t + 1) * t * (t - 2) / 2,
           (t + 1) * t * (t - 1) / 6}};
}

double ProfileFamily::volume_integral(double mass) const {
  auto const [row, weight] = place_of(mass);
  double sum = 0;
  for (std::size_t k = 0; k < 4; ++k) sum += weight[k] * rows_[row + k].enclosed.back();
  return sum;
}

std::array<double, ProfileFamily::n_moments> ProfileFamily::moments(double mass) const {
  auto const [row, weight] = place_of(mass);
  std::array<double, n_moments> sums{};
  for (std::size_t k = 0; k < 4; ++k)
    for (std::size_t i = 0; i < n_moments; ++i) sums[i] += weight[k] * rows_[row + k].moments[i];
  return sums;
}

void ProfileFamily::blend(std::vector<double> Row::*table, double mass,
                          std::span<double> out) const {
  auto const [row, weight] = place_of(mass);
  auto const from = [&](std::size_t k) { return (rows_[row + k].*table).data(); };
  assert(out.size() == (rows_[row].*table).size());
  add_four(weight, from(0), from(1), from(2), from(3), static_cast<int>(out.size()), out.data());
}

void ProfileFamily::projected(double mass, std::span<double> table) const {
  auto const stride = n_nodes / (table.size() - 2);
  blend(stride == 1   ? &Row::projected
        : stride == 2 ? &Row::projected_2
                      : &Row::projected_4,
        mass, table);
}
void ProfileFamily::mean_projected(double mass, std::span<double> table) const {
  auto const stride = n_nodes / (table.size() - 2);
  blend(stride == 1   ? &Row::mean_projected
        : stride == 2 ? &Row::mean_projected_2
                      : &Row::mean_projected_4,
        mass, table);
}
void ProfileFamily::pressure(double mass, std::span<double> table) const {
  blend(&Row::pressure, mass, table);
}
void ProfileFamily::enclosed(double mass, std::span<double> table) const {
  blend(&Row::enclosed, mass, table);
}

}  // namespace setsz
