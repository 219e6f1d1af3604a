// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/adaptive_cube.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

constexpr std::int32_t interpolated = -1, requested = -2;  // in place of a target's number

/// Over what a cell's corners alone make wrong in its middle, once that is known: the mean square
/// of its errors, and its mean error. Measured on predictions of coarse simulations, whose discrete
/// particles make them rough; those of smooth fields are smaller.
constexpr double share_of_square = 0.4, share_of_sum = 1;
/// An error falls at most by this where the edge is halved: a middle that fits by chance does not
/// end the refinement.
constexpr double fastest_decay = 3;

/// Of the coarsest cells, in units of the mean ratio: none may hide a peak between its targets.
constexpr double coarsest_error = 2;

/// The edge of the coarsest cells: an eighth of the cube's side, which resolves R200.
std::int64_t first_edge(std::int64_t n) {
  std::int64_t edge = 1;
  while (16 * edge <= n) edge *= 2;
  return edge;
}

/// Marks the largest ones, until what is left adds up to at most `budget`. Equal ones go together.
void mark_largest(std::span<double const> contributions, double budget,
                  std::vector<std::uint8_t>& marked) {
  std::vector<double> sorted(contributions.begin(), contributions.end());
  std::ranges::sort(sorted);
  double sum = 0;
  auto const first = std::ranges::find_if(sorted, [&](double c) { return (sum += c) > budget; });
  if (first == sorted.end()) return;
  for (std::size_t i = 0; i < marked.size(); ++i)
    if (contributions[i] >= *first && contributions[i] > 0) marked[i] = 1;
}

}  // namespace

std::vector<double> profile_at(CubeLattice const& lattice, std::span<std::int32_t const> voxels,
                               GnfwShape const& shape, Vec3 const& centre) {
  std::vector<double> values;
  values.reserve(voxels.size());
  for (std::int64_t const voxel : voxels) {
    std::int64_t const n = lattice.n;
    auto const position = lattice.centre_r200(voxel / (n * n), voxel / n % n, voxel % n);
    values.push_back(gnfw(shape, norm(position - centre)));
  }
  return values;
}

AdaptiveCube::AdaptiveCube(CubeLattice const& lattice, std::span<std::int32_t const> voxels,
                           std::vector<double> reference, double tolerance)
    : lattice_(lattice),
      voxels_(voxels),
      reference_(std::move(reference)),
      tolerance_(tolerance),
      place_(lattice.n_cells(), -1),
      target_(voxels.size(), interpolated),
      cell_(voxels.size(), -1) {
  for (std::size_t place = 0; place < voxels.size(); ++place)
    place_[voxels[place]] = static_cast<std::int32_t>(place);
  tile();
}

/// Covers the cube with the coarsest cells.
void AdaptiveCube::tile() {
  auto const edge = first_edge(lattice_.n), half = (lattice_.n + 1) / 2;
  for (int octant = 0; octant < 8; ++octant)
    for (std::int64_t i = 0; i < half; i += edge)
      for (std::int64_t j = 0; j < half; j += edge)
        for (std::int64_t k = 0; k < half; k += edge)
          add_cell({.octant = octant, .corner = {i, j, k}, .edge = edge});
  finish_wanted();
}

void AdaptiveCube::finish_wanted() {
  std::ranges::sort(wanted_);
  if (2 * (std::ssize(field_) + std::ssize(wanted_)) <= std::ssize(voxels_)) return;
  too_fine_ = true;
  wanted_.clear();
}

std::int64_t AdaptiveCube::place_at(int octant, Offset const& offset) const {
  std::int64_t const n = lattice_.n, half = n / 2;
  std::int64_t voxel = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    bool const upper = (octant >> axis & 1) != 0;
    std::int64_t const i = upper ? half + offset[axis] : half - 1 - offset[axis];
    if (i < 0 || i >= n) return -1;
    voxel = voxel * n + i;
  }
  return place_[voxel];
}

AdaptiveCube::Offset AdaptiveCube::offset_of(Cell const& cell, std::int64_t place) const {
  std::int64_t const n = lattice_.n, half = n / 2, voxel = voxels_[place];
  Offset offset{voxel / (n * n), voxel / n % n, voxel % n};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    bool const upper = (cell.octant >> axis & 1) != 0;
    offset[axis] = upper ? offset[axis] - half : half - 1 - offset[axis];
  }
  return offset;
}

/// Calls visit(place, offset) for the wanted voxels of a cell.
template <class Visit>
void AdaptiveCube::each_voxel(Cell const& cell, Visit const& visit) const {
  auto const& [i0, j0, k0] = cell.corner;
  for (std::int64_t i = i0; i < i0 + cell.edge; ++i)
    for (std::int64_t j = j0; j < j0 + cell.edge; ++j)
      for (std::int64_t k = k0; k < k0 + cell.edge; ++k) {
        Offset const offset{i, j, k};
        if (auto const place = place_at(cell.octant, offset); place >= 0) visit(place, offset);
      }
}

void AdaptiveCube::want(std::int64_t place) {
  if (place < 0 || target_[place] != interpolated) return;
  target_[place] = requested;
  wanted_.push_back(place);
}

void AdaptiveCube::add_cell(Cell cell) {
  if (cell.edge == 1) return want(place_at(cell.octant, cell.corner));
  find_held_out(cell);
  if (cell.held_out < 0) return;  // no voxel of it is wanted
  auto const number = static_cast<std::int32_t>(cells_.size());
  each_voxel(cell, [&](std::int64_t place, Offset const&) { cell_[place] = number; });
  want(cell.held_out);
  for (unsigned corner = 0; corner < 8; ++corner) {
    Offset offset = cell.corner;
    for (std::size_t axis = 0; axis < 3; ++axis)
      if ((corner >> axis & 1) != 0) offset[axis] += cell.edge;
    want(place_at(cell.octant, offset));
  }
  cells_.push_back(cell);
}

void AdaptiveCube::find_held_out(Cell& cell) const {
  auto const half = cell.edge / 2;
  auto const& [i0, j0, k0] = cell.corner;
  cell.held_out = place_at(cell.octant, {i0 + half, j0 + half, k0 + half});
  cell.has_middle = cell.held_out >= 0;
  if (cell.has_middle) return;
  std::int64_t nearest = 3 * cell.edge * cell.edge;
  each_voxel(cell, [&](std::int64_t place, Offset const& offset) {
    std::int64_t distance2 = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      auto const from_middle = offset[axis] - cell.corner[axis] - half;
      distance2 += from_middle * from_middle;
    }
    if (distance2 >= nearest) return;
    nearest = distance2;
    cell.held_out = place;
  });
}

/// Places of the corners, with the weights of trilinear interpolation that add up to 1. Those that
/// are not wanted are left out; empty if there are no others.
/// \param point  in the cell, 0 to 1
AdaptiveCube::Weights AdaptiveCube::corner_weights(Cell const& cell,
                                                   std::array<double, 3> const& point) const {
  Weights weights;
  double sum = 0;
  for (unsigned corner = 0; corner < 8; ++corner) {
    Offset offset = cell.corner;
    double weight = 1;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      bool const far = (corner >> axis & 1) != 0;
      if (far) offset[axis] += cell.edge;
      weight *= far ? point[axis] : 1 - point[axis];
    }
    auto const place = weight > 0 ? place_at(cell.octant, offset) : -1;
    if (place < 0) continue;
    weights.add(place, weight);
    sum += weight;
  }
  for (std::size_t i = 0; i < weights.size; ++i) weights.weight[i] /= sum;
  return weights;
}

void AdaptiveCube::add(std::span<double const> field) {
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    target_[wanted_[i]] = static_cast<std::int32_t>(field_.size());
    field_.push_back(field[i]);
  }
  if (std::ssize(field_) == std::ssize(wanted_)) expect_errors();
  wanted_.clear();
  bool any_divided = true;
  while (any_divided && wanted_.empty()) {  // parts may have no other targets than the whole
    for (auto& cell : cells_)
      if (!cell.is_assessed) assess(cell);
    any_divided = divide(cells_to_divide());
  }
  finish_wanted();
}

/// Of the coarsest cells, from what the ratio is on average.
void AdaptiveCube::expect_errors() {
  double sum = 0, reference = 0;
  for (auto const place : wanted_) {
    sum += field_[target_[place]];
    reference += reference_[place];
  }
  for (auto& cell : cells_) cell.expected_error = coarsest_error * sum / reference;
}

/// Compares the held-out target with the corners.
void AdaptiveCube::assess(Cell& cell) {
  auto const at = offset_of(cell, cell.held_out);
  std::array<double, 3> point{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    point[axis] = real(at[axis] - cell.corner[axis]) / real(cell.edge);
  auto const corners = corner_weights(cell, point);
  cell.error = ratio(cell.held_out);
  for (std::size_t i = 0; i < corners.size; ++i)
    cell.error -= corners.weight[i] * ratio(corners.index[i]);
  cell.expected_error = std::max(std::abs(cell.error), cell.expected_error / fastest_decay);
  each_voxel(cell, [&](std::int64_t place, Offset const&) {
    if (target_[place] >= 0) return;
    cell.reference += reference_[place];
    cell.reference2 += reference_[place] * reference_[place];
  });
  cell.is_assessed = true;
}

std::vector<std::uint8_t> AdaptiveCube::cells_to_divide() const {
  double sum = 0, sum2 = 0, error = 0;
  for (double const value : field_) sum += value, sum2 += value * value;
  std::vector<double> squares, sums, sums2;
  for (auto const& cell : cells_) {
    if (cell.is_divided) {
      squares.push_back(0), sums.push_back(0), sums2.push_back(0);
      continue;
    }
    double const value = ratio(cell.held_out);
    sum += value * cell.reference;
    sum2 += value * value * cell.reference2;
    squares.push_back(share_of_square * cell.expected_error * cell.expected_error *
                      cell.reference2);
    sums.push_back(share_of_sum * cell.error * cell.reference);
    sums2.push_back(sums.back() * sums.back());
    error += sums.back();
  }
  double const largest_error = 0.1 * tolerance_ * sum;
  std::vector<std::uint8_t> marked(cells_.size(), 0);
  mark_largest(squares, tolerance_ * tolerance_ * sum2, marked);
  mark_largest(sums2, largest_error * largest_error, marked);  // as if signs were by chance
  // Where they are not, those of the common sign, down to what the others make up for.
  double made_up = 0;
  for (auto& one : sums) {
    if (error < 0) one = -one;
    made_up += std::max(-one, 0.0);
    one = std::max(one, 0.0);
  }
  mark_largest(sums, largest_error + made_up, marked);
  return marked;
}

/// \return was any marked?
bool AdaptiveCube::divide(std::vector<std::uint8_t> const& marked) {
  for (std::size_t c = 0; c < marked.size(); ++c) {
    if (marked[c] == 0) continue;
    cells_[c].is_divided = true;
    auto const cell = cells_[c];  // the list grows
    auto const edge = cell.edge / 2;
    for (unsigned part = 0; part < 8; ++part) {
      Offset corner = cell.corner;
      for (std::size_t axis = 0; axis < 3; ++axis)
        if ((part >> axis & 1) != 0) corner[axis] += edge;
      add_cell({.octant = cell.octant,
                .corner = corner,
                .edge = edge,
                .expected_error = cell.expected_error});
    }
  }
  return std::ranges::find(marked, 1) != marked.end();
}

AdaptiveCube::Weights AdaptiveCube::stencil(std::int64_t place) const {
  Weights weights;
  if (target_[place] >= 0) {
    weights.add(target_[place], 1);
    return weights;
  }
  // A cell with its middle is six pyramids: linear from the middle to a point of their base.
  auto const& cell = cells_[cell_[place]];
  auto const at = offset_of(cell, place);
  std::array<double, 3> from_middle{};  // -1 to 1
  double height = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    from_middle[axis] = real(2 * (at[axis] - cell.corner[axis]) - cell.edge) / real(cell.edge);
    height = std::max(height, std::abs(from_middle[axis]));
  }
  std::array<double, 3> point{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    point[axis] = (1 + (cell.has_middle ? from_middle[axis] / height : from_middle[axis])) / 2;
  auto const corners = corner_weights(cell, point);
  double const of_middle = corners.size == 0 ? 1 : cell.has_middle ? 1 - height : 0;
  auto const add = [&](std::int64_t from, double weight) {
    weights.add(target_[from], weight * reference_[place] / reference_[from]);
  };
  for (std::size_t i = 0; i < corners.size; ++i)
    add(corners.index[i], (1 - of_middle) * corners.weight[i]);
  if (of_middle > 0) add(cell.held_out, of_middle);
  return weights;
}

}  // namespace setsz
