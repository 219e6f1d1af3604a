// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/cluster_properties.hpp"

#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// Sums over the particles of a sphere.
struct Moments {
  double mass = 0;
  Vec3 position, velocity;  ///< weighted by mass
  Vec3 angular_momentum;    ///< comoving length

  void add(double m, Vec3 const& x, Vec3 const& v) {
    mass += m;
    position += m * x;
    velocity += m * v;
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
  SymmetricEigen eigen(double unit) const {
    return symmetric_eigen({{Vec3{xx / unit, xy / unit, xz / unit},
                             {xy / unit, yy / unit, yz / unit},
                             {xz / unit, yz / unit, zz / unit}}});
  }
};

}  // namespace

ClusterProperties cluster_properties(std::span<KeptParticle const> particles,
                                     Cluster const& cluster, double radius, double a,
                                     double particle_mass) {
  double const radius2 = radius * radius, r200_2 = cluster.r200c * cluster.r200c;
  auto const mass_of = [&](KeptParticle const& particle) {
    return particle_mass > 0 ? particle_mass : real(particle.mass);
  };
  Moments in_sphere, in_r200;
  for (auto const& particle : particles) {
    Vec3 const x = particle.position();
    double const distance2 = norm2(x);
    if (distance2 < radius2) in_sphere.add(mass_of(particle), x, particle.velocity());
    if (distance2 < r200_2) in_r200.add(mass_of(particle), x, particle.velocity());
  }
  require(in_sphere.mass > 0, ExitCode::bad_data, "cluster ", cluster.id, " at (",
          cluster.position.x, ", ", cluster.position.y, ", ", cluster.position.z,
          ") ckpc/h has no particle within ", radius,
          " ckpc/h; do halo catalogue and snapshot belong together?");
  Vec3 const centre_of_mass = in_sphere.position / in_sphere.mass;
  Vec3 const bulk_velocity = in_sphere.velocity / in_sphere.mass;

  InertiaTensor shape, dispersion;
  for (auto const& particle : particles) {
    Vec3 const x = particle.position();
    if (norm2(x) >= radius2) continue;
    shape.add(mass_of(particle), x);
    dispersion.add(mass_of(particle), particle.velocity() - bulk_velocity);
  }
  auto const shape_axes = shape.eigen(r200_2 * cluster.m200c);
  auto const dispersion_axes = dispersion.eigen(cluster.v200 * cluster.v200 * cluster.m200c);

  ClusterProperties result;
  result.mass_in_r200 = in_r200.mass;
  double const in_r200_mass = in_r200.mass > 0 ? in_r200.mass : 1;  // no particle: all sums are 0
  Vec3 momentum = cluster.angular_momentum;
  if ((result.computed_momentum = momentum == Vec3{})) momentum = a * in_r200.angular_momentum;
  double xoff = cluster.xoff_ckpch, voff = cluster.voff_kms;
  if ((result.computed_xoff = xoff < 0)) xoff = norm(in_r200.position / in_r200_mass);
  if ((result.computed_voff = voff < 0)) voff = norm(in_r200.velocity / in_r200_mass);

  result.scalars = {std::log(cluster.m200c),
                    xoff / cluster.r200c,
                    voff / cluster.v200,
                    norm(centre_of_mass) / cluster.r200c,
                    norm(momentum) / (a * cluster.r200c * cluster.v200 * cluster.m200c),
                    shape_axes.values.x,
                    shape_axes.values.y,
                    shape_axes.values.z,
                    dispersion_axes.values.x,
                    dispersion_axes.values.y,
                    dispersion_axes.values.z};
  result.vectors = {unit(momentum), unit(centre_of_mass)};
  for (std::size_t k = 0; k < 3; ++k) {
    result.vectors[2 + k] = shape_axes.vectors[k];
    result.vectors[5 + k] = dispersion_axes.vectors[k];
  }
  for (auto& vector : result.vectors)
    if (dot(vector, momentum) < 0) vector = -vector;
  return result;
}

}  // namespace setsz
