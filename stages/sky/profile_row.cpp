// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/profile_row.hpp"

#include <algorithm>
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

/// In whole blocks, also the last one: what is left over would cost more one by one.
inline int in_blocks(int count) {
  constexpr int block = ProfileRow::padding + 1;
  return (count + block - 1) / block * block;
}

// The hot loops of the sky. Single precision is enough for a place in the table; sums are those of
// doubles.

SETSZ_DISPATCH
void set_places(float base, float across, float first, float step, int count, float limit,
                float per_sine, float* __restrict places) {
  int const n = in_blocks(count);
  for (int i = 0; i < n; ++i) {
    // u = |n - n0|^2 = 4 sin^2(angle/2); sin^2(angle) = u (1 - u/4)
    float const u = base + across * one_minus_cos(first + step * single(i));
    float const wanted = std::sqrt(u * (1 - 0.25F * u)) * per_sine;
    places[i] = wanted < limit ? wanted : limit;
  }
}

SETSZ_DISPATCH
void look_up_nodes(float const* __restrict places, int count, TableNode const* __restrict nodes,
                   double* __restrict values) {
  int const n = in_blocks(count);
  for (int i = 0; i < n; ++i) {
    float const place = places[i];
    auto const k = static_cast<int>(place);
    values[i] = value_at(nodes[k], place - single(k));
  }
}

/// The same at directions (x, y, toward); sin(angle) is sqrt(x^2 + y^2).
SETSZ_DISPATCH
void set_flat(FlatPoints::Places const& places, int n, float const* __restrict table, double limit,
              double per_sine, double* __restrict values) {
  for (int i = 0; i < n; ++i) {
    double const x = places.x[i], y = places.y[i], sine = std::sqrt(x * x + y * y);
    double const wanted = places.toward[i] > 0 ? sine * per_sine : limit;
    double const place = wanted < limit ? wanted : limit;
    auto const k = static_cast<int>(place);
    values[i] = places.sr[i] * (table[k] + (place - k) * (table[k + 1] - table[k]));
  }
}

}  // namespace

void ProfileRow::begin(SkyDirection const& centre, std::span<float const> table,
                       double sin_radius) {
  z0_ = centre.z;
  s0_ = centre.s;
  table_ = table;
  per_sine_ = real(table.size() - 2) / sin_radius;
  if (nodes_.size() < table.size()) nodes_.resize(table.size());
  pack_nodes(table.data(), static_cast<int>(table.size()) - 1, nodes_.data());
}

bool ProfileRow::place(FlatPoints const& points, float* /*places*/, double* values) const {
  points.for_each_block([&](FlatPoints::Places const& places, std::int64_t first, int n) {
    set_flat(places, n, table_.data(), real(table_.size() - 2), per_sine_, values + first);
  });
  return false;
}

bool ProfileRow::place(RingPoints const& points, float* places, double* /*values*/) const {
  double const dz = points.z - z0_, ds = points.s - s0_;
  double const base = dz * dz + ds * ds, across = 2 * points.s * s0_;
  auto const limit = real(table_.size() - 2);
  if (points.largest_dphi < 0.5) {
    set_places(single(base), single(across), single(points.dphi_first), single(points.dphi_step),
               static_cast<int>(points.count), single(limit), single(per_sine_), places);
    return true;
  }
  for (std::int64_t i = 0; i < points.count; ++i) {  // around a pole
    double const dphi = points.dphi_first + points.dphi_step * real(i);
    double const u = base + across * (1 - std::cos(dphi));
    // More than 90 degrees away sin(angle) falls again.
    double const wanted = u > 2 ? limit : std::sqrt(u * (1 - 0.25 * u)) * per_sine_;
    places[i] = single(std::min(wanted, limit));
  }
  return true;
}

void ProfileRow::look_up(float const* places, int n, double* values) const {
  look_up_nodes(places, n, nodes_.data(), values);
}

}  // namespace setsz
