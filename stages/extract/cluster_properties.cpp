// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/cluster_properties.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "stages/extract/smooth_shells.hpp"

namespace setsz {

namespace {

/// Sums over the particles of a sphere.
struct Moments {
  std::int64_t n = 0;
  double mass = 0;
  double velocity2 = 0;
  Vec3 position, velocity;  ///< weighted by mass
  Vec3 angular_momentum;    ///< comoving length

  void add(double m, Vec3 const& x, Vec3 const& v) {
    ++n;
    mass += m;
    position += m * x;
    velocity += m * v;
    velocity2 += m * norm2(v);
    angular_momentum += m * cross(x, v);
  }
};

/// sum m (|x|^2 1 - x x^T)
struct InertiaTensor {
  double xx = 0, yy = 0, zz = 0, xy = 0, xz = 0, yz = 0;

  void add(double m, Vec3 const& x) {
    xx += m * (x.y * x.y + x.z * x.z);
    yy += m * (x.x * x.x + x.z * x.z);
    zz += m * (x.x * x.x + x.y * x.y);
    xy -= m * x.x * x.y;
    xz -= m * x.x * x.z;
    yz -= m * x.y * x.z;
  }
  Mat3 over(double unit) const {
    return {{Vec3{xx / unit, xy / unit, xz / unit},
             {xy / unit, yy / unit, yz / unit},
             {xz / unit, yz / unit, zz / unit}}};
  }
};

/// A tensor, and its eigenvectors.
struct Axes {
  Mat3 tensor;
  SymmetricEigen eigen;
  Axes(InertiaTensor const& sums, double unit)
      : tensor(sums.over(unit)), eigen(symmetric_eigen(tensor)) {}
};

/// J, Xoff and Voff: the catalogue's, or where it has none those of the particles within R200.
struct CatalogueValues {
  Vec3 momentum;
  double xoff, voff;

  CatalogueValues(Cluster const& cluster, Moments const& in_r200, double a,
                  ClusterProperties& result)
      : momentum(cluster.angular_momentum), xoff(cluster.xoff_ckpch), voff(cluster.voff_kms) {
    double const mass = in_r200.mass > 0 ? in_r200.mass : 1;  // no particle: all sums are 0
    if ((result.computed_momentum = momentum == Vec3{})) momentum = a * in_r200.angular_momentum;
    if ((result.computed_xoff = xoff < 0)) xoff = norm(in_r200.position / mass);
    if ((result.computed_voff = voff < 0)) voff = norm(in_r200.velocity / mass);
  }
};

/// How the particles within R200 move, compared with V200 and with the cluster.
void note_motion(Moments const& in_r200, double v200, ClusterProperties& result) {
  constexpr std::int64_t enough = 10;
  result.dispersion = result.drift = std::numeric_limits<double>::quiet_NaN();
  if (in_r200.n < enough) return;
  Vec3 const mean = in_r200.velocity / in_r200.mass;
  double const sigma = std::sqrt(std::max(0.0, in_r200.velocity2 / in_r200.mass - norm2(mean)) / 3);
  result.dispersion = sigma / v200;
  if (sigma > 0) result.drift = norm(mean) / sigma;
}

/// J, CM and the axes. An axis has no sign of its own; along J it turns with the cluster.
ClusterVectors unit_vectors(Vec3 const& momentum, Vec3 const& centre_of_mass, Axes const& shape,
                            Axes const& dispersion) {
  ClusterVectors vectors{unit(momentum), unit(centre_of_mass)};
  for (std::size_t k = 0; k < 3; ++k) {
    vectors[2 + k] = shape.eigen.vectors[k];
    vectors[5 + k] = dispersion.eigen.vectors[k];
    vectors[8 + k] = unit(shape.tensor.row[k]);
    vectors[11 + k] = unit(dispersion.tensor.row[k]);
  }
  for (auto& axis : std::span(vectors).subspan<2>())
    if (dot(axis, momentum) < 0) axis = -axis;
  return vectors;
}

}  // namespace

ClusterProperties cluster_properties(std::span<KeptParticle const> particles,
                                     Cluster const& cluster, double radius, double a,
                                     double particle_mass) {
  double const r200 = cluster.r200c, v200 = cluster.v200, m200 = cluster.m200c;
  Moments in_sphere, in_r200;
  for (auto const& particle : particles) {
    Vec3 const x = particle.position();
    double const distance2 = norm2(x), m = mass_of(particle, particle_mass);
    if (distance2 < radius * radius) in_sphere.add(m, x, particle.velocity());
    if (distance2 < r200 * r200) in_r200.add(m, x, particle.velocity());
  }
  require(in_sphere.mass > 0, ExitCode::bad_data, "cluster ", cluster.id, " at (",
          cluster.position.x, ", ", cluster.position.y, ", ", cluster.position.z,
          ") ckpc/h has no particle within ", radius,
          " ckpc/h; do halo catalogue and snapshot belong together?");
  Vec3 const centre_of_mass = in_sphere.position / in_sphere.mass;
  Vec3 const bulk_velocity = in_sphere.velocity / in_sphere.mass;

  InertiaTensor shape_tensor, velocity_tensor;
  for (auto const& particle : particles) {
    Vec3 const x = particle.position();
    if (norm2(x) >= radius * radius) continue;
    double const m = mass_of(particle, particle_mass);
    shape_tensor.add(m, x);
    velocity_tensor.add(m, particle.velocity() - bulk_velocity);
  }
  Axes const shape(shape_tensor, r200 * r200 * m200);
  Axes const dispersion(velocity_tensor, v200 * v200 * m200);
  auto const profile = cluster_profile(particles, cluster, particle_mass);

  ClusterProperties result;
  CatalogueValues const known(cluster, in_r200, a, result);
  std::array<double, n_published_scalars> const published{
      std::log(m200), known.xoff / r200, known.voff / v200, norm(centre_of_mass) / r200,
      norm(known.momentum) / (a * r200 * v200 * m200),
      // ascending
      shape.eigen.values.x, shape.eigen.values.y, shape.eigen.values.z, dispersion.eigen.values.x,
      dispersion.eigen.values.y, dispersion.eigen.values.z};
  auto next = std::ranges::copy(published, result.scalars.begin()).out;
  next = std::ranges::copy(profile.mass, next).out;
  next = std::ranges::copy(profile.dispersion, next).out;
  *next = std::log(a);
  result.vectors = unit_vectors(known.momentum, centre_of_mass, shape, dispersion);
  auto const smooth = smooth_shells(particles, cluster, particle_mass);
  std::ranges::copy(smooth, std::ranges::copy(profile.shells, result.shells.begin()).out);
  note_motion(in_r200, v200, result);
  result.mass_within_r200 = in_r200.mass / m200;
  result.particle_mass = particle_mass > 0 ? particle_mass : in_sphere.mass / real(in_sphere.n);
  return result;
}

}  // namespace setsz
