// SPDX-License-Identifier: BSD-3-Clause
#include "model/features.hpp"
#include "pipeline/base/number.hpp"

#include <cassert>
#include <cmath>
#include <nlohmann/json.hpp>

namespace setsz {

namespace {

/// The unit vectors of a cluster by component, times sqrt(3): contractions with a unit vector of
/// random direction then have unit variance. The inner loops run over the eight.
struct ContractionTable {
  explicit ContractionTable(ClusterVectors const& vectors) {
    for (std::size_t k = 0; k < n_vectors; ++k) {
      x[k] = single(std::sqrt(3.0) * vectors[k].x);
      y[k] = single(std::sqrt(3.0) * vectors[k].y);
      z[k] = single(std::sqrt(3.0) * vectors[k].z);
    }
  }
  void contract(float ux, float uy, float uz, float* out) const {
    for (std::size_t k = 0; k < n_vectors; ++k) out[k] = ux * x[k] + uy * y[k] + uz * z[k];
  }
  std::array<float, n_vectors> x, y, z;
};

struct FloatAffine {
  explicit FloatAffine(Affine const& affine, double unit)
      : scale(single(1 / (unit * affine.deviation))),
        shift(single(-affine.mean / affine.deviation)) {}
  float operator()(float x) const { return x * scale + shift; }
  float scale, shift;
};

float inverse_or_zero(float length) { return length > 0 ? 1 / length : 0.0F; }

}  // namespace

Affine Moments::affine() const {
  if (n < 1) return {};
  double const mean = sum / n;
  double const variance = sum2 / n - mean * mean;
  bool const spread = variance > 1e-12 * (mean * mean + 1e-30);
  return {mean, spread ? std::sqrt(variance) : 1.0};
}

double log_count(std::int64_t n_particles) { return std::log(std::max(real(n_particles), 0.9)); }

void origin_features(ClusterInput const& cluster, Standardisation const& standardisation,
                     std::span<Particle const> particles, std::span<float> features) {
  assert(features.size() == particles.size() * n_origin_features);
  ContractionTable const table(cluster.vectors);
  FloatAffine const radius(standardisation.origin_radius, cluster.r200c);
  FloatAffine const speed(standardisation.origin_speed, cluster.v200);
  std::array<float, n_scalars> scalars;
  for (std::size_t i = 0; i < n_scalars; ++i)
    scalars[i] = single(standardisation.scalars[i](cluster.scalars[i]));

  float* row = features.data();
  for (Particle const& p : particles) {
    float const q = std::sqrt(p.x * p.x + p.y * p.y + p.z * p.z);
    float const v = std::sqrt(p.vx * p.vx + p.vy * p.vy + p.vz * p.vz);
    float const iq = inverse_or_zero(q), iv = inverse_or_zero(v);
    row[0] = radius(q);
    row[1] = speed(v);
    table.contract(p.x * iq, p.y * iq, p.z * iq, row + 2);
    table.contract(p.vx * iv, p.vy * iv, p.vz * iv, row + 2 + n_vectors);
    for (std::size_t i = 0; i < n_scalars; ++i) row[2 + 2 * n_vectors + i] = scalars[i];
    row += n_origin_features;
  }
}

void local_features(ClusterInput const& cluster, Standardisation const& standardisation,
                    LocalContraction contraction, Vec3 const& target, double radius_ckpch,
                    std::span<Particle const> particles, std::span<float> features) {
  assert(features.size() == particles.size() * n_local_features);
  if (particles.empty()) return;
  ContractionTable const table(cluster.vectors);
  FloatAffine const radius(standardisation.local_radius, radius_ckpch);
  FloatAffine const speed(standardisation.local_speed, cluster.v200);
  auto const n = real(particles.size());
  Vec3 sum;
  for (Particle const& p : particles) sum += Vec3{p.vx, p.vy, p.vz};
  auto const bx = single(sum.x / n), by = single(sum.y / n), bz = single(sum.z / n);
  auto const tx = single(target.x), ty = single(target.y), tz = single(target.z);
  bool const unit = contraction == LocalContraction::unit;
  auto const full_scale = single(1 / (radius_ckpch * cluster.v200));
  auto const root3 = single(std::sqrt(3.0));

  float* row = features.data();
  for (Particle const& p : particles) {
    float const x = p.x - tx, y = p.y - ty, z = p.z - tz;
    float const vx = p.vx - bx, vy = p.vy - by, vz = p.vz - bz;
    float const q = std::sqrt(x * x + y * y + z * z);
    float const v = std::sqrt(vx * vx + vy * vy + vz * vz);
    float const iq = inverse_or_zero(q), iv = inverse_or_zero(v);
    row[0] = radius(q);
    table.contract(x * iq, y * iq, z * iq, row + 1);
    row[1 + n_vectors] = speed(v);
    table.contract(vx * iv, vy * iv, vz * iv, row + 2 + n_vectors);
    float const qv = x * vx + y * vy + z * vz;
    row[2 + 2 * n_vectors] = qv * (unit ? root3 * iq * iv : full_scale);
    row += n_local_features;
  }
}

void to_json(nlohmann::json& json, Affine const& affine) { json = {affine.mean, affine.deviation}; }
void from_json(nlohmann::json const& json, Affine& affine) {
  affine = {json.at(0).get<double>(), json.at(1).get<double>()};
}

void to_json(nlohmann::json& json, Standardisation const& s) {
  json = {{"scalars", s.scalars},           {"origin_radius", s.origin_radius},
          {"origin_speed", s.origin_speed}, {"local_radius", s.local_radius},
          {"local_speed", s.local_speed},   {"target_radius", s.target_radius},
          {"log_count", s.log_count},       {"reference_p200", s.reference_p200}};
}
void from_json(nlohmann::json const& json, Standardisation& s) {
  json.at("scalars").get_to(s.scalars);
  json.at("origin_radius").get_to(s.origin_radius);
  json.at("origin_speed").get_to(s.origin_speed);
  json.at("local_radius").get_to(s.local_radius);
  json.at("local_speed").get_to(s.local_speed);
  json.at("target_radius").get_to(s.target_radius);
  json.at("log_count").get_to(s.log_count);
  json.at("reference_p200").get_to(s.reference_p200);
}

}  // namespace setsz
