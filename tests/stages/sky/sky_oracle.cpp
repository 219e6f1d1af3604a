// SPDX-License-Identifier: BSD-3-Clause
#include "tests/stages/sky/sky_oracle.hpp"
#include "pipeline/base/number.hpp"

#include <healpix_cxx/healpix_base.h>

#include <cmath>
#include <numbers>

namespace setsz {

std::vector<double> oracle_cube(std::int64_t nside, SparseCube const& cube, SkyHalo const& halo,
                                Claims const& claims, int cuts) {
  T_Healpix_Base<int64> const healpix(nside, RING, SET_NSIDE);
  std::vector<double> map(healpix.Npix(), 0.0);
  for_each_part(cube, cuts, [&](Vec3 const& offset, double pv) {
    if (claims.taken(offset)) return;
    Vec3 const seen = halo.position + offset;
    auto const pixel = healpix.vec2pix(vec3(seen.x, seen.y, seen.z));
    map[pixel] += halo.weight * pv / norm2(seen);
  });
  return map;
}

namespace {

/// Integrates `pressure(offset)` along the lines of sight through the sphere of `reach`.
template <class Pressure>
std::vector<double> follow_rays(std::int64_t nside, Pressure const& pressure, double reach,
                                SkyHalo const& halo, std::int64_t refine, int steps) {
  T_Healpix_Base<int64> const coarse(nside, RING, SET_NSIDE);
  T_Healpix_Base<int64> const fine(nside * refine, NEST, SET_NSIDE);
  std::vector<double> map(coarse.Npix(), 0.0);
  double const area = 4 * std::numbers::pi / real(fine.Npix());
  rangeset<int64> disc;
  vec3 const centre(halo.position.x, halo.position.y, halo.position.z);
  fine.query_disc(pointing(centre), std::asin(reach / norm(halo.position)) + 1e-3, disc);
  for (tsize r = 0; r < disc.nranges(); ++r) {
    for (int64 pixel = disc.ivbegin(r); pixel < disc.ivend(r); ++pixel) {
      vec3 const v = fine.pix2vec(pixel);
      Vec3 const direction{v.x, v.y, v.z};
      Vec3 const foot = dot(direction, halo.position) * direction - halo.position;
      double const b2 = norm2(foot);
      if (b2 >= reach * reach) continue;
      double const half = std::sqrt(reach * reach - b2);
      double sum = 0;
      for (int i = 0; i < steps; ++i)
        sum += pressure(foot + half * (2 * (i + 0.5) / steps - 1) * direction);
      map[coarse.nest2ring(pixel / (refine * refine))] +=
          halo.weight * area * sum * 2 * half / steps;
    }
  }
  return map;
}

}  // namespace

std::vector<double> oracle_cube_rays(std::int64_t nside, SparseCube const& cube,
                                     SkyHalo const& halo, Claims const& claims, std::int64_t refine,
                                     int steps) {
  auto const n = 2 * static_cast<std::int64_t>(std::ceil(cube.reach / cube.voxel_edge));
  auto const index = [&](Vec3 const& p) {
    auto const cell = [&](double x) {
      return static_cast<std::int64_t>(std::floor(x / cube.voxel_edge)) + n / 2;
    };
    return static_cast<std::size_t>((cell(p.x) * n + cell(p.y)) * n + cell(p.z));
  };
  std::vector<double> dense(n * n * n, 0.0);
  cube.for_each_voxel([&](auto const& voxel) { dense[index(voxel.centre)] = voxel.value; });
  auto const pressure = [&](Vec3 const& p) { return claims.taken(p) ? 0 : dense[index(p)]; };
  return follow_rays(nside, pressure, cube.reach, halo, refine, steps);
}

std::vector<double> oracle_profile(std::int64_t nside, std::function<double(double)> const& profile,
                                   double r_cut, SkyHalo const& halo, Claims const& claims,
                                   std::int64_t refine, int steps) {
  int const n = 20000;  // the profile is slow: one table for all rays
  std::vector<double> table;
  for (int i = 0; i <= n; ++i) table.push_back(profile(r_cut * i / n));
  auto const pressure = [&](Vec3 const& p) {
    if (claims.taken(p)) return 0.0;
    return table[static_cast<std::size_t>(std::min(norm(p) / r_cut, 1.0) * n + 0.5)];
  };
  return follow_rays(nside, pressure, r_cut, halo, refine, steps);
}

LeftByPoints left_by_points(std::function<double(double)> const& profile, double cut_r200,
                            SkyHalo const& halo, Claims const& claims) {
  int const n_shells = 300, n_directions = 3000;
  double const golden = std::numbers::pi * (3 - std::sqrt(5.0));
  LeftByPoints sum{};
  for (int shell = 0; shell < n_shells; ++shell) {
    double const step = cut_r200 / n_shells, x = step * (shell + 0.5);
    LeftByPoints shared{};
    for (int i = 0; i < n_directions; ++i) {
      double const z = 1 - (2.0 * i + 1) / n_directions, s = std::sqrt(1 - z * z);
      double const phi = golden * i + shell;
      Vec3 const offset = x * halo.r200 * Vec3{s * std::cos(phi), s * std::sin(phi), z};
      double const seen = 1 / norm2(halo.position + offset);
      shared.whole += seen;
      if (!claims.taken(offset)) shared.left += seen;
    }
    double const energy = 4 * std::numbers::pi * x * x * profile(x) * step / n_directions;
    sum.whole += energy * shared.whole;
    sum.left += energy * shared.left;
  }
  double const unit = halo.weight * halo.r200 * halo.r200 * halo.r200;
  return {unit * sum.whole, unit * sum.left};
}

}  // namespace setsz
