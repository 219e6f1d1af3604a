// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pipeline/base/cube_symmetry.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/range.hpp"
#include "stages/sky/lightcone.hpp"

namespace setsz {

/// How the box is repeated around an observer.
enum class ReplicaRule {
  tiles,   ///< each cell of the lattice holds the box turned, flipped and shifted on its own
  shells,  ///< the same for each shell as thick as the box: within a shell the box is continuous
  bare     ///< the box as it is
};

/// "tiles", "shells", "bare"
std::string_view name_of(ReplicaRule rule);

struct Repetition {
  ReplicaRule rule = ReplicaRule::bare;
  std::uint64_t seed = 0;
};

/// Where a point of the box lies in a cell: turn x position + shift, modulo the box.
struct Orientation {
  CubeSymmetry turn;
  Vec3 shift;  ///< [ckpc/h]
};

/// A cell of the lattice, in boxes from the one that holds the observer.
using Cell = std::array<std::int16_t, 3>;

/// The lattice of boxes around an observer. What a cell or shell holds follows from the seed and
/// from its place alone: it is the same for every snapshot and every range of distances.
///
/// `tiles` and `shells`: cells are centred on the observer, who sees the box as it is up to half of
/// its length in every direction. `bare`: cells are the periodic box.
class Lattice {
 public:
  /// \param observer  in the box [ckpc/h]
  Lattice(double box_ckpch, Vec3 const& observer, Repetition repetition);

  double box() const { return box_.edge(); }
  ReplicaRule rule() const { return repetition_.rule; }
  Vec3 corner(Cell const& cell) const {
    return box() * Vec3{double(cell[0]), double(cell[1]), double(cell[2])} + origin_;
  }
  Cell cell_of(Vec3 const& seen) const;
  /// The shell of a distance: 0 up to half a box, then one for every box.
  std::int64_t shell_of(double distance) const { return std::llround(distance / box()); }
  DistanceShell shell(std::int64_t index) const;
  /// \param shell  ignored but for `shells`, as the cell is for all but `tiles`
  Orientation orientation(Cell const& cell, std::int64_t shell) const;
  /// Where a point of the box is seen.
  Vec3 seen(Vec3 const& position, Orientation const& how, Cell const& cell) const;
  /// Which point of the box is seen there.
  Vec3 position(Vec3 const& seen) const;
  /// Are the contents of the box at two points continuous?
  bool together(Vec3 const& seen, Vec3 const& other) const;
  /// Does a ball reach across a face of its cell, or shell?
  bool at_face(Vec3 const& seen, double reach) const;

 private:
  PeriodicBox box_;
  Repetition repetition_;
  Vec3 origin_;  ///< lower corner of cell 0, seen from the observer
  Orientation home_;
};

/// The copies of the box that a range of distances shows.
class Tiling {
 public:
  /// One copy, or one shell of it.
  struct Replica {
    Orientation how;
    Cell cell;
    DistanceShell shell;
  };

  /// \param observer  in the box [ckpc/h]
  Tiling(double box_ckpch, Vec3 const& observer, DistanceShell shell, Repetition repetition = {});

  Lattice const& lattice() const { return lattice_; }
  /// The images of a point in some of the replicas: visit(replica, position seen from the observer
  /// [ckpc/h]), in the order of the replicas.
  template <class Visit>
  void for_each_image(Vec3 const& position, Range replicas, Visit&& visit) const {
    for (std::int64_t i = replicas.first; i < replicas.last; ++i) {
      auto const& replica = replicas_[i];
      Vec3 const seen = lattice_.seen(position, replica.how, replica.cell);
      double const distance2 = norm2(seen);
      auto const& [min, max] = replica.shell;
      if (distance2 >= min * min && distance2 < max * max) visit(replica, seen);
    }
  }
  /// Boxes that reach into the shell; with the rule `shells`, pieces of boxes.
  std::int64_t n_replicas() const { return std::ssize(replicas_); }

 private:
  void add(Cell const& cell, DistanceShell shell);
  Lattice lattice_;
  std::vector<Replica> replicas_;
};

}  // namespace setsz
