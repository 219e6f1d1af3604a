// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/cluster_properties.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pipeline/base/dispatch.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "stages/extract/particle_lanes.hpp"
#include "stages/extract/smooth_shells.hpp"

namespace setsz {

namespace {

using namespace in_lanes;

/// Sums over the particles of a sphere, weighted by mass.
struct Moments {
  Sum n, mass, velocity2;
  VectorSum position, velocity;
  VectorSum angular_momentum;  ///< comoving length
};

/// Of the products of two components.
struct Products {
  Sum xx, yy, zz, xy, xz, yz;
};

struct Spheres {
  Moments in_sphere, in_r200;
  Products position, velocity;  ///< in the sphere
};

[[gnu::always_inline]] inline void add(Products& sums, Numbers const& m, Vectors const& a,
                                       Negative const& which) {
  add(sums.xx, m * a.x * a.x, which), add(sums.yy, m * a.y * a.y, which);
  add(sums.zz, m * a.z * a.z, which), add(sums.xy, m * a.x * a.y, which);
  add(sums.xz, m * a.x * a.z, which), add(sums.yz, m * a.y * a.z, which);
}

SETSZ_DISPATCH void add_moments(Block const& block, double radius2, Moments& moments) {
  auto sums = moments;
  for (std::size_t i = 0; i < block.size; i += lanes) {
    Numbers m;
    Vectors x, v;
    get(block.mass, i, m), get(block.q, i, x), get(block.v, i, v);
    Negative const inside(x.x * x.x + x.y * x.y + x.z * x.z - radius2);
    add(sums.n, Numbers{} + 1, inside), add(sums.mass, m, inside);
    add(sums.position, m, x, inside), add(sums.velocity, m, v, inside);
    add(sums.velocity2, m * (v.x * v.x + v.y * v.y + v.z * v.z), inside);
    add(sums.angular_momentum, m,
        {x.y * v.z - x.z * v.y, x.z * v.x - x.x * v.z, x.x * v.y - x.y * v.x}, inside);
  }
  moments = sums;
}

SETSZ_DISPATCH void add_products(Block const& block, double radius2, Spheres& spheres) {
  auto position = spheres.position, velocity = spheres.velocity;
  for (std::size_t i = 0; i < block.size; i += lanes) {
    Numbers m;
    Vectors x, v;
    get(block.mass, i, m), get(block.q, i, x), get(block.v, i, v);
    Negative const inside(x.x * x.x + x.y * x.y + x.z * x.z - radius2);
    add(position, m, x, inside), add(velocity, m, v, inside);
  }
  spheres.position = position, spheres.velocity = velocity;
}

/// sum m (|x|^2 1 - x x^T)/unit, x about `mean` where that is the mean
Mat3 inertia(Products const& sums, double mass, Vec3 const& mean, double unit) {
  double const xx = sums.xx.total() - mass * mean.x * mean.x,
               yy = sums.yy.total() - mass * mean.y * mean.y,
               zz = sums.zz.total() - mass * mean.z * mean.z;
  double const xy = mass * mean.x * mean.y - sums.xy.total(),
               xz = mass * mean.x * mean.z - sums.xz.total(),
               yz = mass * mean.y * mean.z - sums.yz.total();
  return {{Vec3{(yy + zz) / unit, xy / unit, xz / unit},
           {xy / unit, (xx + zz) / unit, yz / unit},
           {xz / unit, yz / unit, (xx + yy) / unit}}};
}

/// A tensor, and its eigenvectors.
struct Axes {
  Mat3 tensor;
  SymmetricEigen eigen;
  explicit Axes(Mat3 const& its_tensor) : tensor(its_tensor), eigen(symmetric_eigen(tensor)) {}
};

/// J, Xoff and Voff: the catalogue's, or where it has none those of the particles within R200.
struct CatalogueValues {
  Vec3 momentum;
  double xoff, voff;

  CatalogueValues(Cluster const& cluster, Moments const& in_r200, double a,
                  ClusterProperties& result)
      : momentum(cluster.angular_momentum), xoff(cluster.xoff_ckpch), voff(cluster.voff_kms) {
    double const sum = in_r200.mass.total(), mass = sum > 0 ? sum : 1;  // no particle: all are 0
    if ((result.computed_momentum = momentum == Vec3{}))
      momentum = a * in_r200.angular_momentum.total();
    if ((result.computed_xoff = xoff < 0)) xoff = norm(in_r200.position.total() / mass);
    if ((result.computed_voff = voff < 0)) voff = norm(in_r200.velocity.total() / mass);
  }
};

/// How the particles within R200 move, compared with V200 and with the cluster.
void note_motion(Moments const& in_r200, double v200, ClusterProperties& result) {
  constexpr double enough = 10;
  result.dispersion = result.drift = std::numeric_limits<double>::quiet_NaN();
  if (in_r200.n.total() < enough) return;
  double const mass = in_r200.mass.total();
  Vec3 const mean = in_r200.velocity.total() / mass;
  double const sigma = std::sqrt(std::max(0.0, in_r200.velocity2.total() / mass - norm2(mean)) / 3);
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
  Spheres sums;
  for_each_block(particles, particle_mass, [&](Block const& block) {
    add_moments(block, radius * radius, sums.in_sphere);
    add_moments(block, r200 * r200, sums.in_r200);
    add_products(block, radius * radius, sums);
  });
  double const mass = sums.in_sphere.mass.total();
  require(mass > 0, ExitCode::bad_data, "cluster ", cluster.id, " at (", cluster.position.x, ", ",
          cluster.position.y, ", ", cluster.position.z, ") ckpc/h has no particle within ", radius,
          " ckpc/h; do halo catalogue and snapshot belong together?");
  Vec3 const centre_of_mass = sums.in_sphere.position.total() / mass;
  Vec3 const bulk_velocity = sums.in_sphere.velocity.total() / mass;
  Axes const shape(inertia(sums.position, mass, {}, r200 * r200 * m200));
  Axes const dispersion(inertia(sums.velocity, mass, bulk_velocity, v200 * v200 * m200));
  auto const profile = cluster_profile(particles, cluster, particle_mass);

  ClusterProperties result;
  CatalogueValues const known(cluster, sums.in_r200, a, result);
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
  note_motion(sums.in_r200, v200, result);
  result.mass_within_r200 = sums.in_r200.mass.total() / m200;
  result.particle_mass = particle_mass > 0 ? particle_mass : mass / sums.in_sphere.n.total();
  return result;
}

}  // namespace setsz
