// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {

/// A cube around a cluster, axes along the box.
struct Cube {
  Vec3 centre;      ///< [ckpc/h], in [0, box)
  double edge;      ///< [ckpc/h], at most the box
  double core = 0;  ///< radius about the centre within which the gas is weighed [ckpc/h]
};

/// A cube that a ball touches.
struct CubeHit {
  std::int64_t cube;
  Vec3 offset;  ///< the ball's centre from the cube's LOWER CORNER, this periodic image [ckpc/h]
};

/// A cube of that edge [ckpc/h] must fit into the box, else Error(config).
void require_cube_fits(PeriodicBox const& box, double edge);

/// Finds the cubes that a ball touches in a periodic box: a mesh of the box lists, in each of its
/// cells, the cubes that reach into it; the ball asks the cells that it reaches into itself.
class CubeSearch {
 public:
  CubeSearch(PeriodicBox box, std::vector<Cube> cubes);

  /// Every cube at a distance below `radius` from the ball's centre, ascending; a cube appears once
  /// for each periodic image of the ball that touches it.
  /// \param centre  [ckpc/h], in [0, box)
  /// \return        valid until the next call
  std::span<CubeHit const> operator()(Vec3 const& centre, double radius);

 private:
  void collect(Vec3 const& centre, double radius);
  void test(std::int64_t cube, Vec3 const& centre, double radius);

  PeriodicBox box_;
  std::vector<Cube> cubes_;
  std::int64_t mesh_ = 1;             ///< cells a side
  std::vector<std::int64_t> first_;   ///< of every mesh cell, into `listed_`
  std::vector<std::int64_t> listed_;  ///< cubes by mesh cell
  std::vector<std::int64_t> candidates_;
  std::vector<CubeHit> hits_;
};

}  // namespace setsz
