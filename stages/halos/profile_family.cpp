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
#include "stages/halos/wave_table.hpp"

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
SETSZ_DISPATCH
void add_four_more(std::array<double, 4> const& w, double const* __restrict a,
                   double const* __restrict b, double const* __restrict c,
                   double const* __restrict d, int n, double* __restrict out) {
  for (int i = 0; i < n; ++i) out[i] += w[0] * a[i] + w[1] * b[i] + w[2] * c[i] + w[3] * d[i];
}
SETSZ_DISPATCH
void add_four(std::array<double, 4> const& weight, float const* __restrict a,
              float const* __restrict b, float const* __restrict c, float const* __restrict d,
              int n, float* __restrict out) {
  float const w[] = {single(weight[0]), single(weight[1]), single(weight[2]), single(weight[3])};
  for (int i = 0; i < n; ++i) out[i] = w[0] * a[i] + w[1] * b[i] + w[2] * c[i] + w[3] * d[i];
}
SETSZ_DISPATCH
void add_four_more(std::array<double, 4> const& weight, float const* __restrict a,
                   float const* __restrict b, float const* __restrict c, float const* __restrict d,
                   int n, float* __restrict out) {
  float const w[] = {single(weight[0]), single(weight[1]), single(weight[2]), single(weight[3])};
  for (int i = 0; i < n; ++i) out[i] += w[0] * a[i] + w[1] * b[i] + w[2] * c[i] + w[3] * d[i];
}

/// Lagrange's weights of four nodes at -1, 0, 1, 2.
std::array<double, 4> cubic_weights(double t) {
  return {-t * (t - 1) * (t - 2) / 6, (t + 1) * (t - 1) * (t - 2) / 2, -(t + 1) * t * (t - 2) / 2,
          (t + 1) * t * (t - 1) / 6};
}

/// The widest step of a cubic table of a function, given at some places of its range.
double widest_step(std::span<double const> places,
                   std::function<std::vector<double>(double)> const& function) {
  constexpr double widest = 0.8, narrowest = 0.05, tolerance = 2e-5;
  auto const weights = cubic_weights(0.5);
  for (double step = widest; step > narrowest; step /= 2) {
    double worst = 0;
    for (double const place : places) {
      auto const wanted = function(place);
      std::vector<double> sum(wanted.size());
      for (std::size_t k = 0; k < 4; ++k) {
        auto const values = function(place + step * (real(k) - 1.5));
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += weights[k] * values[i];
      }
      for (std::size_t i = 0; i < sum.size(); ++i)
        worst = std::max(worst, std::abs(sum[i] / wanted[i] - 1));
    }
    if (worst < tolerance) return step;
  }
  return narrowest;
}

/// Values 0, stride, ..., n_nodes, and the one beyond.
std::vector<double> every(int stride, std::vector<double> const& table) {
  std::vector<double> few;
  for (std::size_t i = 0; i <= ProfileFamily::n_nodes; i += static_cast<std::size_t>(stride))
    few.push_back(table[i]);
  few.push_back(table.back());
  return few;
}

/// Of a line that passes the centre of a sphere at b; 0: it passes outside.
double half_chord(double radius, double b) {
  return b < radius ? std::sqrt(radius * radius - b * b) : 0;
}

/// The table of LinePieces.
template <class Pressure>
std::vector<float> line_pieces(Pressure const& pressure, double x_cut, double x_inner) {
  constexpr int n = LinePieces::n_radii, m = LinePieces::n_slopes;
  std::vector<float> table(LinePieces::table_size);
  for (int i = 0; i < n + 2; ++i) {
    double const root = std::min(1.0, real(i) / n), x = x_cut * root * root;
    for (int j = 0; j < m + 2; ++j) {
      double const slope = std::min(1.0, real(j) / m), c = slope * slope;  // b / (b + l)
      double const scale = x / std::hypot(c, 1 - c), b = scale * c, l = scale * (1 - c);
      double const start = half_chord(x_inner, b), length = l - start;
      // With t^2 the nodes crowd where the profile peaks.
      auto const line = [&](double t) {
        double const at = start + length * t * t;
        return 2 * length * t * pressure(std::sqrt(b * b + at * at));
      };
      table[i * LinePieces::stride + j] =
          length > 0 ? single(gauss<double, 20>::integrate(line, 0.0, 1.0)) : 0;
    }
  }
  return table;
}

}  // namespace

double ProfileFamily::Axis::node(std::size_t i) const { return low + step * (real(i) - 1); }

ProfileFamily::Axis ProfileFamily::axis_over(double low, double high, double step) {
  // The interval of `high`, and one node beyond the range on each side.
  return {low, step, 4 + static_cast<std::size_t>((high - low) / step)};
}

ProfileFamily::ProfileFamily(std::function<double(double, double)> const& profile, double mass_min,
                             double mass_max, double x_cut, double x_inner)
    : x_cut_(x_cut), x_inner_(x_inner) {
  require(mass_min > 0 && mass_max >= mass_min && x_cut > 0, ExitCode::internal,
          "profile family from mass ", mass_min, " to ", mass_max, ", cut ", x_cut);
  ln_mass_ = axis_over(std::log(mass_min), std::log(mass_max), ln_mass_step);
  tabulate([&](double mass, double, double x) { return profile(mass, x); });
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    double const mass = std::exp(ln_mass_.node(i));
    rows_[i].line_pieces =
        setsz::line_pieces([&](double x) { return profile(mass, x); }, x_cut, x_inner);
    rows_[i].line_nodes.resize(LinePieces::table_size);
    pack_nodes(rows_[i].line_pieces.data(), LinePieces::table_size - 1, rows_[i].line_nodes.data());
  }
}

ProfileFamily::ProfileFamily(Evolving const& profile, Bounds const& bounds, double x_cut)
    : x_cut_(x_cut) {
  require(bounds.mass_min > 0 && bounds.mass_max >= bounds.mass_min && bounds.redshift_min > -1 &&
              bounds.redshift_max >= bounds.redshift_min && x_cut > 0,
          ExitCode::internal, "profile family from mass ", bounds.mass_min, " to ", bounds.mass_max,
          ", cut ", x_cut);
  auto const three = [](double low, double high) {
    return std::array{low, (low + high) / 2, high};
  };
  auto const masses = three(std::log(bounds.mass_min), std::log(bounds.mass_max));
  auto const redshifts = three(std::log1p(bounds.redshift_min), std::log1p(bounds.redshift_max));
  auto const profiles_at = [&](double ln_mass, double ln_redshift, std::vector<double>& values) {
    for (double const x : {0.01, 0.1, 0.5, 1.0, 2.0, x_cut})
      values.push_back(profile(std::exp(ln_mass), std::expm1(ln_redshift), x));
  };
  double const mass_step = widest_step(masses, [&](double ln_mass) {
    std::vector<double> values;
    for (double const z : redshifts) profiles_at(ln_mass, z, values);
    return values;
  });
  double const redshift_step = widest_step(redshifts, [&](double ln_redshift) {
    std::vector<double> values;
    for (double const mass : masses) profiles_at(mass, ln_redshift, values);
    return values;
  });
  ln_mass_ = axis_over(masses.front(), masses.back(), mass_step);
  ln_redshift_ = axis_over(redshifts.front(), redshifts.back(), redshift_step);
  tabulate(profile);
}

void ProfileFamily::tabulate(Evolving const& profile) {
  for (std::size_t j = 0; j < ln_redshift_.n; ++j) {
    double const redshift = ln_redshift_.n > 1 ? std::expm1(ln_redshift_.node(j)) : 0;
    for (std::size_t i = 0; i < ln_mass_.n; ++i) {
      double const mass = std::exp(ln_mass_.node(i));
      rows_.push_back(row_of([&](double x) { return profile(mass, redshift, x); }));
    }
  }
}

ProfileFamily::Row ProfileFamily::row_of(std::function<double(double)> const& profile) const {
  double const step = x_cut_ / n_nodes;
  auto const first = static_cast<std::size_t>(std::lround(x_inner_ / step));
  Row row;
  for (auto* table : {&row.projected, &row.mean_projected, &row.pressure, &row.enclosed})
    table->assign(table_size, 0);
  double enclosed = 0;
  for (std::size_t i = 0; i < n_nodes; ++i) {
    double const x = step * real(i);
    // Of a cusp the first value is such that the first interval has its integral.
    if (i >= first) row.pressure[i] = profile(i > 0 ? x : step / 8);
    // Half the chord, its nodes as t^2: they crowd where the profile peaks.
    double const start = half_chord(x_inner_, x);
    double const length = std::sqrt(x_cut_ * x_cut_ - x * x) - start;
    auto const line = [&](double t) {
      double const l = start + length * t * t;
      return 2 * t * profile(std::sqrt(x * x + l * l));
    };
    row.projected[i] = 2 * length * gauss<double, 24>::integrate(line, 0.0, 1.0);
    row.enclosed[i] = enclosed;
    if (i < first) continue;
    auto const shell = [&](double radius) {
      return 4 * std::numbers::pi * radius * radius * profile(radius);
    };
    enclosed += gauss<double, 4>::integrate(shell, x, x + step);
  }
  row.enclosed[n_nodes] = row.enclosed[n_nodes + 1] = enclosed;
  row.mean_projected = disc_means(row.projected, x_cut_, enclosed);
  std::vector<double> shells;
  for (std::size_t i = 0; i < n_nodes; ++i) {
    double const x = (real(i) + 0.5) / n_nodes;
    double term = row.enclosed[i + 1] - row.enclosed[i];
    shells.push_back(term);
    for (double& moment : row.moments) {
      moment += term;
      term *= x * x;
    }
  }
  WaveTable const waves(shells, step);
  row.waves.assign(waves.values().begin(), waves.values().end());
  row.projected_2 = every(2, row.projected);
  row.projected_4 = every(4, row.projected);
  row.mean_projected_2 = every(2, row.mean_projected);
  row.mean_projected_4 = every(4, row.mean_projected);
  row.enclosed_4 = every(4, row.enclosed);
  return row;
}

ProfileFamily::Place ProfileFamily::place_on(Axis const& axis, double value, char const* what) {
  double const at = (value - axis.low) / axis.step;
  require(at > -1e-6 && at < real(axis.n - 3) + 1e-6, ExitCode::internal, what, " = ", value,
          " lies outside the tabulated profiles");
  auto const node = std::min(static_cast<std::size_t>(std::max(at, 0.0)), axis.n - 4);
  return {node, cubic_weights(at - real(node))};
}

template <class Visit>
void ProfileFamily::for_each_row(ProfilePoint const& at, Visit&& visit) const {
  auto const mass = place_on(ln_mass_, std::log(at.mass), "ln mass");
  if (ln_redshift_.n == 1) {
    for (std::size_t k = 0; k < 4; ++k) visit(rows_[mass.node + k], mass.weight[k]);
    return;
  }
  auto const redshift = place_on(ln_redshift_, std::log1p(at.redshift), "ln(1 + z)");
  for (std::size_t j = 0; j < 4; ++j)
    for (std::size_t k = 0; k < 4; ++k)
      visit(rows_[(redshift.node + j) * ln_mass_.n + mass.node + k],
            redshift.weight[j] * mass.weight[k]);
}

double ProfileFamily::volume_integral(ProfilePoint const& at) const {
  double sum = 0;
  for_each_row(at, [&](Row const& row, double weight) { sum += weight * row.enclosed.back(); });
  return sum;
}

std::array<double, ProfileFamily::n_moments> ProfileFamily::moments(ProfilePoint const& at) const {
  std::array<double, n_moments> sums{};
  for_each_row(at, [&](Row const& row, double weight) {
    for (std::size_t i = 0; i < n_moments; ++i) sums[i] += weight * row.moments[i];
  });
  return sums;
}

template <class Number>
void ProfileFamily::blend(std::vector<Number> Row::*table, ProfilePoint const& at,
                          std::span<Number> out) const {
  std::array<Number const*, 16> from{};
  std::array<double, 16> weights{};
  std::size_t n = 0;
  for_each_row(at, [&](Row const& row, double weight) {
    assert(out.size() == (row.*table).size());
    from[n] = (row.*table).data();
    weights[n++] = weight;
  });
  auto const size = static_cast<int>(out.size());
  for (std::size_t k = 0; k < n; k += 4) {
    std::array const four{weights[k], weights[k + 1], weights[k + 2], weights[k + 3]};
    auto const blend_rows = [&](auto&& add) {
      add(four, from[k], from[k + 1], from[k + 2], from[k + 3], size, out.data());
    };
    if (k == 0)
      blend_rows([](auto&&... row) { add_four(row...); });
    else
      blend_rows([](auto&&... row) { add_four_more(row...); });
  }
}

void ProfileFamily::projected(ProfilePoint const& at, std::span<double> table) const {
  auto const stride = n_nodes / (table.size() - 2);
  blend(stride == 1   ? &Row::projected
        : stride == 2 ? &Row::projected_2
                      : &Row::projected_4,
        at, table);
}
void ProfileFamily::mean_projected(ProfilePoint const& at, std::span<double> table) const {
  auto const stride = n_nodes / (table.size() - 2);
  blend(stride == 1   ? &Row::mean_projected
        : stride == 2 ? &Row::mean_projected_2
                      : &Row::mean_projected_4,
        at, table);
}
void ProfileFamily::line_pieces(ProfilePoint const& at, std::span<TableNode> table) const {
  std::array<float, LinePieces::table_size> blended;
  blend(&Row::line_pieces, at, std::span<float>(blended));
  pack_nodes(blended.data(), LinePieces::table_size - 1, table.data());
}
std::span<TableNode const> ProfileFamily::nearest_line_pieces(ProfilePoint const& at) const {
  auto const mass = place_on(ln_mass_, std::log(at.mass), "ln mass");
  return rows_[mass.node + (mass.weight[2] > mass.weight[1] ? 2 : 1)].line_nodes;
}
void ProfileFamily::pressure(ProfilePoint const& at, std::span<double> table) const {
  blend(&Row::pressure, at, table);
}
void ProfileFamily::enclosed(ProfilePoint const& at, std::span<double> table) const {
  blend(table.size() == table_size ? &Row::enclosed : &Row::enclosed_4, at, table);
}
void ProfileFamily::waves(ProfilePoint const& at, std::span<double> table) const {
  blend(&Row::waves, at, table);
}

}  // namespace setsz
