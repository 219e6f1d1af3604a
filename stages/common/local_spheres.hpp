// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/base/random.hpp"
#include "pipeline/base/vec3.hpp"
#include "stages/common/cluster_particles.hpp"
#include "stages/common/sphere_mask.hpp"

namespace setsz {

/// Who lies within a given radius of a target: exact counts and fair samples, from sorted cells.
///
/// Cells along z are neighbours in memory: each column of cells gives one run that is wholly inside
/// the sphere, taken without a look at its particles, and at most two runs at the sphere's surface,
/// tested with SIMD. Inside means, in float32 without fused multiply-add: (dx * dx + dy * dy) + dz
/// * dz < r * r, with dx = x - float(target.x) and so on, r = float(radius). Every machine gives
/// the same answer.
///
/// Queries reuse the object's buffers and allocate nothing once these have grown: give every thread
/// its own object (they share the particles).
class LocalSpheres {
 public:
  /// Keeps a reference to `particles`.
  /// \param radius_ckpch  any radius; the cells are laid out for the store's local radius
  LocalSpheres(ClusterParticles const& particles, double radius_ckpch);

  /// Number of particles within the radius of `target` (cluster frame [ckpc/h]; it may lie
  /// anywhere).
  std::int64_t count(Vec3 const& target) const;

  /// The same; fills `indices` with min(count, n_max) rows of the particles, ascending. All members
  /// if there are no more than n_max, else drawn uniformly without replacement.
  std::int64_t sample(Vec3 const& target, std::int64_t n_max, Random& random,
                      std::vector<std::int32_t>& indices) const;

  /// For tests: another kernel than the machine's best.
  void use(MaskKernel kernel) { kernel_ = kernel; }

 private:
  void find_segments(FloatSphere const& sphere) const;
  void add_column(double centre_z, double near2, double far2, std::int64_t column) const;
  void add_segment(std::int32_t const* cells, std::int64_t first_cell, std::int64_t last_cell,
                   bool whole) const;
  std::int64_t mark(Vec3 const& target) const;
  void draw_ranks(std::uint32_t count, std::uint32_t n, Random& random) const;
  void locate(std::vector<std::int32_t>& indices) const;

  ClusterParticles const& particles_;
  double radius_;
  double surely_outside2_, surely_inside2_;  ///< squared distances that leave room for rounding
  double pad_;
  MaskKernel kernel_ = best_mask_kernel();

  // Reused by every query.
  struct Extent {
    double near2, far2;  ///< squared distance of a slab of cells to the target
  };
  mutable std::vector<Extent> y_extents_;
  mutable std::vector<Segment> segments_;
  mutable std::int64_t mask_bytes_ = 0;
  mutable std::vector<std::uint8_t> mask_;
  mutable std::vector<std::uint32_t> ranks_;  ///< ascending, of the chosen among the members
  mutable std::vector<std::uint32_t> unsorted_ranks_;
  mutable std::vector<std::uint64_t> seen_;  ///< hash set: query number, rank
  mutable std::uint32_t query_ = 0;
};

}  // namespace setsz
