// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/profile_row.hpp"

#include <cmath>

#include "pipeline/base/dispatch.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// 1 - cos(x) for |x| < 0.5, to rounding (Taylor; a division costs more than all of it).
inline float one_minus_cos(float x) {
  float const q = x * x;
  return q * (0.5F - q * (1.0F / 24 - q * (1.0F / 720 - q * (1.0F / 40320))));
}

template <class Number>
double interpolate(Number const* table, double limit, double place) {
  place = place < limit ? place : limit;
  auto const i = static_cast<int>(place);
  return table[i] + (place - i) * (table[i + 1] - table[i]);
}

}  // namespace

// The hot loop of the sky. Single precision is enough for a place in the table; sums are those of
// doubles. In whole blocks, also the last one: what is left over would cost more one by one.
SETSZ_DISPATCH
static void set_profile(float base, float across, float first, float step, int count,
                        float const* __restrict table, float limit, float per_sine,
                        double* __restrict values) {
  constexpr int block = Stamp::padding + 1;
  int const n = (count + block - 1) / block * block;
  for (int i = 0; i < n; ++i) {
    // u = |n - n0|^2 = 4 sin^2(angle/2); sin^2(angle) = u (1 - u/4)
    float const u = base + across * one_minus_cos(first + step * single(i));
    float const wanted = std::sqrt(u * (1 - 0.25F * u)) * per_sine;
    float const place = wanted < limit ? wanted : limit;
    auto const k = static_cast<int>(place);
    float const value = table[k] + (place - single(k)) * (table[k + 1] - table[k]);
    values[i] = value;
  }
}

/// The same at directions (x, y, toward); sin(angle) is sqrt(x^2 + y^2).
SETSZ_DISPATCH
static void set_flat(FlatPoints::Places const& places, int n, float const* __restrict table,
                     double limit, double per_sine, double* __restrict values) {
  for (int i = 0; i < n; ++i) {
    double const x = places.x[i], y = places.y[i], sine = std::sqrt(x * x + y * y);
    double const wanted = places.toward[i] > 0 ? sine * per_sine : limit;
    double const place = wanted < limit ? wanted : limit;
    auto const k = static_cast<int>(place);
    values[i] = places.sr[i] * (table[k] + (place - k) * (table[k + 1] - table[k]));
  }
}

void ProfileRow::operator()(FlatPoints const& points, double* values) const {
  points.for_each_block([&](FlatPoints::Places const& places, std::int64_t first, int n) {
    set_flat(places, n, table_.data(), real(table_.size() - 2), per_sine_, values + first);
  });
}

void ProfileRow::operator()(RingPoints const& points, double* values) const {
  double const dz = points.z - z0_, ds = points.s - s0_;
  double const base = dz * dz + ds * ds, across = 2 * points.s * s0_;
  auto const limit = real(table_.size() - 2);
  if (points.largest_dphi < 0.5) {
    set_profile(single(base), single(across), single(points.dphi_first), single(points.dphi_step),
                static_cast<int>(points.count), table_.data(), single(limit), single(per_sine_),
                values);
    return;
  }
  for (std::int64_t i = 0; i < points.count; ++i) {  // around a pole
    double const dphi = points.dphi_first + points.dphi_step * real(i);
    double const u = base + across * (1 - std::cos(dphi));
    // More than 90 degrees away sin(angle) falls again.
    values[i] =
        u > 2 ? 0 : interpolate(table_.data(), limit, std::sqrt(u * (1 - 0.25 * u)) * per_sine_);
  }
}

}  // namespace setsz
