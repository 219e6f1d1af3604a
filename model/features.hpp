// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <vector>

#include "model/network_options.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {

inline constexpr std::size_t n_scalars = 11;
inline constexpr std::size_t n_vectors = 8;
inline constexpr std::size_t n_origin_features = 2 + 2 * n_vectors + n_scalars;  // 29
inline constexpr std::size_t n_local_features = 2 + 2 * n_vectors + 1;           // 19
/// Index of Xoff/R200 among the scalars; the origin module scales its first vector with it.
inline constexpr std::size_t xoff_scalar = 1;

using ClusterScalars = std::array<double, n_scalars>;
using ClusterVectors = std::array<Vec3, n_vectors>;

/// One dark-matter particle: position and velocity relative to its cluster [ckpc/h, km/s].
struct Particle {
  float x, y, z, vx, vy, vz;
};

/// What the network knows of a cluster as a whole. The 11 scalars and 8 unit vectors are those of
/// particles.h5, raw.
struct ClusterInput {
  double m200c = 0;  ///< [1e10 Msun/h]
  double r200c = 0;  ///< [ckpc/h]
  double v200 = 0;   ///< [km/s]
  double p200 = 0;   ///< comoving code pressure
  double redshift = 0;
  double h = 0.6774;
  ClusterScalars scalars{};
  ClusterVectors vectors{};
};

/// x -> (x - mean) / deviation.
struct Affine {
  double mean = 0;
  double deviation = 1;
  double operator()(double x) const { return (x - mean) / deviation; }
  bool operator==(Affine const&) const = default;
};

/// How raw inputs become numbers of zero mean and unit variance over the training clusters; part of
/// the model file.
struct Standardisation {
  std::array<Affine, n_scalars> scalars;
  Affine origin_radius;       ///< of |q|/R200
  Affine origin_speed;        ///< of |v|/V200
  Affine local_radius;        ///< of |x|/R
  Affine local_speed;         ///< of |v - bulk|/V200
  Affine target_radius;       ///< of r/R200
  Affine log_count;           ///< of ln max(N, 0.9)
  double reference_p200 = 1;  ///< geometric mean over the training clusters [code pressure]
  bool operator==(Standardisation const&) const = default;
};
void to_json(nlohmann::json& json, Standardisation const& standardisation);
void from_json(nlohmann::json const& json, Standardisation& standardisation);

/// Count, sum and sum of squares; one per cluster and quantity, added in the clusters' order.
struct Moments {
  double n = 0, sum = 0, sum2 = 0;
  void add(double x) { n += 1, sum += x, sum2 += x * x; }
  Moments& operator+=(Moments const& o) { return n += o.n, sum += o.sum, sum2 += o.sum2, *this; }
  /// Identity if there is nothing to measure a spread on.
  Affine affine() const;
};

/// ln max(N, 0.9): finite for an empty sphere, and below that of one particle.
double log_count(std::int64_t n_particles);

/// Rows of 29 numbers, one per particle: |q|/R200, |v|/V200, q^.e (8), v^.e (8), s (11).
///
/// Magnitudes and scalars are standardised; contractions of unit vectors are divided by 1/sqrt(3),
/// their deviation for random directions. The unit vector of zero is zero.
/// \param features  shape (n_particles, 29)
/// \source Thiele et al. (2022), section 2
void origin_features(ClusterInput const& cluster, Standardisation const& standardisation,
                     std::span<Particle const> particles, std::span<float> features);

/// Rows of 19 numbers, one per particle in the sphere around `target`: |x|/R, x^.e (8), |v|/V200,
/// v^.e (8), x^.v^; x = q - target, v relative to the mean velocity of `particles`.
///
/// \param target  relative to the cluster [ckpc/h]
/// \param radius  R of the sphere [ckpc/h]
/// \param features  shape (n_particles, 19)
void local_features(ClusterInput const& cluster, Standardisation const& standardisation,
                    LocalContraction contraction, Vec3 const& target, double radius,
                    std::span<Particle const> particles, std::span<float> features);

}  // namespace setsz
