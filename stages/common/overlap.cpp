// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/overlap.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/base/number.hpp"
#include "stages/common/ball_faces.hpp"

namespace setsz {
namespace {

using namespace ball_faces;

/// One corner: coordinates, the volumes of its three faces and of its three pairs of faces.
struct Corner {
  double a, b, c;
  double va, vb, vc;
  double vab, vbc, vca;
};

/// Volume of {unit ball, x > a, y > b, z > c}.
double three_faces(Corner const& p) {
  if (p.a * p.a + p.b * p.b + p.c * p.c < 1)
    return pi / 6 + (p.vab + p.vbc + p.vca) / 2 - (p.va + p.vb + p.vc) / 4 - p.a * p.b * p.c;
  // Outside the ball: at most two of the three octant cuts meet, so products of three drop out.
  switch ((p.a < 0) + 2 * (p.b < 0) + 4 * (p.c < 0)) {
    case 0:
      return 0;
    case 1:
      return p.vbc;
    case 2:
      return p.vca;
    case 4:
      return p.vab;
    case 3:
      return p.vbc + p.vca - p.vc;
    case 5:
      return p.vab + p.vbc - p.vb;
    case 6:
      return p.vab + p.vca - p.va;
    default:
      return full - (p.va + p.vb + p.vc) + (p.vab + p.vbc + p.vca);
  }
}

}  // namespace

std::span<VoxelShare const> BallOverlap::operator()(Vec3 const& centre, double radius) {
  shares_.clear();
  // A plane in each axis at most: the ball reaches no further than one lattice plane.
  bool small = radius < 1;
  for (std::size_t d = 0; small && d < 3; ++d)
    small = std::floor(centre[d] + radius) - std::floor(centre[d] - radius) <= 1;
  if (small)
    one_plane_per_axis(centre, radius);
  else
    general(centre, radius);
  return shares_;
}

void BallOverlap::one_plane_per_axis(Vec3 const& centre, double radius) {
  std::array<std::int64_t, 3> lower;  // voxel below the plane
  std::array<double, 3> x;            // the plane, seen from the ball
  for (std::size_t d = 0; d < 3; ++d) {
    double const plane = std::floor(centre[d] + radius);
    lower[d] = static_cast<std::int64_t>(plane) - 1;
    x[d] = std::max(-1.0, (plane - centre[d]) / radius);
  }
  double const va = one_face(x[0]), vb = one_face(x[1]), vc = one_face(x[2]);
  double const vab = two_faces(x[0], x[1], va, vb), vbc = two_faces(x[1], x[2], vb, vc),
               vca = two_faces(x[2], x[0], vc, va);
  double const f = three_faces({x[0], x[1], x[2], va, vb, vc, vab, vbc, vca});
  std::array<double, 8> const volume{full - (va + vb + vc) + (vab + vbc + vca) - f,
                                     vc - vbc - vca + f,
                                     vb - vab - vbc + f,
                                     vbc - f,
                                     va - vab - vca + f,
                                     vca - f,
                                     vab - f,
                                     f};
  double const scale = radius * radius * radius;
  // Squared distance of the half-space beyond the plane, and of the one before it.
  std::array<std::array<double, 2>, 3> near2;
  for (std::size_t d = 0; d < 3; ++d)
    near2[d] = x[d] > 0 ? std::array{0.0, x[d] * x[d]} : std::array{x[d] * x[d], 0.0};
  for (std::size_t v = 0; v < 8; ++v) {
    // Voxels out of reach hold what rounding leaves in the sums above: nothing.
    if (near2[0][v >> 2] + near2[1][v >> 1 & 1] + near2[2][v & 1] >= 1 || !(volume[v] > 0))
      continue;
    auto const i = lower[0] + static_cast<std::int64_t>(v >> 2),
               j = lower[1] + static_cast<std::int64_t>(v >> 1 & 1),
               k = lower[2] + static_cast<std::int64_t>(v & 1);
    if (std::min({i, j, k}) < 0 || std::max({i, j, k}) >= n_) continue;
    shares_.push_back({(i * n_ + j) * n_ + k, volume[v] * scale});
  }
}

/// Lattice nodes within reach, seen from the ball, and the caps that their planes cut off.
/// \return  the first voxel of each axis; none if the ball misses the cube
std::optional<std::array<std::int64_t, 3>> BallOverlap::place_nodes(Vec3 const& centre,
                                                                    double radius) {
  std::array<std::int64_t, 3> first;
  for (std::size_t d = 0; d < 3; ++d) {
    double const low = std::clamp(std::floor(centre[d] - radius), 0.0, real(n_));
    double const high = std::clamp(std::ceil(centre[d] + radius), 0.0, real(n_));
    first[d] = static_cast<std::int64_t>(low);
    auto const count = static_cast<std::int64_t>(high) - first[d];
    if (count <= 0) return std::nullopt;
    nodes_[d].resize(static_cast<std::size_t>(count) + 1);
    caps_[d].resize(nodes_[d].size());
    for (std::size_t i = 0; i < nodes_[d].size(); ++i) {
      nodes_[d][i] = (low + real(i) - centre[d]) / radius;
      caps_[d][i] = one_face(nodes_[d][i]);
    }
  }
  return first;
}

void BallOverlap::fill_pairs(std::size_t d, std::size_t e, std::vector<double>& pairs) {
  pairs.resize(nodes_[d].size() * nodes_[e].size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < nodes_[d].size(); ++i)
    for (std::size_t j = 0; j < nodes_[e].size(); ++j)
      pairs[at++] = two_faces(nodes_[d][i], nodes_[e][j], caps_[d][i], caps_[e][j]);
}

/// The volumes beyond the nodes (i, j, k) of a layer i.
void BallOverlap::fill_layer(std::size_t i, double* layer) const {
  auto const& [x, y, z] = nodes_;
  auto const& [xy, yz, xz] = pairs_;
  auto const ny = y.size(), nz = z.size();
  for (std::size_t j = 0; j < ny; ++j)
    for (std::size_t k = 0; k < nz; ++k)
      layer[j * nz + k] = three_faces({x[i], y[j], z[k], caps_[0][i], caps_[1][j], caps_[2][k],
                                       xy[i * ny + j], yz[j * nz + k], xz[i * nz + k]});
}

void BallOverlap::general(Vec3 const& centre, double radius) {
  auto const first = place_nodes(centre, radius);
  if (!first) return;
  fill_pairs(0, 1, pairs_[0]);
  fill_pairs(1, 2, pairs_[1]);
  fill_pairs(0, 2, pairs_[2]);

  auto const& [x, y, z] = nodes_;
  auto const nx = x.size(), ny = y.size(), nz = z.size();
  corners_.resize(2 * ny * nz);  // two layers of lattice nodes
  double const scale = radius * radius * radius;
  auto const farther2 = [](double u, double v) { return std::max(u * u, v * v); };
  auto const nearer2 = [](double u, double v) { return u * v < 0 ? 0 : std::min(u * u, v * v); };
  double* lower = corners_.data();
  double* upper = lower + ny * nz;
  fill_layer(0, upper);
  for (std::size_t i = 0; i + 1 < nx; ++i) {
    std::swap(lower, upper);
    fill_layer(i + 1, upper);
    for (std::size_t j = 0; j + 1 < ny; ++j) {
      double const far_xy = farther2(x[i], x[i + 1]) + farther2(y[j], y[j + 1]);
      double const near_xy = nearer2(x[i], x[i + 1]) + nearer2(y[j], y[j + 1]);
      if (near_xy >= 1) continue;
      std::int64_t const row = (((*first)[0] + static_cast<std::int64_t>(i)) * n_ + (*first)[1] +
                                static_cast<std::int64_t>(j)) *
                                   n_ +
                               (*first)[2];
      double const *l0 = lower + j * nz, *l1 = l0 + nz, *u0 = upper + j * nz, *u1 = u0 + nz;
      for (std::size_t k = 0; k + 1 < nz; ++k) {
        if (near_xy + nearer2(z[k], z[k + 1]) >= 1) continue;
        double volume = 1;  // wholly inside
        if (far_xy + farther2(z[k], z[k + 1]) > 1)
          volume = scale * (((l0[k] - l0[k + 1]) - (l1[k] - l1[k + 1])) -
                            ((u0[k] - u0[k + 1]) - (u1[k] - u1[k + 1])));
        if (volume > 0) shares_.push_back({row + static_cast<std::int64_t>(k), volume});
      }
    }
  }
}

double ball_fraction_in_cube(Vec3 const& centre, double radius, double edge) {
  std::array<std::array<double, 2>, 3> face, cap;
  bool inside = true;
  for (std::size_t d = 0; d < 3; ++d) {
    face[d] = {-centre[d] / radius, (edge - centre[d]) / radius};
    inside = inside && face[d][0] <= -1 && face[d][1] >= 1;
    cap[d] = {one_face(face[d][0]), one_face(face[d][1])};
  }
  if (inside) return 1;
  double sum = 0;
  for (std::size_t v = 0; v < 8; ++v) {
    std::size_t const i = v >> 2, j = v >> 1 & 1, k = v & 1;
    double const a = face[0][i], b = face[1][j], c = face[2][k];
    double const va = cap[0][i], vb = cap[1][j], vc = cap[2][k];
    double const f = three_faces({a, b, c, va, vb, vc, two_faces(a, b, va, vb),
                                  two_faces(b, c, vb, vc), two_faces(c, a, vc, va)});
    sum += (i + j + k) % 2 == 0 ? f : -f;
  }
  return std::max(0.0, sum / full);
}

}  // namespace setsz
