// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/smooth_shells.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "pipeline/base/dispatch.hpp"
#include "pipeline/base/number.hpp"
#include "stages/extract/neighbour_counts.hpp"

namespace setsz {

namespace {

constexpr double reach_r200 = real(n_radial_shells) * cluster_shell_width_r200;
constexpr double neighbour_r200 = 0.11;
constexpr double thin_shell_r200 = 0.08;
constexpr double largest_excess = 2;
constexpr std::int64_t largest_sample = 20000;

/// Sums run in lanes, which the compiler makes vector instructions of.
constexpr std::int64_t lanes = 8;
using Numbers [[gnu::vector_size(lanes * sizeof(double))]] = double;
using Integers [[gnu::vector_size(lanes * sizeof(double))]] = std::int64_t;

/// Each quantity in an array of its own: (n), and far points without mass up to full lanes.
struct Sample {
  std::int64_t n = 0;
  std::vector<double> x, y, z;  ///< from the catalogue's centre [R200]
  std::vector<double> mass;     ///< [M200]

  std::int64_t size_of_lanes() const { return std::ssize(x); }
};

bool is_inside(Vec3 const& q) { return norm2(q) < reach_r200 * reach_r200; }

/// Of those within the shells.
Sample sample_of(std::span<KeptParticle const> particles, Cluster const& cluster,
                 double particle_mass) {
  std::int64_t n = std::ssize(particles), step = 1;
  double share = 1;
  if (n > largest_sample) {
    n = std::ranges::count_if(
        particles, [&](auto const& p) { return is_inside(p.position() / cluster.r200c); });
    // Neighbours in the canonical order are neighbours in space: one in every few is a fair sample.
    step = std::max<std::int64_t>(1, (n + largest_sample - 1) / largest_sample);
    share = real(n) / real((n + step - 1) / step);
  }
  Sample sample;
  auto const room = static_cast<std::size_t>(n / step + 1 + lanes);
  for (auto* values : {&sample.x, &sample.y, &sample.z, &sample.mass}) values->resize(room);
  std::size_t at = 0;
  std::int64_t number = 0;  // of those inside, modulo step
  for (auto const& particle : particles) {
    Vec3 const q = particle.position() / cluster.r200c;
    sample.x[at] = q.x, sample.y[at] = q.y, sample.z[at] = q.z;
    sample.mass[at] = share * (mass_of(particle, particle_mass) / cluster.m200c);
    bool const inside = is_inside(q);
    at += inside && number == 0;  // no branch: where it lies cannot be guessed
    number = number + inside == step ? 0 : number + inside;
  }
  sample.n = static_cast<std::int64_t>(at);
  auto const full = (at + lanes - 1) / lanes * lanes;
  for (auto* values : {&sample.x, &sample.y, &sample.z, &sample.mass}) {
    std::fill(values->begin() + sample.n, values->end(),
              values == &sample.mass ? 0 : 4 * reach_r200);
    values->resize(full);
  }
  return sample;
}

struct Mean {
  Vec3 sum;
  std::int64_t n = 0;
};

/// Adds the points within R200 of a centre. \param n  of the arrays, full lanes
SETSZ_DISPATCH void add_within(double const* x, double const* y, double const* z, std::int64_t n,
                               Vec3 const& centre, Mean& mean) {
  Numbers sum_x{}, sum_y{}, sum_z{};
  Integers count{};
  for (std::int64_t i = 0; i < n; i += lanes) {
    Numbers px, py, pz;
    std::memcpy(&px, x + i, sizeof px);
    std::memcpy(&py, y + i, sizeof py);
    std::memcpy(&pz, z + i, sizeof pz);
    Numbers const dx = px - centre.x, dy = py - centre.y, dz = pz - centre.z;
    // All bits are those of the sign: set where the point lies within.
    Integers const within = reinterpret_cast<Integers>(dx * dx + dy * dy + dz * dz - 1) >> 63;
    sum_x += reinterpret_cast<Numbers>(reinterpret_cast<Integers>(px) & within);
    sum_y += reinterpret_cast<Numbers>(reinterpret_cast<Integers>(py) & within);
    sum_z += reinterpret_cast<Numbers>(reinterpret_cast<Integers>(pz) & within);
    count -= within;
  }
  for (std::int64_t l = 0; l < lanes; ++l) {
    mean.sum += Vec3{sum_x[l], sum_y[l], sum_z[l]};
    mean.n += count[l];
  }
}

/// The mean position of the points within R200 of itself, searched from the catalogue's centre;
/// that centre if the mean wanders off.
Vec3 centre_of(Sample const& sample) {
  Vec3 centre;
  for (int round = 0; round < 10; ++round) {
    Mean mean;
    add_within(sample.x.data(), sample.y.data(), sample.z.data(), sample.size_of_lanes(), centre,
               mean);
    if (mean.n == 0) return {};
    Vec3 const before = std::exchange(centre, mean.sum / real(mean.n));
    if (centre == before) break;  // and so it stays
  }
  constexpr double farthest_r200 = 0.5;
  return norm(centre) < farthest_r200 ? centre : Vec3{};
}

/// In which shell of this width about a centre each point lies.
SETSZ_DISPATCH void find_shells(double const* __restrict x, double const* __restrict y,
                                double const* __restrict z, std::int64_t n, Vec3 const& centre,
                                double width, std::int32_t* __restrict shells) {
  double const cx = centre.x, cy = centre.y, cz = centre.z;
  for (std::int64_t i = 0; i < n; ++i) {
    double const dx = x[i] - cx, dy = y[i] - cy, dz = z[i] - cz;
    shells[i] = static_cast<std::int32_t>(std::sqrt(dx * dx + dy * dy + dz * dz) / width);
  }
}

std::vector<std::int32_t> shells_of(Sample const& sample, Vec3 const& centre, double width) {
  std::vector<std::int32_t> shells(sample.x.size());
  find_shells(sample.x.data(), sample.y.data(), sample.z.data(), sample.size_of_lanes(), centre,
              width, shells.data());
  return shells;
}

/// The mean of the counts over the volume of each thin shell. Points are drawn by density, so a
/// mean over the volume is a harmonic one over them.
std::vector<double> typical_counts(std::vector<std::int32_t> const& shells,
                                   std::vector<std::int32_t> const& counts) {
  std::vector<double> number(shells.empty() ? 0 : std::ranges::max(shells) + 1);
  auto volume = number;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    number[shells[i]] += 1;
    volume[shells[i]] += 1 / real(counts[i]);
  }
  for (std::size_t s = 0; s < number.size(); ++s)
    if (number[s] > 0) number[s] /= volume[s];
  return number;
}

/// What each point adds to its shell, in the place of its coordinates.
/// \param most  points near one that count in full
SETSZ_DISPATCH void weigh_directions(double const* __restrict mass, double const* __restrict most,
                                     std::int32_t const* __restrict counts, std::int64_t n,
                                     double* __restrict x, double* __restrict y,
                                     double* __restrict z) {
  for (std::int64_t i = 0; i < n; ++i) {
    double const length = std::sqrt(x[i] * x[i] + y[i] * y[i] + z[i] * z[i]);
    double const weight = std::min(1.0, most[i] / static_cast<double>(counts[i]));
    double const share = weight * mass[i] * (length > 0 ? 1 / length : 0);
    x[i] *= share, y[i] *= share, z[i] *= share;
  }
}

}  // namespace

std::array<Vec3, n_radial_shells> smooth_shells(std::span<KeptParticle const> particles,
                                                Cluster const& cluster, double particle_mass) {
  auto sample = sample_of(particles, cluster, particle_mass);
  auto const n = static_cast<std::size_t>(sample.n);
  auto const counts = neighbour_counts(
      {std::span(sample.x).first(n), std::span(sample.y).first(n), std::span(sample.z).first(n)},
      reach_r200, neighbour_r200);
  auto const thin = shells_of(sample, centre_of(sample), thin_shell_r200);
  auto const typical = typical_counts(thin, counts);
  auto const wide = shells_of(sample, {}, cluster_shell_width_r200);
  std::vector<double> most(n);
  for (std::size_t i = 0; i < n; ++i) most[i] = largest_excess * typical[thin[i]];
  weigh_directions(sample.mass.data(), most.data(), counts.data(), sample.n, sample.x.data(),
                   sample.y.data(), sample.z.data());
  std::array<Vec3, n_radial_shells> shells{};
  for (std::size_t i = 0; i < n; ++i)
    shells[wide[i]] += Vec3{sample.x[i], sample.y[i], sample.z[i]};
  return shells;
}

}  // namespace setsz
