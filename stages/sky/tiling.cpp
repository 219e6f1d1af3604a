// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/tiling.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

/// Squared distances of the nearest and the farthest point of a cube from the origin.
DistanceShell squares_of_cube(Vec3 const& corner, double edge) {
  double nearest2 = 0, farthest2 = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    double const low = corner[axis], high = low + edge;
    double const near = std::max({low, -high, 0.0});
    double const far = std::max(std::abs(low), std::abs(high));
    nearest2 += near * near;
    farthest2 += far * far;
  }
  return {nearest2, farthest2};
}

bool meets(DistanceShell const& squares, DistanceShell const& shell) {
  return squares.min < shell.max * shell.max && squares.max >= shell.min * shell.min;
}

/// The stream of a cell: three numbers of 16 bits, and one for shells.
std::uint64_t stream_of(Cell const& cell) {
  std::uint64_t key = 0;
  for (auto const n : cell) key = key << 16 | static_cast<std::uint16_t>(n);
  return key;
}
constexpr std::uint64_t shell_stream = std::uint64_t{1} << 48;

}  // namespace

std::string_view name_of(ReplicaRule rule) {
  constexpr std::string_view names[] = {"tiles", "shells", "bare"};
  return names[static_cast<std::size_t>(rule)];
}

Lattice::Lattice(double box_ckpch, Vec3 const& observer, Repetition repetition)
    : box_(box_ckpch), repetition_(repetition) {
  Vec3 const half = box_ckpch / 2 * Vec3{1, 1, 1};
  bool const bare = repetition.rule == ReplicaRule::bare;
  origin_ = bare ? -observer : -half;
  home_ = {{}, bare ? Vec3{} : half - observer};
}

Cell Lattice::cell_of(Vec3 const& seen) const {
  Cell cell;
  for (std::size_t i = 0; i < 3; ++i)
    cell[i] = static_cast<std::int16_t>(std::floor((seen[i] - origin_[i]) / box()));
  return cell;
}

DistanceShell Lattice::shell(std::int64_t index) const {
  return {std::max(0.0, real(index) - 0.5) * box(), (real(index) + 0.5) * box()};
}

Orientation Lattice::orientation(Cell const& cell, std::int64_t shell) const {
  bool const tiles = repetition_.rule == ReplicaRule::tiles;
  if (repetition_.rule == ReplicaRule::bare || (tiles ? cell == Cell{} : shell == 0)) return home_;
  Random random(repetition_.seed, Purpose::replica,
                tiles ? stream_of(cell) : shell_stream + static_cast<std::uint64_t>(shell));
  auto const turn = CubeSymmetry::number(random.below(CubeSymmetry::count));
  double const x = random.uniform(), y = random.uniform(), z = random.uniform();
  return {turn, box() * Vec3{x, y, z}};
}

Vec3 Lattice::seen(Vec3 const& position, Orientation const& how, Cell const& cell) const {
  return box_.wrap(how.turn * position + how.shift) + corner(cell);
}

Vec3 Lattice::position(Vec3 const& seen) const {
  Cell const cell = cell_of(seen);
  auto const how = orientation(cell, shell_of(norm(seen)));
  return box_.wrap(how.turn.inverse() * (seen - corner(cell) - how.shift));
}

bool Lattice::together(Vec3 const& seen, Vec3 const& other) const {
  if (rule() == ReplicaRule::tiles) return cell_of(seen) == cell_of(other);
  return rule() == ReplicaRule::bare || shell_of(norm(seen)) == shell_of(norm(other));
}

bool Lattice::at_face(Vec3 const& seen, double reach) const {
  if (rule() == ReplicaRule::bare) return false;
  double const distance = norm(seen);
  if (rule() == ReplicaRule::shells)
    return shell_of(std::max(0.0, distance - reach)) != shell_of(distance + reach);
  Vec3 const ball{reach, reach, reach};
  return cell_of(seen - ball) != cell_of(seen + ball);
}

Tiling::Tiling(double box_ckpch, Vec3 const& observer, DistanceShell shell, Repetition repetition)
    : lattice_(box_ckpch, observer, repetition) {
  auto const reach = static_cast<std::int16_t>(std::ceil(shell.max / box_ckpch) + 1);
  require(shell.max / box_ckpch < 1e4, ExitCode::config, "the sky reaches to ", shell.max,
          " ckpc/h, more than 10000 times the length of the box (", box_ckpch, " ckpc/h)");
  for (int i = -reach; i <= reach; ++i)
    for (int j = -reach; j <= reach; ++j)
      for (int k = -reach; k <= reach; ++k)
        add({static_cast<std::int16_t>(i), static_cast<std::int16_t>(j),
             static_cast<std::int16_t>(k)},
            shell);
}

void Tiling::add(Cell const& cell, DistanceShell shell) {
  auto const squares = squares_of_cube(lattice_.corner(cell), lattice_.box());
  if (!meets(squares, shell)) return;
  if (lattice_.rule() != ReplicaRule::shells) {
    replicas_.push_back({lattice_.orientation(cell, 0), cell, shell});
    return;
  }
  for (auto i = lattice_.shell_of(std::max(shell.min, std::sqrt(squares.min)));
       i <= lattice_.shell_of(std::min(shell.max, std::sqrt(squares.max))); ++i) {
    auto const whole = lattice_.shell(i);
    DistanceShell const part{std::max(shell.min, whole.min), std::min(shell.max, whole.max)};
    if (part.min < part.max && meets(squares, part))
      replicas_.push_back({lattice_.orientation(cell, i), cell, part});
  }
}

}  // namespace setsz
