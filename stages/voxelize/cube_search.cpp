// SPDX-License-Identifier: BSD-3-Clause
#include "stages/voxelize/cube_search.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

/// Calls `visit(cell)` for the mesh cells that [centre - reach, centre + reach]^3 touches.
template <class Visit>
void each_cell(PeriodicBox const& box, std::int64_t mesh, Vec3 const& centre, double reach,
               Visit const& visit) {
  double const cells_per_length = real(mesh) / box.edge();
  std::array<std::int64_t, 3> first, count;
  for (std::size_t d = 0; d < 3; ++d) {
    auto const low = std::floor((centre[d] - reach) * cells_per_length);
    auto const high = std::floor((centre[d] + reach) * cells_per_length);
    count[d] = high - low >= real(mesh - 1) ? mesh : static_cast<std::int64_t>(high - low) + 1;
    first[d] = count[d] == mesh ? 0 : static_cast<std::int64_t>(low);
  }
  auto const wrapped = [&](std::size_t d, std::int64_t i) {
    std::int64_t const cell = (first[d] + i) % mesh;
    return cell < 0 ? cell + mesh : cell;
  };
  for (std::int64_t i = 0; i < count[0]; ++i)
    for (std::int64_t j = 0; j < count[1]; ++j)
      for (std::int64_t k = 0; k < count[2]; ++k)
        visit((wrapped(0, i) * mesh + wrapped(1, j)) * mesh + wrapped(2, k));
}

}  // namespace

void require_cube_fits(PeriodicBox const& box, double edge) {
  require(edge > 0 && edge <= box.edge(), ExitCode::config, "a cube of ", edge,
          " ckpc/h does not fit into the box of ", box.edge(),
          " ckpc/h; lower [voxelize] edge or fixed_edge, or [catalog] mass_max");
}

CubeSearch::CubeSearch(PeriodicBox box, std::vector<Cube> cubes)
    : box_(box), cubes_(std::move(cubes)) {
  double edges = 0;
  for (auto const& cube : cubes_) {
    require_cube_fits(box_, cube.edge);
    edges += cube.edge;
  }
  // Cells half as large as a mean cube: most cells of the box list nothing.
  double const mean_edge = cubes_.empty() ? box_.edge() : edges / real(cubes_.size());
  mesh_ = static_cast<std::int64_t>(std::clamp(2 * box_.edge() / mean_edge, 1.0, 128.0));

  std::vector<std::int64_t> counts(mesh_ * mesh_ * mesh_, 0);
  for (auto const& cube : cubes_)
    each_cell(box_, mesh_, cube.centre, cube.edge / 2, [&](std::size_t cell) { ++counts[cell]; });
  first_.assign(counts.size() + 1, 0);
  for (std::size_t cell = 0; cell < counts.size(); ++cell)
    first_[cell + 1] = first_[cell] + counts[cell];
  listed_.resize(first_.back());
  std::vector<std::int64_t> next(first_.begin(), first_.end() - 1);
  for (std::size_t i = 0; i < cubes_.size(); ++i)
    each_cell(box_, mesh_, cubes_[i].centre, cubes_[i].edge / 2,
              [&](std::size_t cell) { listed_[next[cell]++] = static_cast<std::int64_t>(i); });
}

std::span<CubeHit const> CubeSearch::operator()(Vec3 const& centre, double radius) {
  hits_.clear();
  collect(centre, radius);
  for (auto const cube : candidates_) test(cube, centre, radius);
  return hits_;
}

void CubeSearch::collect(Vec3 const& centre, double radius) {
  candidates_.clear();
  int n_cells = 0;
  each_cell(box_, mesh_, centre, radius, [&](std::size_t cell) {
    if (first_[cell] == first_[cell + 1]) return;
    ++n_cells;
    candidates_.insert(candidates_.end(), listed_.begin() + first_[cell],
                       listed_.begin() + first_[cell + 1]);
  });
  if (n_cells < 2) return;  // a cell lists each cube once, ascending
  std::sort(candidates_.begin(), candidates_.end());
  candidates_.erase(std::unique(candidates_.begin(), candidates_.end()), candidates_.end());
}

void CubeSearch::test(std::int64_t cube, Vec3 const& centre, double radius) {
  double const half = cubes_[cube].edge / 2, box = box_.edge();
  Vec3 const nearest = box_.offset(cubes_[cube].centre, centre);
  // Another image can touch too only where ball and cube together span the box.
  std::array<std::array<double, 3>, 3> images;
  std::array<std::size_t, 3> n_images;
  for (std::size_t d = 0; d < 3; ++d) {
    n_images[d] = 0;
    for (double const x : {nearest[d], nearest[d] - box, nearest[d] + box})
      if (std::abs(x) < half + radius) images[d][n_images[d]++] = x;
  }
  auto const gap = [&](double x) { return std::max(0.0, std::abs(x) - half); };
  for (std::size_t i = 0; i < n_images[0]; ++i)
    for (std::size_t j = 0; j < n_images[1]; ++j)
      for (std::size_t k = 0; k < n_images[2]; ++k) {
        Vec3 const x{images[0][i], images[1][j], images[2][k]};
        if (norm2(Vec3{gap(x.x), gap(x.y), gap(x.z)}) < radius * radius)
          hits_.push_back({cube, x + Vec3{half, half, half}});
      }
}

}  // namespace setsz
