// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/sphere_lookup.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// Squared distance along one axis from a sphere's centre to each cell that it may reach.
struct Slab {
  std::size_t cell;
  double near2;
};
std::vector<Slab> slabs_in_reach(double centre, double radius, double edge, std::size_t per_side) {
  auto const n = static_cast<std::int64_t>(per_side);
  auto const first = static_cast<std::int64_t>(std::floor((centre - radius) / edge));
  auto const last = static_cast<std::int64_t>(std::floor((centre + radius) / edge));
  std::vector<Slab> slabs;
  if (last - first + 1 >= n) {  // all around the box: a cell may be near on both sides
    for (std::size_t cell = 0; cell < per_side; ++cell) slabs.push_back({cell, 0});
    return slabs;
  }
  for (std::int64_t i = first; i <= last; ++i) {
    double const low = real(i) * edge - centre;
    double const near = std::max({0., low, -(low + edge)});
    slabs.push_back({static_cast<std::size_t>((i % n + n) % n), near * near});
  }
  return slabs;
}

template <class Visit>
void for_each_cell_in_reach(Sphere const& sphere, double edge, std::size_t per_side,
                            Visit&& visit) {
  // Room for the rounding of cell borders in float32: 3 x 2^-24 of up to 128 cells.
  double const radius = sphere.radius + 1e-4 * edge;
  std::array<std::vector<Slab>, 3> slabs;
  for (std::size_t axis = 0; axis < 3; ++axis)
    slabs[axis] = slabs_in_reach(sphere.centre[axis], radius, edge, per_side);
  for (auto const& x : slabs[0])
    for (auto const& y : slabs[1])
      for (auto const& z : slabs[2])
        if (x.near2 + y.near2 + z.near2 < radius * radius)
          visit((x.cell * per_side + y.cell) * per_side + z.cell);
}

}  // namespace

void require_sphere_fits(PeriodicBox const& box, double radius) {
  require(radius > 0 && radius < box.edge() / 2, ExitCode::config,
          "the sphere of a cluster has radius ", radius,
          " ckpc/h; it must be positive and less than half the box, ", box.edge() / 2,
          " ckpc/h; lower [extract] radius or local_radius, or local_radius and density_radius of "
          "[model.NAME]");
}

SphereLookup::SphereLookup(PeriodicBox const& box, std::vector<Sphere> spheres)
    : box_(box), spheres_(std::move(spheres)) {
  double smallest = box.edge() / 2;
  for (auto const& sphere : spheres_) {
    require_sphere_fits(box, sphere.radius);
    smallest = std::min(smallest, sphere.radius);
  }
  constexpr unsigned max_power = 7;  // 256 kB of bits
  while (power_ < max_power && std::ldexp(1, static_cast<int>(power_)) < 2 * box.edge() / smallest)
    ++power_;
  per_side_ = std::size_t{1} << power_;
  cells_per_length_ = real(per_side_) / box.edge();
  double const edge = box.edge() / real(per_side_);

  auto const for_each_cell = [&](auto const& visit) {
    for (std::size_t i = 0; i < spheres_.size(); ++i)
      for_each_cell_in_reach(spheres_[i], edge, per_side_,
                             [&](std::size_t cell) { visit(cell, static_cast<std::int32_t>(i)); });
  };
  reached_.assign(per_side_ * per_side_ * per_side_ / 32 + 1, 0);
  for_each_cell([&](std::size_t cell, std::int32_t) {
    reached_[cell / 32] |= std::uint32_t{1} << (cell % 32);
  });
  n_before_.assign(reached_.size() + 1, 0);
  for (std::size_t word = 0; word < reached_.size(); ++word)
    n_before_[word + 1] =
        n_before_[word] + static_cast<std::uint32_t>(std::popcount(reached_[word]));
  first_.assign(n_before_.back() + 1, 0);
  std::uint64_t n_reaching = 0;
  for_each_cell([&](std::size_t cell, std::int32_t) {
    ++first_[row_of(cell) + 1];
    ++n_reaching;
  });
  require(n_reaching <= std::numeric_limits<std::uint32_t>::max(), ExitCode::config,
          "the spheres of ", spheres_.size(), " clusters overlap too much (", n_reaching,
          " pairs of sphere and cell); lower extract.radius, or raise catalog.mass_min");
  most_in_a_cell_ = std::ranges::max(first_);
  std::partial_sum(first_.begin(), first_.end(), first_.begin());
  reaching_.resize(first_.back());
  auto next = first_;
  for_each_cell(
      [&](std::size_t cell, std::int32_t index) { reaching_[next[row_of(cell)]++] = index; });
}

}  // namespace setsz
